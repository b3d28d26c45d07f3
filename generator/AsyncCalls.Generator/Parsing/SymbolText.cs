using System.Text;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;

namespace AsyncCalls.Generator.Parsing;

/// <summary>Symbols as the generated code writes them.</summary>
internal static class SymbolText
{
    private static readonly SymbolDisplayFormat TypeFormat = SymbolDisplayFormat.FullyQualifiedFormat
        .AddMiscellaneousOptions(
            SymbolDisplayMiscellaneousOptions.IncludeNullableReferenceTypeModifier
            | SymbolDisplayMiscellaneousOptions.EscapeKeywordIdentifiers);

    /// <summary>A type in full, with <c>global::</c> and nullable annotations.</summary>
    public static string Type(ITypeSymbol type) => string.Concat(type.ToDisplayParts(TypeFormat).Select(Part));

    /// <summary>A type in full, as the receiver of a static member.</summary>
    public static string Receiver(INamedTypeSymbol type) => Type(type.WithNullableAnnotation(NullableAnnotation.None));

    public static string Identifier(string name) => SyntaxFacts.GetKeywordKind(name) == SyntaxKind.None ? name : "@" + name;

    /// <summary>The name of a type or a type parameter, which may not be called "required", "file", "scoped" or what else means something else there.</summary>
    public static string TypeName(string name) => SyntaxFacts.GetContextualKeywordKind(name) == SyntaxKind.None ? Identifier(name) : "@" + name;

    /// <summary><c>&lt;T, U&gt;</c>, or nothing.</summary>
    public static string TypeParameters(IEnumerable<ITypeParameterSymbol> parameters)
    {
        string list = string.Join(", ", parameters.Select(parameter => TypeName(parameter.Name)));
        return list.Length == 0 ? "" : $"<{list}>";
    }

    /// <summary>The type parameters of a method with what their attributes ask of callers.</summary>
    public static string DeclaredTypeParameters(IMethodSymbol method)
    {
        string list = string.Join(", ", method.TypeParameters.Select(parameter => AttributeText.ArgumentContract(parameter) + TypeName(parameter.Name)));
        return list.Length == 0 ? "" : $"<{list}>";
    }

    /// <summary>The <c>where</c> clause of a type parameter, or null.</summary>
    public static string? Constraint(ITypeParameterSymbol parameter)
    {
        var constraints = new List<string>();
        if (parameter.HasUnmanagedTypeConstraint)
        {
            constraints.Add("unmanaged");
        }
        else if (parameter.HasValueTypeConstraint)
        {
            constraints.Add("struct");
        }
        else if (parameter.HasReferenceTypeConstraint)
        {
            constraints.Add(parameter.ReferenceTypeConstraintNullableAnnotation == NullableAnnotation.Annotated ? "class?" : "class");
        }
        else if (parameter.HasNotNullConstraint)
        {
            constraints.Add("notnull");
        }

        constraints.AddRange(parameter.ConstraintTypes.Select(Type));
        if (parameter.HasConstructorConstraint)
        {
            constraints.Add("new()");
        }

        if (parameter.AllowsRefLikeType)
        {
            constraints.Add("allows ref struct");
        }

        return constraints.Count == 0 ? null : $"where {TypeName(parameter.Name)} : {string.Join(", ", constraints)}";
    }

    /// <summary>The type parameters of a type as its declaration has them, with <c>in</c> and <c>out</c>.</summary>
    public static string DeclaredTypeParameters(INamedTypeSymbol type)
    {
        string list = string.Join(", ", type.TypeParameters.Select(parameter => parameter.Variance switch
        {
            VarianceKind.In => "in ",
            VarianceKind.Out => "out ",
            _ => "",
        } + TypeName(parameter.Name)));
        return list.Length == 0 ? "" : $"<{list}>";
    }

    /// <summary>
    /// The clause of a type parameter whose constraints are inherited: only what says what <c>T?</c> is may be repeated, and must be where that is written.
    /// </summary>
    public static string? InheritedConstraint(ITypeParameterSymbol parameter, IMethodSymbol method)
    {
        string annotated = TypeName(parameter.Name) + "?";
        bool isWritten = Type(method.ReturnType).Contains(annotated) || method.Parameters.Any(each => TwinResult.OutType(each).Contains(annotated));
        string kind = parameter.IsReferenceType ? "class" : parameter.IsValueType ? "struct" : "default";
        return isWritten ? $"where {TypeName(parameter.Name)} : {kind}" : null;
    }

