using Microsoft.CodeAnalysis;

namespace AsyncCalls.CodeFixes;

/// <summary>Asks the compiler, who knows, what it would say of an edit.</summary>
internal static class Trial
{
    /// <summary>Whether there is more to complain of in the document after the edit.</summary>
    /// <param name="model">The model of the document.</param>
    /// <param name="node">What is edited.</param>
    /// <param name="edited">What it becomes.</param>
    /// <param name="warning">A warning that counts as well as errors do; or null.</param>
    /// <param name="cancellationToken">Ends it early.</param>
    public static bool IsWorse(SemanticModel model, SyntaxNode node, SyntaxNode edited, string? warning, CancellationToken cancellationToken)
    {
        SyntaxTree tree = node.SyntaxTree;
        SyntaxTree changed = tree.WithRootAndOptions(tree.GetRoot(cancellationToken).ReplaceNode(node, edited), tree.Options);
        return Complaints(model.Compilation.ReplaceSyntaxTree(tree, changed).GetSemanticModel(changed)) > Complaints(model);

        int Complaints(SemanticModel of) => of.GetDiagnostics(cancellationToken: cancellationToken)
            .Count(diagnostic => diagnostic.Severity == DiagnosticSeverity.Error || diagnostic.Id == warning);
    }
}
