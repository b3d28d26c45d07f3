using Microsoft.CodeAnalysis;

namespace AsyncCalls.Generator.Parsing;

/// <summary>Attributes that the twin takes over, because calling the original without them would warn, or because callers rely on them.</summary>
internal static class AttributeText
{
    private static readonly HashSet<string> OfMethods =
    [
        "System.CLSCompliantAttribute",
        "System.ObsoleteAttribute",
        "System.Diagnostics.CodeAnalysis.ExperimentalAttribute",
        "System.Diagnostics.CodeAnalysis.RequiresAssemblyFilesAttribute",
        "System.Diagnostics.CodeAnalysis.RequiresDynamicCodeAttribute",
        "System.Diagnostics.CodeAnalysis.RequiresUnreferencedCodeAttribute",
        "System.Runtime.Versioning.SupportedOSPlatformAttribute",
        "System.Runtime.Versioning.UnsupportedOSPlatformAttribute",
    ];

    private static readonly HashSet<string> OfParameters =
    [
        "System.Runtime.CompilerServices.CallerArgumentExpressionAttribute",
        "System.Runtime.CompilerServices.CallerFilePathAttribute",
        "System.Runtime.CompilerServices.CallerLineNumberAttribute",
        "System.Runtime.CompilerServices.CallerMemberNameAttribute",
    ];

    /// <summary>What the trimmer has to keep of a type that is passed.</summary>
    private const string Kept = "System.Diagnostics.CodeAnalysis.DynamicallyAccessedMembersAttribute";

    /// <summary>What a caller may pass. What is true after the call is not said of a twin, which returns before it.</summary>
    private static readonly HashSet<string> OfArguments =
    [
        "System.Diagnostics.CodeAnalysis.AllowNullAttribute",
        "System.Diagnostics.CodeAnalysis.DisallowNullAttribute",
        Kept,
    ];

    /// <summary>What the trimmer says of a lambda, or of a tuple, that passes on what the twin's parameter has been promised of.</summary>
    private static readonly string[] OfPassedOn =
    [
        .. new[] { "IL2067", "IL2077" }.Select(id =>
            $"global::System.Diagnostics.CodeAnalysis.UnconditionalSuppressMessage(\"Trimming\", \"{id}\", Justification = \"The parameter of the twin says what the original's does.\")"),
    ];

    public static IEnumerable<string> Copied(IMethodSymbol method)
        => method.GetAttributes().Concat(Forbidding(method)).Where(attribute => IsOneOf(attribute, OfMethods)).Select(Format)
            .Concat(method.Parameters.Any(parameter => parameter.GetAttributes().Any(IsKept)) ? OfPassedOn : []);

    /// <summary>What forbids to call the method where it does not say so itself: its base method or its interface. The twin can call it as one that is forbidden too.</summary>
    private static IEnumerable<AttributeData> Forbidding(IMethodSymbol method)
    {
        IMethodSymbol? declared = TwinNames.Implemented(method) ?? method.OverriddenMethod;
        while (declared?.OverriddenMethod is { } overridden)
        {
            declared = overridden;
        }

        return declared is null || method.GetAttributes().Any(TypeFacts.IsObsolete) ? [] : declared.GetAttributes().Where(TypeFacts.IsForbidding);
    }

    /// <summary>The attributes in brackets by which the compiler fills in a default value; or nothing.</summary>
    public static string CallerInfo(IParameterSymbol parameter) => Brackets(parameter, OfParameters);

    /// <summary>The attributes in brackets that say what callers may pass for a parameter or a type parameter; or nothing.</summary>
    public static string ArgumentContract(ISymbol parameter) => Brackets(parameter, OfArguments);

    private static string Brackets(ISymbol parameter, HashSet<string> names)
        => string.Concat(parameter.GetAttributes().Where(attribute => IsOneOf(attribute, names)).Select(attribute => $"[{Format(attribute)}] "));

    private static bool IsOneOf(AttributeData attribute, HashSet<string> names)
        => attribute.AttributeClass is { } type && names.Contains(type.ToDisplayString()) && !attribute.ConstructorArguments.Any(IsUnknown);

    private static bool IsKept(AttributeData attribute) => attribute.AttributeClass?.ToDisplayString() == Kept;

    private static bool IsUnknown(TypedConstant constant) => constant.Kind is TypedConstantKind.Error or TypedConstantKind.Array;

    private static string Format(AttributeData attribute)
    {
        string name = SymbolText.Type(attribute.AttributeClass!);
        const string Suffix = "Attribute";
        IEnumerable<string> arguments = attribute.ConstructorArguments.Select(Format)
            .Concat(attribute.NamedArguments.Where(pair => !IsUnknown(pair.Value)).Select(pair => pair.Key + " = " + Format(pair.Value)));
        string list = string.Join(", ", arguments);
        return name.Substring(0, name.Length - Suffix.Length) + (list.Length == 0 ? "" : $"({list})");
    }

    private static string Format(TypedConstant constant) => ConstantText.Format(constant.Value, constant.Type!);
}
