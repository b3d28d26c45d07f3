using AsyncCalls.Generator.Diagnostics;
using AsyncCalls.Generator.Models;
using Microsoft.CodeAnalysis;

namespace AsyncCalls.Generator.Parsing;

/// <summary>
/// An import whose twin is a stream of what its calls give, for <c>await foreach</c>. The twin has the handle and the flags; a pool stands where the buffer was, and what spoke of one call's
/// memory, its length and the address of its peer, is left out.
/// </summary>
internal static class StreamShape
{
    /// <summary>Whether the attribute asks for a stream.</summary>
    public static bool IsAsked(IMethodSymbol method) => Annotation.Find(method) is { } annotation && Annotation.Multishot(annotation);

    /// <summary>Whether the twin has no such parameter.</summary>
    public static bool LeavesOut(IParameterSymbol parameter)
        => Role(parameter) is LibcParameter.Count or LibcParameter.OutMemory && !IsPool(parameter);

    /// <summary>Whether the twin has a pool of buffers in the place of the parameter.</summary>
    public static bool IsPool(IParameterSymbol parameter)
        => Find(parameter.ContainingSymbol) is { } function && function.Operation != CallOperation.Accept
            && function.Parameters[parameter.Ordinal] is LibcParameter.OutBuffer or LibcParameter.OutMemory;

    /// <summary>What each turn of the loop gives; null: the twin is no stream.</summary>
    public static string? ItemType(IMethodSymbol method)
        => Find(method) is { } function ? function.Operation == CallOperation.Accept ? KnownNames.SocketHandle : KnownNames.LeasedBuffer : null;

    /// <summary>The call if the import has a multishot form; else null, and where and why it has none is reported.</summary>
    public static DescriptorCall? Fit(ParseContext context, LibcFunction? function)
    {
        string? reason = Fit(context.Method, function, out DescriptorCall? call, out IParameterSymbol? misfit);
        if (reason is not null)
        {
            Location location = misfit is null ? context.Identifier
                : misfit.RefKind == RefKind.None ? context.ParameterType(misfit)
                : context.ParameterIdentifier(misfit);
            context.Report(Rules.InvalidSetting, location, "Multishot", context.Method.Name, reason);
        }

        return call;
    }

    private static string? Fit(IMethodSymbol method, LibcFunction? function, out DescriptorCall? call, out IParameterSymbol? misfit)
    {
        call = null;
        misfit = null;
        if (function?.Stream is not { } target)
        {
            return "of libc's functions only accept, accept4, read and recv have a multishot form (what waits for readiness is AsyncCallRuntime.PollAllAsync)";
        }

        if (method.Parameters.Length != function.DeclaredCount)
        {
            return $"it is declared with {method.Parameters.Length} parameters and not with {function.DeclaredCount}";
        }

        var arguments = new List<string>();
        for (int i = 0; i < function.Parameters.Count; i++)
        {
            if (!LibcFunction.IsDeclared(function.Parameters[i]))
            {
                arguments.Add("0");
                continue;
            }

            IParameterSymbol parameter = method.Parameters[i];
            if (LeavesOut(parameter))
            {
                continue;
            }

            if (!IsPool(parameter) && Misfit(parameter, function.Parameters[i]) is { } reason)
            {
                misfit = parameter;
                return reason;
            }

            arguments.Add(SymbolText.Identifier(parameter.Name));
        }

        call = new DescriptorCall("StreamCalls." + target, function.Operation, new(arguments), new([]), "", Owned: null);
        return null;
    }

    private static string? Misfit(IParameterSymbol parameter, LibcParameter kind)
    {
        if (parameter.RefKind != RefKind.None)
        {
            return $"'{parameter.Name}' is passed by reference";
        }

        if (kind == LibcParameter.Descriptor)
        {
            return TypeFacts.IsSafeHandle(parameter.Type) && parameter.NullableAnnotation != NullableAnnotation.Annotated ? null
                : $"a stream keeps its handle open, so '{parameter.Name}' must be a SafeHandle";
        }

        return parameter.Type.SpecialType == SpecialType.System_Int32 ? null : $"'{parameter.Name}' must be an int";
    }

    private static LibcParameter? Role(IParameterSymbol parameter)
        => Find(parameter.ContainingSymbol) is { } function ? function.Parameters[parameter.Ordinal] : null;

    /// <summary>The function whose multishot form the method asks for, where there is one with as many parameters.</summary>
    private static LibcFunction? Find(ISymbol symbol)
        => symbol is IMethodSymbol method && IsAsked(method) && ImportParser.FunctionOf(method) is { Stream: not null } function
            && function.DeclaredCount == method.Parameters.Length ? function : null;
}
