using System.Collections.Immutable;
using System.Composition;
using AsyncCalls.Generator.Diagnostics;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CodeFixes;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace AsyncCalls.CodeFixes.Usage;

/// <summary>Keeps the result of a twin, so that it can be consumed often (AC0021).</summary>
[ExportCodeFixProvider(LanguageNames.CSharp, Name = nameof(PreserveFix)), Shared]
public sealed class PreserveFix : EditorFix
{
    /// <inheritdoc/>
    public override ImmutableArray<string> FixableDiagnosticIds { get; } = [UsageRules.ConsumedTwice.Id];

    /// <inheritdoc/>
    protected override string Title => "Keep the result with Preserve()";

    private protected override bool TryEdit(FixRun run, SyntaxNode node, Diagnostic diagnostic, CancellationToken cancellationToken)
    {
        // Of ConfigureAwait there is nothing to keep.
        if (diagnostic.AdditionalLocations.Count == 0
            || run.Find(diagnostic.AdditionalLocations[0]) is not InvocationExpressionSyntax { Parent: EqualsValueClauseSyntax or AssignmentExpressionSyntax } call)
        {
            return false;
        }

        if (run.IsFirst(call))
        {
            run.Replace(call, static current => SyntaxFactory.InvocationExpression(SyntaxFactory.MemberAccessExpression(
                SyntaxKind.SimpleMemberAccessExpression, current.WithoutTrailingTrivia(), SyntaxFactory.IdentifierName("Preserve"))).WithTrailingTrivia(current.GetTrailingTrivia()));
        }

        return true;
    }
}
