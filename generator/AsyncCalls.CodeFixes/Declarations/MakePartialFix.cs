using System.Collections.Immutable;
using System.Composition;
using AsyncCalls.Generator.Diagnostics;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CodeFixes;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace AsyncCalls.CodeFixes.Declarations;

/// <summary>Makes the containing types partial (AC0001).</summary>
[ExportCodeFixProvider(LanguageNames.CSharp, Name = nameof(MakePartialFix)), Shared]
public sealed class MakePartialFix : EditorFix
{
    /// <inheritdoc/>
    public override ImmutableArray<string> FixableDiagnosticIds { get; } = [Rules.TypeNotPartial.Id];

    /// <inheritdoc/>
    protected override string Title => "Make the type partial";

    private protected override bool TryEdit(FixRun run, SyntaxNode node, Diagnostic diagnostic, CancellationToken cancellationToken)
    {
        TypeDeclarationSyntax[] types = [.. node.Ancestors().OfType<TypeDeclarationSyntax>().Where(type => !type.Modifiers.Any(SyntaxKind.PartialKeyword))];
        foreach (TypeDeclarationSyntax type in types.Where(run.IsFirst))
        {
            // "partial" comes last, before the keyword: where there is no other modifier it takes over the comments before it.
            run.Replace(type, static current =>
            {
                SyntaxToken partial = SyntaxFactory.Token(SyntaxKind.PartialKeyword).WithTrailingTrivia(SyntaxFactory.Space);
                return current.Modifiers.Count > 0
                    ? current.AddModifiers(partial)
                    : current.WithKeyword(current.Keyword.WithLeadingTrivia()).WithModifiers([partial.WithLeadingTrivia(current.Keyword.LeadingTrivia)]);
            });
        }

        return types.Length > 0;
    }
}
