using AsyncCalls.Generator.Diagnostics;
using AsyncCalls.Generator.Models;
using Microsoft.CodeAnalysis;

namespace AsyncCalls.Generator.Parsing;

/// <summary>The parameters of a method and what becomes of them in the twin.</summary>
internal sealed class ParsedParameters
{
    private readonly HashSet<string> _names;

    private ParsedParameters(IMethodSymbol method, IParameterSymbol? token)
    {
        Token = token;
        Kept = [.. method.Parameters.Where(parameter =>
            parameter.RefKind != RefKind.Out && !SymbolEqualityComparer.Default.Equals(parameter, token) && !StreamShape.LeavesOut(parameter))];
        _names = [.. method.Parameters.Select(parameter => parameter.Name)];
        _names.UnionWith(RuntimeFinder.PrimaryConstructorParameters(method.ContainingType).Select(parameter => parameter.Name));
        TokenName = token is not null ? SymbolText.Identifier(token.Name) : Unused("cancellationToken");
    }

    /// <summary>The method's own token, which becomes the twin's trailing one.</summary>
    public IParameterSymbol? Token { get; }

    public string TokenName { get; }

    /// <summary>The other parameters but those that are <c>out</c> and those that a stream leaves out, in order.</summary>
    public IReadOnlyList<IParameterSymbol> Kept { get; }

    public static ParsedParameters Parse(ParseContext context)
    {
        foreach (IParameterSymbol parameter in context.Method.Parameters.Where(parameter => !StreamShape.LeavesOut(parameter) && !StreamShape.IsPool(parameter)))
        {
            Check(context, parameter);
        }

        return Of(context.Method);
    }

    /// <summary>The parameters without any check, for methods whose own turn comes elsewhere. Native code knows no tokens.</summary>
    public static ParsedParameters Of(IMethodSymbol method)
        => new(method, ImportParser.IsImport(method) ? null : method.Parameters.LastOrDefault(parameter => parameter.RefKind != RefKind.Out && TypeFacts.IsCancellationToken(parameter.Type)));

    /// <summary>A name for a parameter that the twin adds.</summary>
    public string Unused(string name)
    {
        string candidate = name;
        for (int suffix = 2; !_names.Add(candidate); suffix++)
        {
            candidate = name + suffix;
        }

        return candidate;
    }

    public EquatableArray<TwinParameter> ForTwin()
    {
        var parameters = new List<TwinParameter>();

        // Optional parameters come last.
        int required = Kept.LastOrDefault(IsRequired)?.Ordinal ?? -1;
        foreach (IParameterSymbol parameter in Kept)
        {
            bool optional = parameter.Ordinal > required;
            parameters.Add(new TwinParameter(
                SymbolText.Identifier(parameter.Name),
                parameter.Ordinal == 0 && parameter.ContainingSymbol is IMethodSymbol { IsExtensionMethod: true } ? "this " : "",
                StreamShape.IsPool(parameter) ? KnownNames.BufferPool : TwinType(parameter.Type),
                optional ? ConstantText.Format(parameter.ExplicitDefaultValue, parameter.Type) : null,
                AttributeText.ArgumentContract(parameter),
                optional ? AttributeText.CallerInfo(parameter) : ""));
        }

        return new(parameters);
    }

    public static string TwinType(ITypeSymbol type)
    {
        // Which is the same to callers; but the twin's own calls are not looked up when they run.
        if (type.TypeKind == TypeKind.Dynamic)
        {
            return type.NullableAnnotation == NullableAnnotation.Annotated ? "object?" : "object";
        }

        if (TypeFacts.IsSpan(type))
        {
            return $"global::System.Memory<{SymbolText.Type(TypeFacts.ElementType(type))}>";
        }

        return TypeFacts.IsReadOnlySpan(type)
            ? $"global::System.ReadOnlyMemory<{SymbolText.Type(TypeFacts.ElementType(type))}>"
            : SymbolText.Type(type);
    }

    // A params array is an ordinary parameter of the twin, and a pool is required whatever default the buffer had.
    private static bool IsRequired(IParameterSymbol parameter)
        => !parameter.HasExplicitDefaultValue || StreamShape.IsPool(parameter) || !ConstantText.IsDefault(parameter.ExplicitDefaultValue, parameter.Type);

    private static void Check(ParseContext context, IParameterSymbol parameter)
    {
        ITypeSymbol type = parameter.Type;
        string typeName = type.ToDisplayString(SymbolDisplayFormat.MinimallyQualifiedFormat);
        bool isSpan = TypeFacts.IsAnySpan(type);
        if (parameter.RefKind is not (RefKind.None or RefKind.In or RefKind.Out) || (parameter.RefKind == RefKind.In && isSpan))
        {
            context.Report(Rules.ByReference, context.ParameterIdentifier(parameter), parameter.Name, RefKindText(parameter.RefKind));
        }
        else if (TypeFacts.IsPointer(type))
        {
            context.Report(Rules.Pointer, context.ParameterType(parameter), typeName);
        }
        else if (parameter.IsParams && TypeFacts.IsRefLike(type))
        {
            context.Report(Rules.ParamsSpan, context.ParameterType(parameter), typeName);
        }
        else if (TypeFacts.IsRefLike(type) && (parameter.RefKind == RefKind.Out || !isSpan))
        {
            context.Report(Rules.RefStruct, context.ParameterType(parameter), parameter.Name, typeName);
        }
    }

    private static string RefKindText(RefKind kind) => kind switch
    {
        RefKind.Ref => "ref",
        RefKind.In => "in",
        _ => "ref readonly",
    };
}