    /// <summary>A method of the type that the generated code is in, or the member of an interface that it explicitly implements, as a <c>cref</c>.</summary>
    public static string Cref(IMethodSymbol method)
    {
        if (method.ExplicitInterfaceImplementations.FirstOrDefault() is { } implemented)
        {
            return CrefNamed(implemented.OriginalDefinition.ContainingType) + "." + Cref(implemented.OriginalDefinition);
        }

        string typeParameters = method.TypeParameters.Length == 0
            ? ""
            : "{" + string.Join(", ", method.TypeParameters.Select(parameter => TypeName(parameter.Name))) + "}";
        string parameters = string.Join(", ", method.Parameters.Select(CrefParameter));
        return $"{Identifier(method.Name)}{typeParameters}({parameters})";
    }

    /// <summary>
    /// What tells two overloads apart: nullable annotations, tuple names and <c>dynamic</c> do not, and a method's type
    /// parameters count by position.
    /// </summary>
    public static string SignatureKey(ITypeSymbol type) => type switch
    {
        IDynamicTypeSymbol => "object",
        ITypeParameterSymbol { TypeParameterKind: TypeParameterKind.Method } parameter => "!!" + parameter.Ordinal,
        ITypeParameterSymbol parameter => "!" + parameter.Name,
        IArrayTypeSymbol array => SignatureKey(array.ElementType) + "[" + array.Rank + "]",
        IPointerTypeSymbol pointer => SignatureKey(pointer.PointedAtType) + "*",
        INamedTypeSymbol named => NamedKey(named),
        _ => type.ToDisplayString(),
    };

    private static string Part(SymbolDisplayPart part)
        => part.Kind is SymbolDisplayPartKind.TypeParameterName or SymbolDisplayPartKind.ClassName or SymbolDisplayPartKind.StructName or SymbolDisplayPartKind.InterfaceName
            or SymbolDisplayPartKind.EnumName or SymbolDisplayPartKind.DelegateName or SymbolDisplayPartKind.RecordClassName or SymbolDisplayPartKind.RecordStructName
            ? TypeName(part.ToString()) : part.ToString();

    private static string NamedKey(INamedTypeSymbol type)
    {
        string prefix = type.ContainingType is { } outer ? NamedKey(outer) + "+" : type.ContainingNamespace?.ToDisplayString() + ".";
        string arguments = type.TypeArguments.Length == 0 ? "" : "{" + string.Join(",", type.TypeArguments.Select(SignatureKey)) + "}";
        return prefix + type.MetadataName + arguments;
    }

    private static string CrefParameter(IParameterSymbol parameter) => parameter.RefKind switch
    {
        RefKind.In => "in ",
        RefKind.Out => "out ",
        RefKind.Ref => "ref ",
        _ => "",
    } + CrefType(parameter.Type);

    // Tuples, nint, T? and dynamic have no syntax of their own in a cref; the types behind them have.
    private static string CrefType(ITypeSymbol type)
    {
        switch (type)
        {
            case IDynamicTypeSymbol:
                return "object";
            case ITypeParameterSymbol:
                return TypeName(type.Name);
            case IArrayTypeSymbol:
                return CrefArray(type);
            case INamedTypeSymbol named:
                return CrefNamed(named);
            default:
                return type.ToDisplayString(TypeFormat);
        }
    }

    private static string CrefArray(ITypeSymbol type)
    {
        var ranks = new StringBuilder();
        while (type is IArrayTypeSymbol array)
        {
            ranks.Append('[').Append(',', array.Rank - 1).Append(']');
            type = array.ElementType;
        }

        return CrefType(type) + ranks;
    }

    private static string CrefNamed(INamedTypeSymbol type)
    {
        if (type.SpecialType is not (SpecialType.None or SpecialType.System_IntPtr or SpecialType.System_UIntPtr)
            && type.TypeArguments.Length == 0
            && SyntaxFacts.GetKeywordKind(type.ToDisplayString()) != SyntaxKind.None)
        {
            return type.ToDisplayString();
        }

        string prefix = "global::";
        if (type.ContainingType is { } outer)
        {
            prefix = CrefNamed(outer) + ".";
        }
        else if (type.ContainingNamespace is { IsGlobalNamespace: false } @namespace)
        {
            prefix = @namespace.ToDisplayString(TypeFormat) + ".";
        }

        string arguments = type.TypeArguments.Length == 0 ? "" : "{" + string.Join(", ", type.TypeArguments.Select(CrefType)) + "}";
        return prefix + TypeName(type.Name) + arguments;
    }
}
