using System.Runtime.CompilerServices;
using AsyncCalls.Generator.Diagnostics;
using Microsoft.CodeAnalysis;

namespace AsyncCalls.Generator.Parsing;

/// <summary>The name of a twin, and whether it is free: in the type, among the other twins, and in the types that it inherits from.</summary>
internal static class TwinNames
{
    private const string TokenKey = "System.Threading.CancellationToken";
    private const string RuntimeKey = "AsyncCalls.AsyncCallRuntime";
    private const string BufferPoolKey = "AsyncCalls.LeasedBufferPool";
    private const string OptionsKey = "AsyncCalls.CallOptions";

    /// <summary>Methods whose attribute has a pattern, by type: looked for once in a type, however many methods it has. Types belong to one compilation.</summary>
    private static readonly ConditionalWeakTable<INamedTypeSymbol, IMethodSymbol[]> WithPattern = new();

    /// <summary>The name by the attribute's pattern. The twin of an explicit implementation is called as the interface has it.</summary>
    public static string Of(IMethodSymbol method)
    {
        IMethodSymbol named = Implemented(method) ?? method;
        string? pattern = Annotation.Find(named) is { } annotation ? Annotation.NamePattern(annotation) : null;
        return pattern is null ? named.Name + KnownNames.TwinSuffix : pattern.Replace("*", named.Name);
    }

    /// <summary>The member of an interface that the method explicitly implements, or null.</summary>
    public static IMethodSymbol? Implemented(IMethodSymbol method) => method.ExplicitInterfaceImplementations.FirstOrDefault();

    /// <summary>
    /// The signatures of the twins: the one with the token only, for a static method the one with a runtime, and the one with options where the attribute asks for it.
    /// </summary>
    public static IReadOnlyList<string> Signatures(IMethodSymbol method)
    {
        string[] parameters = [.. ParsedParameters.Of(method).Kept.Select(TwinKey)];
        string prefix = method.Arity + "(";
        string[] runtime = HasRuntimeOverload(method) ? [RuntimeKey] : [];
        var signatures = new List<string> { prefix + string.Join(",", [.. parameters, TokenKey]) + ")" };
        if (runtime.Length > 0)
        {
            signatures.Add(prefix + string.Join(",", [.. parameters, .. runtime, TokenKey]) + ")");
        }

        if (TakesOptions(method))
        {
            signatures.Add(prefix + string.Join(",", [.. parameters, .. runtime, OptionsKey, TokenKey]) + ")");
        }

        return signatures;
    }

    /// <summary>The signature of a method that exists, to be compared with <see cref="Signatures"/>.</summary>
    public static string SignatureOf(IMethodSymbol method) => method.Arity + "(" + string.Join(",", method.Parameters.Select(Key)) + ")";

    /// <summary>Whether the twin has an overload with options; an explicit implementation has it where the interface has it too.</summary>
    public static bool TakesOptions(IMethodSymbol method)
        => Annotation.Find(method) is { } annotation && Annotation.TakesOptions(annotation)
            && (Implemented(method) is not { } implemented || (Annotation.Find(implemented) is { } declared && Annotation.TakesOptions(declared)));

    public static bool HasRuntimeOverload(IMethodSymbol method)
        => method.IsStatic && !method.Parameters.Any(parameter => TypeFacts.IsRuntime(parameter.Type));

    /// <summary>Whether this generator wrote the method.</summary>
    public static bool IsGenerated(IMethodSymbol method) => method.GetAttributes().Any(attribute =>
        attribute.AttributeClass?.Name == "GeneratedCodeAttribute"
        && attribute.ConstructorArguments.FirstOrDefault() is { Kind: TypedConstantKind.Primitive, Value: KnownNames.Tool });

    public static void Check(ParseContext context)
    {
        IMethodSymbol method = context.Method;
        INamedTypeSymbol type = method.ContainingType;
        string name = Of(method);
        IReadOnlyList<string> signatures = Signatures(method);
        if (Implemented(method) is not null)
        {
            // Its twin is a member of the interface only, which has it once; but the method may be there twice while it is being typed.
            CheckOthers(context, type.GetMembers(method.Name).OfType<IMethodSymbol>().Where(other => Annotation.Find(other) is not null), signatures);
            return;
        }

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

        CheckOthers(context, WithTwin(type, name), signatures);
    }

