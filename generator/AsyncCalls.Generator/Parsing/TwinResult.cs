using Microsoft.CodeAnalysis;

namespace AsyncCalls.Generator.Parsing;

/// <summary>
/// What a twin gives: the result of the method and then its <c>out</c> parameters, in a tuple if there are several; with the error number beside it where the attribute of an import asks for that.
/// </summary>
internal static class TwinResult
{
    /// <summary>Names that the language refuses for an element of a tuple.</summary>
    private static readonly HashSet<string> RefusedNames =
        ["_", "CompareTo", "Deconstruct", "Equals", "GetHashCode", "Rest", "ToString"];

    public static IEnumerable<IParameterSymbol> Outs(IMethodSymbol method) => method.Parameters.Where(parameter => parameter.RefKind == RefKind.Out);

    /// <summary>The type in full, or null if the twin gives nothing.</summary>
    public static string? Type(IMethodSymbol method)
    {
        string? value = Value(method);
        return value is not null && GivesErrno(method) ? $"{KnownNames.Result}<{value}>" : value;
    }

    /// <summary>What tells two results apart, for a method and one that it overrides.</summary>
    public static string Key(IMethodSymbol method)
    {
        string values = string.Join(",", Outs(method).Select(parameter => SymbolText.SignatureKey(parameter.Type)));
        return $"{(method.ReturnsVoid ? "void" : SymbolText.SignatureKey(method.ReturnType))}({values}){(GivesErrno(method) ? "!" : "")}";
    }

    /// <summary>Whether the twin is of an import, and gives its error number.</summary>
    public static bool GivesErrno(IMethodSymbol method)
        => ImportParser.IsImport(method) && Annotation.Find(method) is { } annotation && Annotation.Errors(annotation) == "Result";

    /// <summary>The type of an <c>out</c> parameter: nullable where its attributes say that it may be null although its type does not.</summary>
    public static string OutType(IParameterSymbol parameter) => TypeOf(parameter.Type, parameter.GetAttributes());

    /// <summary>Whether the language refuses the name for an element of a tuple.</summary>
    public static bool IsRefusedName(string name)
        => RefusedNames.Contains(name) || (name.StartsWith("Item", StringComparison.Ordinal) && name.Skip(4).All(char.IsDigit));

    private static string ReturnType(IMethodSymbol method) => TypeOf(method.ReturnType, method.GetReturnTypeAttributes());

    private static string TypeOf(ITypeSymbol result, IEnumerable<AttributeData> attributes)
    {
        bool mayBeNull = !result.IsValueType && attributes.Any(attribute =>
            attribute.AttributeClass is { } type
            && (TypeFacts.IsNamed(type, "MaybeNullAttribute", "System.Diagnostics.CodeAnalysis")
                || TypeFacts.IsNamed(type, "MaybeNullWhenAttribute", "System.Diagnostics.CodeAnalysis")));
        return SymbolText.Type(mayBeNull ? result.WithNullableAnnotation(NullableAnnotation.Annotated) : result);
    }

    private static string? Value(IMethodSymbol method)
    {
        IParameterSymbol[] outs = [.. Outs(method)];
        if (outs.Length == 0)
        {
            return method.ReturnsVoid ? null : ReturnType(method);
        }

        if (outs.Length == 1 && method.ReturnsVoid)
        {
            return OutType(outs[0]);
        }

        var elements = new List<string>();
        if (!method.ReturnsVoid)
        {
            string name = "result";
            while (outs.Any(parameter => parameter.Name == name))
            {
                name += "2";
            }

            elements.Add($"{ReturnType(method)} {name}");
        }

        elements.AddRange(outs.Select(parameter => OutType(parameter) + (IsRefusedName(parameter.Name) ? "" : " " + SymbolText.Identifier(parameter.Name))));
        return $"({string.Join(", ", elements)})";
    }
}
