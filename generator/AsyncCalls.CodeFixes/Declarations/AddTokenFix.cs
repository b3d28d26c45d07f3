using System.Collections.Immutable;
using System.Composition;
using AsyncCalls.Generator.Diagnostics;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CodeFixes;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;
using Microsoft.CodeAnalysis.Formatting;

namespace AsyncCalls.CodeFixes.Declarations;

/// <summary>Adds a token to the parameters of a body, which its loops observe (AC0017).</summary>
[ExportCodeFixProvider(LanguageNames.CSharp, Name = nameof(AddTokenFix)), Shared]
public sealed class AddTokenFix : EditorFix
{
    private const string Name = "cancellationToken";

    /// <inheritdoc/>
    public override ImmutableArray<string> FixableDiagnosticIds { get; } = [Rules.NotCancellable.Id];

    /// <inheritdoc/>
    protected override string Title => "Add a CancellationToken";

    private protected override ISymbol? DependsOnUsesOf(FixRun run, SyntaxNode node, CancellationToken cancellationToken)
        => node is MethodDeclarationSyntax method ? run.Model.GetDeclaredSymbol(method, cancellationToken) : null;

    private protected override bool TryEdit(FixRun run, SyntaxNode node, Diagnostic diagnostic, CancellationToken cancellationToken)
    {
        if (node is not MethodDeclarationSyntax method
            || run.Model.GetDeclaredSymbol(method, cancellationToken) is not { } symbol
            || !IsFree(run, symbol)
            || run.UsesOf(symbol).Any(MethodUses.IsPassedOn)
            || method.DescendantTokens().Any(token => token.ValueText == Name))
        {
            return false;
        }

        ParameterSyntax parameter = SyntaxFactory.Parameter(SyntaxFactory.Identifier(Name).WithLeadingTrivia(SyntaxFactory.Space))
            .WithType(Types.Named(Types.CancellationToken))
            .WithDefault(SyntaxFactory.EqualsValueClause(SyntaxFactory.LiteralExpression(SyntaxKind.DefaultLiteralExpression)).NormalizeWhitespace()
                .WithLeadingTrivia(SyntaxFactory.Space));
        run.Replace(method.ParameterList, current => current.AddParameters(
            current.Parameters.Count == 0 ? parameter : parameter.WithLeadingTrivia(SyntaxFactory.Space)));
        foreach (BlockSyntax body in OuterLoops(method))
        {
            StatementSyntax check = SyntaxFactory.ParseStatement($"{Name}.ThrowIfCancellationRequested();")
                .WithTrailingTrivia(Types.EndOfLine(method)).WithAdditionalAnnotations(Formatter.Annotation);
            run.Replace(body, current => current.WithStatements(current.Statements.Insert(0, check)));
        }

        return true;
    }

    /// <summary>
    /// Whether the parameters are the method's own affair. A default value keeps its callers, but not what it overrides or implements, and beside overloads a call may fit two of them.
    /// </summary>
    private static bool IsFree(FixRun run, IMethodSymbol method)
        => run.IsOwn(method)
            && !method.IsPartialDefinition && method.PartialDefinitionPart is null
            && !method.Parameters.Any(parameter => parameter.IsParams)
            && method.ContainingType.GetMembers(method.Name).Length == 1;

    private static IEnumerable<BlockSyntax> OuterLoops(MethodDeclarationSyntax method)
        => method.DescendantNodes(node => !IsLoop(node) && node is not (AnonymousFunctionExpressionSyntax or LocalFunctionStatementSyntax))
            .Where(IsLoop).SelectMany(loop => loop.ChildNodes().OfType<BlockSyntax>());

    private static bool IsLoop(SyntaxNode node)
        => node is CommonForEachStatementSyntax or ForStatementSyntax or WhileStatementSyntax or DoStatementSyntax;
}
