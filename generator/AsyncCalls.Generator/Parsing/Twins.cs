using Microsoft.CodeAnalysis;

namespace AsyncCalls.Generator.Parsing;

/// <summary>Tells twins and their originals where they are used, whether their code is here or in another assembly.</summary>
internal static class Twins
{
    /// <summary>Whether the method is a twin that gives a <c>ValueTask</c>.</summary>
    public static bool IsTwin(IMethodSymbol method)
        => TypeFacts.IsValueTask(method.ReturnType) && TwinNames.IsGenerated(Definition(method));

    /// <summary>Whether the method is a twin that gives a stream.</summary>
    public static bool IsStream(IMethodSymbol method) => TypeFacts.IsAsyncEnumerable(method.ReturnType) && TwinNames.IsGenerated(Definition(method));

    /// <summary>The twin of an original that takes its arguments and a token, in the form that was declared; null where there is none.</summary>
    public static IMethodSymbol? Find(IMethodSymbol original)
    {
        IMethodSymbol definition = Definition(original);
        if (definition.ContainingType is not { } type || Annotation.Find(definition) is null)
        {
            return null;
        }

        string signature = TwinNames.Signatures(definition)[0];
        return type.GetMembers(TwinNames.Of(definition)).OfType<IMethodSymbol>().FirstOrDefault(
            candidate => (IsTwin(candidate) || IsStream(candidate)) && TwinNames.SignatureOf(candidate) == signature);
    }

    /// <summary>The declaration: neither constructed, nor the short form of an extension method, nor the second part of a partial one.</summary>
    public static IMethodSymbol Definition(IMethodSymbol method)
    {
        IMethodSymbol definition = (method.ReducedFrom ?? method).OriginalDefinition;
        return definition.PartialDefinitionPart ?? definition;
    }
}
