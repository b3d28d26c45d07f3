using System.Text;
using AsyncCalls.Generator.Diagnostics;
using AsyncCalls.Generator.Models;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace AsyncCalls.Generator.Parsing;

/// <summary>
/// From an annotated method to the model of its twin. The generator runs it for the model and the analyzer for the reports, so
/// that a method without a twin always has a reason.
/// </summary>
internal static class TwinParser
{
    /// <summary>File systems take 255 bytes in a name; the part that people read leaves room for the hash and a folder's limits.</summary>
    private const int ReadableHintCharsMax = 120;

    /// <summary>The model, or null if an error was found or the code is still being typed.</summary>
    public static TwinModel? Parse(
        MethodDeclarationSyntax syntax,
        IMethodSymbol method,
        SemanticModel semanticModel,
        Action<Diagnostic>? report,
        CancellationToken cancellationToken)
    {
        // Default values and accessibility of a partial method are those of its declaration, wherever the attribute is.
        method = method.PartialDefinitionPart ?? method;
        if (!IsFirstAttribute(syntax, method))
        {
            return null;
        }

        var context = new ParseContext(syntax, method, semanticModel, report, cancellationToken);
        if (TypeFacts.HasError(method.ReturnType) || method.Parameters.Any(parameter => TypeFacts.HasError(parameter.Type)))
        {
            return null;
        }

        MethodRules.Check(context);
        SettingRules.Check(context);
        if (context.Failed)
        {
            return null;
        }

        ParsedParameters parameters = ParsedParameters.Parse(context);
        TwinNames.Check(context);
        RuntimeSource? runtime = RuntimeFinder.Find(context, parameters);
        TwinCall? call = context.Failed && !ImportParser.IsImport(method) ? null : ParseCall(context, parameters);
        if (call is not null)
        {
            SettingRules.CheckBackends(context, call);
        }

        return context.Failed || runtime is null || call is null ? null : Model(context, parameters, runtime, call);
    }

    /// <summary>
    /// Whether another method, which this one overrides or implements, has a twin with the signature: an annotated method without errors in this compilation, or a member in another's.
    /// </summary>
    public static bool HasTwin(IMethodSymbol other, string signature, ParseContext context)
    {
        if (Annotation.Find(other) is not { } annotation || !TwinNames.Signatures(other).Contains(signature))
        {
            return false;
        }

        if (other.DeclaringSyntaxReferences.IsEmpty)
        {
            return other.ContainingType.GetMembers(TwinNames.Of(other)).OfType<IMethodSymbol>().Any(twin =>
                TwinNames.SignatureOf(twin) == signature && (twin.IsVirtual || twin.IsAbstract || twin.IsOverride));
        }

        return annotation.ApplicationSyntaxReference?.GetSyntax(context.CancellationToken).FirstAncestorOrSelf<MethodDeclarationSyntax>() is { } syntax
            && context.ModelOf(syntax.SyntaxTree) is { } model
            && model.GetDeclaredSymbol(syntax, context.CancellationToken) is IMethodSymbol declared
            && Parse(syntax, declared, model, report: null, context.CancellationToken) is not null;
    }

    // Both parts of a partial method may have the attribute until the compiler's error is read; there is one twin all the same.
    private static bool IsFirstAttribute(MethodDeclarationSyntax syntax, IMethodSymbol method)
    {
        return Annotation.Find(method)?.ApplicationSyntaxReference is { } first
            && first.SyntaxTree == syntax.SyntaxTree
            && syntax.Span.Contains(first.Span);
    }

    private static TwinCall? ParseCall(ParseContext context, ParsedParameters parameters)
    {
        if (ImportParser.IsImport(context.Method))
        {
            return ImportParser.Parse(context, parameters);
        }

        if (KnownCallParser.Parse(context) is { } known)
        {
            return known;
        }

        if (parameters.Token is null && !context.Method.IsAbstract)
        {
            context.Report(Rules.NotCancellable, context.Identifier, context.Method.Name);
        }

        BodyRules.Check(context);
        return WorkerParser.Parse(context.Method, parameters, import: null);
    }

