using Microsoft.CodeAnalysis;

namespace AsyncCalls.Generator.Parsing;

/// <summary>The attribute that asks for a twin, and what it says.</summary>
internal static class Annotation
{
    public static AttributeData? Find(IMethodSymbol method)
        => method.GetAttributes().FirstOrDefault(attribute => attribute.AttributeClass is { } type && TypeFacts.IsNamed(type, "AsyncCallAttribute", "AsyncCalls"));

    /// <summary>How the twin of an import reports errors, as a member of <c>AsyncCallErrors</c>.</summary>
    public static string Errors(AttributeData annotation) => Named(annotation, "Errors") switch
    {
        1 => "Exception",
        2 => "Result",
        _ => "ReturnValue",
    };

    /// <summary>The pattern of the twin's name, or null.</summary>
    public static string? NamePattern(AttributeData annotation) => Named(annotation, "Name") as string;

    /// <summary>The time of a call in milliseconds; 0 for none.</summary>
    public static int TimeoutMs(AttributeData annotation) => Named(annotation, "TimeoutMs") is int timeout ? timeout : 0;

    /// <summary>The flags of the backends that are required; 0 for none.</summary>
    public static int RequiredBackends(AttributeData annotation) => Named(annotation, "RequiredBackends") is int backends ? backends : 0;

    /// <summary>Whether the twin has an overload with options.</summary>
    public static bool TakesOptions(AttributeData annotation) => Named(annotation, "TakesOptions") is true;

    /// <summary>Whether the twin is a stream of what its calls give.</summary>
    public static bool Multishot(AttributeData annotation) => Named(annotation, "Multishot") is true;

    private static object? Named(AttributeData annotation, string name)
    {
        TypedConstant constant = annotation.NamedArguments.FirstOrDefault(pair => pair.Key == name).Value;
        return constant.Kind is TypedConstantKind.Primitive or TypedConstantKind.Enum ? constant.Value : null;
    }
}