    /// <summary>Whether a twin with the signature hides an inherited member, and needs the modifier <c>new</c>.</summary>
    public static bool Hides(ParseContext context, string signature)
    {
        INamedTypeSymbol type = context.Method.ContainingType;
        Compilation compilation = context.SemanticModel.Compilation;
        string name = Of(context.Method);

        // The twin of an annotated method of a base type in this compilation cannot be seen: its signature follows from the method.
        return Inherited(type).Any(level =>
            level.GetMembers(name).Any(member => Collides(member, [signature]) && compilation.IsSymbolAccessibleWithin(member, type))
            || WithTwin(level, name).Any(method => compilation.IsSymbolAccessibleWithin(method, type) && Signatures(method).Contains(signature)));
    }

    private static void CheckOthers(ParseContext context, IEnumerable<IMethodSymbol> others, IReadOnlyList<string> signatures)
    {
        if (others.FirstOrDefault(other => !IsSame(other, context.Method) && Signatures(other).Intersect(signatures).Any()) is { } same)
        {
            Report(context, $"the twin of '{same.ToDisplayString(SymbolDisplayFormat.CSharpShortErrorMessageFormat)}'");
        }
    }

    private static IEnumerable<INamedTypeSymbol> Inherited(INamedTypeSymbol type)
    {
        if (type.TypeKind == TypeKind.Interface)
        {
            foreach (INamedTypeSymbol inherited in type.AllInterfaces)
            {
                yield return inherited;
            }
        }

        for (INamedTypeSymbol? level = type.BaseType; level is not null; level = level.BaseType)
        {
            yield return level;
        }
    }

    /// <summary>The annotated methods of a type in this compilation whose twins have the name. Those of other assemblies are members like any others.</summary>
    private static IEnumerable<IMethodSymbol> WithTwin(INamedTypeSymbol type, string name)
    {
        if (type.DeclaringSyntaxReferences.IsEmpty)
        {
            return [];
        }

        IEnumerable<IMethodSymbol> byDefault = !name.EndsWith(KnownNames.TwinSuffix, StringComparison.Ordinal) ? [] :
            type.GetMembers(name.Substring(0, name.Length - KnownNames.TwinSuffix.Length)).OfType<IMethodSymbol>()
                .Where(method => Annotation.Find(method) is { } annotation && Annotation.NamePattern(annotation) is null);
        IMethodSymbol[] byPattern = WithPattern.GetValue(
            type,
            static searched =>
            [
                .. searched.GetMembers().OfType<IMethodSymbol>().Where(method =>
                    Implemented(method) is null && Annotation.Find(method) is { } annotation && Annotation.NamePattern(annotation) is not null),
            ]);
        return byDefault.Concat(byPattern.Where(method => Of(method) == name));
    }

    // Twins that were generated for this very compilation are what the analyzer sees and the generator does not.
    private static bool Collides(ISymbol member, IReadOnlyList<string> signatures)
    {
        if (member is not IMethodSymbol method)
        {
            return true;
        }

        return signatures.Contains(SignatureOf(method)) && !(IsGenerated(method) && method.Locations.Any(location => location.IsInSource));
    }

    // Both parts of a partial method are one method.
    private static bool IsSame(IMethodSymbol one, IMethodSymbol other)
        => SymbolEqualityComparer.Default.Equals(one.PartialDefinitionPart ?? one, other.PartialDefinitionPart ?? other);

    private static string Key(IParameterSymbol parameter)
        => (parameter.RefKind == RefKind.None ? "" : "ref ") + SymbolText.SignatureKey(parameter.Type);

    // What is passed by "in" is copied, so that it is passed by value to the twin.
    private static string TwinKey(IParameterSymbol parameter)
    {
        string key = SymbolText.SignatureKey(parameter.Type);
        return StreamShape.IsPool(parameter) ? BufferPoolKey
            : TypeFacts.IsSpan(parameter.Type) ? "System.Memory" + key.Substring("System.Span".Length)
            : TypeFacts.IsReadOnlySpan(parameter.Type) ? "System.ReadOnlyMemory" + key.Substring("System.ReadOnlySpan".Length)
            : key;
    }

    private static void Report(ParseContext context, string taken)
        => context.Report(Rules.NameTaken, context.Identifier, Of(context.Method), context.Method.Name, taken);
}
