using AsyncCalls.Generator.Models;
using Microsoft.CodeAnalysis;

namespace AsyncCalls.Generator.Parsing;

/// <summary>Any other body or import: the annotated method itself, called by a worker, with its arguments as state.</summary>
internal static class WorkerParser
{
    /// <summary>Names that the language refuses for an element of a tuple.</summary>
    private static readonly HashSet<string> RefusedNames =
        ["_", "CompareTo", "Deconstruct", "Equals", "GetHashCode", "Rest", "ToString"];

    public static WorkerCall Parse(IMethodSymbol method, ParsedParameters parameters, ImportTraits? import)
    {
        var names = new HashSet<string>(parameters.Kept.Select(parameter => parameter.Name));
        var state = new List<StateElement>();
        if (!method.IsStatic)
        {
            state.Add(new StateElement(Unused("self", names), "this"));
        }

        var arguments = new List<WorkerArgument>();
        foreach (IParameterSymbol parameter in method.Parameters)
        {
            if (SymbolEqualityComparer.Default.Equals(parameter, parameters.Token))
            {
                arguments.Add(new WorkerArgument(null, ""));
                continue;
            }

            string element = SymbolText.Identifier(IsRefused(parameter.Name) ? Unused("argument", names) : parameter.Name);
            state.Add(new StateElement(element, SymbolText.Identifier(parameter.Name)));
            arguments.Add(new WorkerArgument(element, TypeFacts.IsAnySpan(parameter.Type) ? ".Span" : ""));
        }

        string typeArguments = SymbolText.TypeParameters(method.TypeParameters);
        string receiver = method.IsStatic ? SymbolText.Receiver(method.ContainingType) + "." : "";
        string callee = receiver + SymbolText.Identifier(method.Name) + typeArguments;
        string lambdaState = state.Count switch
        {
            0 => "_",
            1 => state[0].Name,
            _ => "state",
        };
        string? lambdaToken = parameters.Token is null ? null : lambdaState == "token" ? "cancellationToken" : "token";
        IParameterSymbol? handle = method.Parameters.FirstOrDefault(parameter => TypeFacts.IsSafeHandle(parameter.Type));
        string? handleName = handle is null ? null : SymbolText.Identifier(handle.Name);
        return new WorkerCall(import, callee, new(state), new(arguments), lambdaState, lambdaToken, handleName);
    }

    private static bool IsRefused(string name)
        => RefusedNames.Contains(name) || (name.StartsWith("Item", StringComparison.Ordinal) && name.Skip(4).All(char.IsDigit));

    private static string Unused(string name, HashSet<string> taken)
    {
        string candidate = name;
        for (int suffix = 2; !taken.Add(candidate); suffix++)
        {
            candidate = name + suffix;
        }

        return candidate;
    }
}
