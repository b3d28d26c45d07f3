using System.Collections.Immutable;
using System.Composition;
using AsyncCalls.Generator.Diagnostics;
using AsyncCalls.Generator.Parsing;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CodeFixes;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace AsyncCalls.CodeFixes.Declarations;

/// <summary>
/// Takes a buffer in the place of a reference or a pointer (AC0002, AC0003): a span, or an array where the import knows no spans; a value where the body
/// only reads it. The body goes on to use the first element.
/// </summary>
[ExportCodeFixProvider(LanguageNames.CSharp, Name = nameof(BufferFix)), Shared]
public sealed class BufferFix : EditorFix
{
    /// <inheritdoc/>
    public override ImmutableArray<string> FixableDiagnosticIds { get; } = [Rules.ByReference.Id, Rules.Pointer.Id];

    /// <inheritdoc/>
    protected override string Title => "Take a buffer";

    private protected override ISymbol? DependsOnUsesOf(FixRun run, SyntaxNode node, CancellationToken cancellationToken)
        => node.FirstAncestorOrSelf<MethodDeclarationSyntax>() is { } method ? run.Model.GetDeclaredSymbol(method, cancellationToken) : null;

    private protected override bool TryEdit(FixRun run, SyntaxNode node, Diagnostic diagnostic, CancellationToken cancellationToken)
        => node.FirstAncestorOrSelf<ParameterSyntax>() is { Type: { } type, Parent.Parent: MethodDeclarationSyntax method } parameter
            && run.Model.GetDeclaredSymbol(parameter, cancellationToken) is { ContainingSymbol: IMethodSymbol declared } symbol
            && run.IsOwn(declared)
            && (type is PointerTypeSyntax pointer
                ? TryReplacePointer(run, method, parameter, symbol, pointer)
                : TryReplaceReference(run, method, parameter, symbol, type));

    private static bool TryReplacePointer(FixRun run, MethodDeclarationSyntax method, ParameterSyntax parameter, IParameterSymbol symbol, PointerTypeSyntax pointer)
    {
        IdentifierNameSyntax[] uses = Uses(run, method, symbol);
        if (pointer.ElementType is PointerTypeSyntax || IsUsed(run, symbol) || !uses.All(use => IsElement(use) || use.Parent.IsKind(SyntaxKind.PointerIndirectionExpression)))
        {
            return false;
        }

        TypeSyntax element = pointer.ElementType is PredefinedTypeSyntax { Keyword.RawKind: (int)SyntaxKind.VoidKeyword }
            ? SyntaxFactory.PredefinedType(SyntaxFactory.Token(SyntaxKind.ByteKeyword))
            : pointer.ElementType;
        ReplaceType(run, parameter, Buffer(run, method, "Span", element));
        foreach (IdentifierNameSyntax use in uses.Where(use => !IsElement(use)))
        {
            run.Replace((ExpressionSyntax)use.Parent!, current => First(symbol.Name).WithTriviaFrom(current));
        }

        return true;
    }

    private static bool TryReplaceReference(FixRun run, MethodDeclarationSyntax method, ParameterSyntax parameter, IParameterSymbol symbol, TypeSyntax type)
    {
        bool isImport = method.Body is null && method.ExpressionBody is null;
        bool isReadOnly = symbol.RefKind is RefKind.In or RefKind.RefReadOnlyParameter;
        if (symbol.RefKind is not RefKind.Ref && !isReadOnly)
        {
            return false;
        }

        // A value is passed as it was, but for the word "in".
        bool isValue = isReadOnly && !isImport;
        if (isValue ? run.UsesOf(symbol.ContainingSymbol).Any(IsByReference) : TypeFacts.IsRefLike(symbol.Type) || IsUsed(run, symbol))
        {
            return false;
        }

        ReplaceType(run, parameter, isValue ? type : Buffer(run, method, isReadOnly ? "ReadOnlySpan" : "Span", type));
        if (!isValue)
        {
            foreach (IdentifierNameSyntax use in Uses(run, method, symbol))
            {
                run.Replace(use, current => First(symbol.Name).WithTriviaFrom(current));
            }
        }

        return true;
    }

    /// <summary>Whether someone passes what the parameter takes now.</summary>
    private static bool IsUsed(FixRun run, IParameterSymbol parameter) => run.UsesOf(parameter.ContainingSymbol).Any(use => !MethodUses.IsNamed(use));

    private static bool IsByReference(SyntaxNode use) => MethodUses.CallOf(use) is { } call
        ? call.ArgumentList.Arguments.Any(argument => !argument.RefKindKeyword.IsKind(SyntaxKind.None))
        : MethodUses.IsPassedOn(use);

    private static void ReplaceType(FixRun run, ParameterSyntax parameter, TypeSyntax type) => run.Replace(
        parameter,
        current => current
            .WithModifiers(new(current.Modifiers.Where(modifier => modifier.Kind() is not (SyntaxKind.RefKeyword or SyntaxKind.ReadOnlyKeyword or SyntaxKind.InKeyword))))
            .WithType(type.WithTriviaFrom(current.Type!))
            .WithTriviaFrom(current));

    // [DllImport] knows no spans.
    private static TypeSyntax Buffer(FixRun run, MethodDeclarationSyntax method, string span, TypeSyntax element)
        => run.Model.GetDeclaredSymbol(method)?.GetDllImportData() is null ? Types.System(span, element) : Types.Array(element);

    private static IdentifierNameSyntax[] Uses(FixRun run, MethodDeclarationSyntax method, IParameterSymbol symbol) =>
    [
        .. method.DescendantNodes().OfType<IdentifierNameSyntax>().Where(name =>
            name.Identifier.ValueText == symbol.Name && !IsNamed(name) && SymbolEqualityComparer.Default.Equals(run.Model.GetSymbolInfo(name).Symbol, symbol)),
    ];

    // "nameof" keeps the name.
    private static bool IsNamed(IdentifierNameSyntax name)
        => name.Parent is ArgumentSyntax { Parent.Parent: InvocationExpressionSyntax { Expression: IdentifierNameSyntax { Identifier.ValueText: "nameof" } } };

    private static bool IsElement(IdentifierNameSyntax use) => use.Parent is ElementAccessExpressionSyntax access && access.Expression == use;

    private static ExpressionSyntax First(string name) => SyntaxFactory.ParseExpression($"{SymbolText.Identifier(name)}[0]");
}
