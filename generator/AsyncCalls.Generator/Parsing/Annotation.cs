using Microsoft.CodeAnalysis;

namespace AsyncCalls.Generator.Parsing;

/// <summary>The attribute that asks for a twin.</summary>
internal static class Annotation
{
    public static AttributeData? Find(IMethodSymbol method)
        => method.GetAttributes().FirstOrDefault(attribute => attribute.AttributeClass?.ToDisplayString() == KnownNames.AsyncCallAttribute);
}
