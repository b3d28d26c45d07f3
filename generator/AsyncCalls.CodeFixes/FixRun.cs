using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.Editing;
using Microsoft.CodeAnalysis.Text;

namespace AsyncCalls.CodeFixes;

/// <summary>The edits of one document that are made together.</summary>
internal sealed class FixRun
{
    private readonly HashSet<SyntaxNode> _once = [];

    public FixRun(DocumentEditor editor) => Editor = editor;

    public DocumentEditor Editor { get; }

    public SemanticModel Model => Editor.SemanticModel;

    /// <summary>The node that was reported.</summary>
    public SyntaxNode Find(Diagnostic diagnostic) => Find(diagnostic.Location);

    public SyntaxNode Find(Location location) => Find(location.SourceSpan);

    /// <summary>Whether the node is edited for the first time: several diagnostics may ask for the same edit.</summary>
    public bool IsFirst(SyntaxNode node) => _once.Add(node);

    /// <summary>Replaces the node by what is made of it when the edits before have been made.</summary>
    public void Replace<TNode>(TNode node, Func<TNode, SyntaxNode> replacement)
        where TNode : SyntaxNode
        => Editor.ReplaceNode(node, (current, _) => current is TNode same ? replacement(same) : current);

    private SyntaxNode Find(TextSpan span) => Editor.OriginalRoot.FindNode(span, getInnermostNodeForTie: true);
}
