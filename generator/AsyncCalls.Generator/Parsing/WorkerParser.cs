using AsyncCalls.Generator.Models;
using Microsoft.CodeAnalysis;

namespace AsyncCalls.Generator.Parsing;

/// <summary>Any other body or import: the annotated method itself, called by a worker, with its arguments as state.</summary>
internal static class WorkerParser
{
    public static WorkerCall Parse(IMethodSymbol method, ParsedParameters parameters, ImportTraits? import)
    {
        var names = new HashSet<string>(method.Parameters.Select(parameter => parameter.Name));
        var state = new List<StateElement>();
        if (!method.IsStatic)
        {
            state.Add(new StateElement(Unused("self", names), "this"));
        }

        var elements = new Dictionary<IParameterSymbol, string>(SymbolEqualityComparer.Default);
        foreach (IParameterSymbol parameter in parameters.Kept)
        {
            string element = SymbolText.Identifier(TwinResult.IsRefusedName(parameter.Name) ? Unused("argument", names) : parameter.Name);
            state.Add(new StateElement(element, SymbolText.Identifier(parameter.Name)));
            elements.Add(parameter, element);
        }

        string lambdaState = state.Count switch
        {
            0 => "_",
            1 => state[0].Name,
            _ => "state",
        };
        string? lambdaToken = parameters.Token is null ? null : lambdaState == "token" ? "cancellationToken" : "token";
        var outs = new List<string>();
        var arguments = new List<WorkerArgument>();
        foreach (IParameterSymbol parameter in method.Parameters)
        {
            if (elements.TryGetValue(parameter, out string? element))
            {
                // The modifier tells an overload with "in" from the one without.
                arguments.Add(new WorkerArgument(parameter.RefKind == RefKind.In ? "in " : "", element, TypeFacts.IsAnySpan(parameter.Type) ? ".Span" : "", null));
            }
            else if (parameter.RefKind == RefKind.Out)
            {
                bool isTaken = parameter.Name == "_" || parameter.Name == lambdaState || parameter.Name == lambdaToken;
                string variable = SymbolText.Identifier(isTaken ? Unused(parameter.Name == "_" ? "value" : parameter.Name, names) : parameter.Name);
                outs.Add(variable);
                arguments.Add(new WorkerArgument("", null, "", $"out {TwinResult.OutType(parameter)} {variable}"));
            }
            else
            {
                arguments.Add(new WorkerArgument("", null, "", null));
            }
        }

        IMethodSymbol? implemented = TwinNames.Implemented(method);
        string owner = method.IsStatic ? SymbolText.Receiver(method.ContainingType) + "." : "";
        string callee = owner + SymbolText.Identifier((implemented ?? method).Name) + SymbolText.TypeParameters(method.TypeParameters);
        IParameterSymbol? handle = method.Parameters.FirstOrDefault(parameter => parameter.RefKind != RefKind.Out && TypeFacts.IsSafeHandle(parameter.Type));
        string? handleName = handle is null ? null : SymbolText.Identifier(handle.Name);
        return new WorkerCall(
            import,
            implemented is null ? null : SymbolText.Receiver(implemented.ContainingType),
            callee,
            new(state),
            new(arguments),
            new(outs),
            method.ReturnsVoid,
            lambdaState,
            lambdaToken,
            handleName);
    }

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
