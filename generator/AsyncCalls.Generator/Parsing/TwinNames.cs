using AsyncCalls.Generator.Diagnostics;
using Microsoft.CodeAnalysis;

namespace AsyncCalls.Generator.Parsing;

/// <summary>Whether the twin's name is free: in the type, among the other twins, and in the types that it inherits from.</summary>
internal static class TwinNames
{
    private const string TokenKey = "System.Threading.CancellationToken";
    private const string RuntimeKey = "AsyncCalls.AsyncCallRuntime";

    public static string Of(IMethodSymbol method) => method.Name + KnownNames.TwinSuffix;

    /// <summary>The signatures of the twins: the one with the token only, and for a static method the one with a runtime.</summary>
    public static IReadOnlyList<string> Signatures(IMethodSymbol method)
    {
        string[] parameters = [.. ParsedParameters.Of(method).Kept.Select(TwinKey)];
        string prefix = method.Arity + "(";
        var signatures = new List<string> { prefix + string.Join(",", [.. parameters, TokenKey]) + ")" };
        if (HasRuntimeOverload(method))
        {
            signatures.Add(prefix + string.Join(",", [.. parameters, RuntimeKey, TokenKey]) + ")");
        }

        return signatures;
    }

    public static void Check(ParseContext context)
    {
        IMethodSymbol method = context.Method;
        INamedTypeSymbol type = method.ContainingType;
        string name = Of(method);
        IReadOnlyList<string> signatures = Signatures(method);
        if (type.Name == name || type.TypeParameters.Any(parameter => parameter.Name == name))
        {
            Report(context, "the name of the type or of a type parameter");
            return;
        }

        if (type.GetMembers(name).FirstOrDefault(member => Collides(member, signatures)) is { } member)
        {
            Report(context, $"the member '{member.ToDisplayString(SymbolDisplayFormat.CSharpShortErrorMessageFormat)}'");
            return;
        }

        foreach (IMethodSymbol other in type.GetMembers(method.Name).OfType<IMethodSymbol>())
        {
            if (!IsSame(other, method) && Annotation.Find(other) is not null && Signatures(other).Intersect(signatures).Any())
            {
                Report(context, $"the twin of '{other.ToDisplayString(SymbolDisplayFormat.CSharpShortErrorMessageFormat)}'");
                return;
            }
        }
    }

    /// <summary>Whether each of the signatures hides an inherited member, and needs the modifier <c>new</c>.</summary>
    public static IEnumerable<bool> Hides(ParseContext context)
        => [.. Signatures(context.Method).Select(signature => HidesInherited(context, signature))];

    public static bool HasRuntimeOverload(IMethodSymbol method)
        => method.IsStatic && !method.Parameters.Any(parameter => TypeFacts.IsRuntime(parameter.Type));

    private static bool HidesInherited(ParseContext context, string signature)
    {
        INamedTypeSymbol type = context.Method.ContainingType;
        Compilation compilation = context.SemanticModel.Compilation;
        string name = Of(context.Method);
        for (INamedTypeSymbol? level = type.BaseType; level is not null; level = level.BaseType)
        {
            // The twin of an annotated method of a base type in this compilation cannot be seen: its signature follows from the method.
            bool hidden = level.GetMembers(name).Any(member => Collides(member, [signature]) && compilation.IsSymbolAccessibleWithin(member, type))
                || level.GetMembers(context.Method.Name).OfType<IMethodSymbol>().Any(method =>
                    Annotation.Find(method) is not null && compilation.IsSymbolAccessibleWithin(method, type) && Signatures(method).Contains(signature));
            if (hidden)
            {
                return true;
            }
        }

        return false;
    }

    // Twins that were generated for this very compilation are what the analyzer sees and the generator does not.
    private static bool Collides(ISymbol member, IReadOnlyList<string> signatures)
    {
        if (member is not IMethodSymbol method)
        {
            return true;
        }

        string signature = method.Arity + "(" + string.Join(",", method.Parameters.Select(Key)) + ")";
        return signatures.Contains(signature) && !(IsGenerated(method) && method.Locations.Any(location => location.IsInSource));
    }

    private static bool IsGenerated(IMethodSymbol method) => method.GetAttributes().Any(attribute =>
        attribute.AttributeClass?.Name == "GeneratedCodeAttribute"
        && attribute.ConstructorArguments.FirstOrDefault() is { Kind: TypedConstantKind.Primitive, Value: KnownNames.Tool });

    // Both parts of a partial method are one method.
    private static bool IsSame(IMethodSymbol one, IMethodSymbol other)
        => SymbolEqualityComparer.Default.Equals(one.PartialDefinitionPart ?? one, other.PartialDefinitionPart ?? other);

    private static string Key(IParameterSymbol parameter)
        => (parameter.RefKind == RefKind.None ? "" : "ref ") + SymbolText.SignatureKey(parameter.Type);

    private static string TwinKey(IParameterSymbol parameter)
    {
        string key = Key(parameter);
        return TypeFacts.IsSpan(parameter.Type) ? "System.Memory" + key.Substring("System.Span".Length)
            : TypeFacts.IsReadOnlySpan(parameter.Type) ? "System.ReadOnlyMemory" + key.Substring("System.ReadOnlySpan".Length)
            : key;
    }

    private static void Report(ParseContext context, string taken)
        => context.Report(Rules.NameTaken, context.Identifier, Of(context.Method), context.Method.Name, taken);
}
