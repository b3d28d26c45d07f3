using System.Collections.Immutable;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CodeActions;
using Microsoft.CodeAnalysis.CodeFixes;
using Microsoft.CodeAnalysis.Editing;

namespace AsyncCalls.CodeFixes;

/// <summary>
/// A fix that edits the document of its diagnostic. One diagnostic and all of a document go the same way: each edits what the ones before it left, so
/// that diagnostics which change the same declaration do not conflict.
/// </summary>
public abstract class EditorFix : CodeFixProvider
{
    /// <summary>What the fix does, as the editor's menu says it.</summary>
    protected abstract string Title { get; }

    /// <inheritdoc/>
    public sealed override async Task RegisterCodeFixesAsync(CodeFixContext context)
    {
        foreach (Diagnostic diagnostic in context.Diagnostics)
        {
            // The fix is offered where it has something to do: that is found out by doing it.
            var run = new FixRun(await DocumentEditor.CreateAsync(context.Document, context.CancellationToken).ConfigureAwait(false));
            if (await TryEditAsync(run, diagnostic, context.CancellationToken).ConfigureAwait(false))
            {
                context.RegisterCodeFix(
                    CodeAction.Create(Title, cancellationToken => FixAsync(context.Document, [diagnostic], cancellationToken), GetType().Name),
                    diagnostic);
            }
        }
    }

    /// <inheritdoc/>
    public sealed override FixAllProvider GetFixAllProvider() => FixAllProvider.Create(
        async (context, document, diagnostics) => await FixAsync(document, diagnostics, context.CancellationToken).ConfigureAwait(false));

    /// <summary>Makes the edits, or returns false and makes none.</summary>
    /// <param name="run">The editor, and what has been edited with it.</param>
    /// <param name="node">The node that was reported.</param>
    /// <param name="diagnostic">What was reported.</param>
    /// <param name="cancellationToken">Ends it early.</param>
    private protected abstract bool TryEdit(FixRun run, SyntaxNode node, Diagnostic diagnostic, CancellationToken cancellationToken);

    /// <summary>The symbol whose uses anywhere in the solution decide what is edited, which then has its <see cref="FixRun.UsesOf"/>; null where none do.</summary>
    private protected virtual ISymbol? DependsOnUsesOf(FixRun run, SyntaxNode node, CancellationToken cancellationToken) => null;

    private async Task<Document> FixAsync(Document document, ImmutableArray<Diagnostic> diagnostics, CancellationToken cancellationToken)
    {
        var run = new FixRun(await DocumentEditor.CreateAsync(document, cancellationToken).ConfigureAwait(false));
        foreach (Diagnostic diagnostic in diagnostics.OrderBy(diagnostic => diagnostic.Location.SourceSpan.Start))
        {
            await TryEditAsync(run, diagnostic, cancellationToken).ConfigureAwait(false);
        }

        return run.Editor.GetChangedDocument();
    }

    private async Task<bool> TryEditAsync(FixRun run, Diagnostic diagnostic, CancellationToken cancellationToken)
    {
        SyntaxNode node = run.Find(diagnostic);
        if (DependsOnUsesOf(run, node, cancellationToken) is { } symbol)
        {
            await run.FindUsesAsync(symbol, cancellationToken).ConfigureAwait(false);
        }

        return TryEdit(run, node, diagnostic, cancellationToken);
    }
}