    private static TwinModel Model(ParseContext context, ParsedParameters parameters, RuntimeSource runtime, TwinCall call)
    {
        IMethodSymbol method = context.Method;
        string? options = TwinNames.TakesOptions(method) ? parameters.Unused("options") : null;
        return new TwinModel
        {
            HintName = HintName(method),
            ContainingTypes = ContainingTypes(method.ContainingType),
            Name = SymbolText.Identifier(TwinNames.Of(method)),
            DisplayName = DisplayName(method),
            Cref = SymbolText.Cref(method),
            Overloads = new(TwinOverloads.Of(context)),
            ExplicitInterface = TwinNames.Implemented(method) is { } implemented ? SymbolText.Receiver(implemented.ContainingType) + "." : "",
            Attributes = new(AttributeText.Copied(method)),
            TypeParameters = SymbolText.TypeParameters(method.TypeParameters),
            DeclaredTypeParameters = SymbolText.DeclaredTypeParameters(method),
            Parameters = parameters.ForTwin(),
            TokenName = parameters.TokenName,
            ReturnType = TwinResult.Type(method),
            ItemType = StreamShape.ItemType(method),
            Runtime = runtime with { OptionsName = options },
            Limits = SettingRules.Limits(method),
            IsFallback = method.IsAbstract,
            Call = call,
        };
    }

    private static ContainingTypes ContainingTypes(INamedTypeSymbol type)
    {
        var declarations = new List<string>();
        for (INamedTypeSymbol? level = type; level is not null; level = level.ContainingType)
        {
            string kind = (level.IsRecord, level.TypeKind) switch
            {
                (true, TypeKind.Struct) => "record struct",
                (true, _) => "record",
                (_, TypeKind.Struct) => "struct",
                (_, TypeKind.Interface) => "interface",
                _ => "class",
            };
            declarations.Add($"partial {kind} {SymbolText.TypeName(level.Name)}{SymbolText.DeclaredTypeParameters(level)}");
        }

        declarations.Reverse();
        string? @namespace = type.ContainingNamespace is { IsGlobalNamespace: false } named
            ? named.ToDisplayString(SymbolDisplayFormat.FullyQualifiedFormat.WithGlobalNamespaceStyle(SymbolDisplayGlobalNamespaceStyle.Omitted))
            : null;
        return new ContainingTypes(@namespace, new(declarations));
    }

    private static string DisplayName(IMethodSymbol method)
    {
        string name = TwinNames.Implemented(method) is { } implemented ? $"{implemented.ContainingType.Name}.{implemented.Name}" : method.Name;
        for (INamedTypeSymbol? type = method.ContainingType; type is not null; type = type.ContainingType)
        {
            name = type.Name + "." + name;
        }

        return name;
    }

    /// <summary>A name that people find, and a hash of the whole signature, so that overloads and long names stay apart.</summary>
    private static string HintName(IMethodSymbol method)
    {
        // A twin with a name of its own may have the parameters of another's.
        string name = TwinNames.Of(method) is var twin && twin == method.Name + KnownNames.TwinSuffix ? method.Name : method.Name + "=" + twin;
        string signature = SymbolText.SignatureKey(method.ContainingType) + "." + name + TwinNames.Signatures(method)[0];
        var readable = new StringBuilder();
        string? @namespace = method.ContainingNamespace is { IsGlobalNamespace: false } named ? named.ToDisplayString() + "." : "";
        foreach (char character in @namespace + DisplayName(method))
        {
            readable.Append(character < 128 && (char.IsLetterOrDigit(character) || character == '.') ? character : '_');
        }

        readable.Length = Math.Min(readable.Length, ReadableHintCharsMax);
        return $"{readable}.{Fnv1A(signature):x8}.g.cs";
    }

    // A hash that is the same in every process, unlike string.GetHashCode.
    private static uint Fnv1A(string text)
    {
        uint hash = 2166136261;
        foreach (char character in text)
        {
            hash = unchecked((hash ^ character) * 16777619);
        }

        return hash;
    }
}
