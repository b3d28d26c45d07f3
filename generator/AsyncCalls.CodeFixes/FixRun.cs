using System.Collections.Immutable;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.Editing;
using Microsoft.CodeAnalysis.FindSymbols;
using Microsoft.CodeAnalysis.Text;

namespace AsyncCalls.CodeFixes;

/// <summary>The edits of one document that are made together.</summary>
internal sealed class FixRun
{
    private readonly HashSet<SyntaxNode> _once = [];
    private readonly Dictionary<ISymbol, ImmutableArray<SyntaxNode>> _uses = new(SymbolEqualityComparer.Default);
    private readonly HashSet<ISymbol> _implementing = new(SymbolEqualityComparer.Default);
    private readonly Dictionary<SyntaxTree, SemanticModel> _models = [];

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

    /// <summary>Looks up where the solution uses the symbol, for <see cref="UsesOf"/> and <see cref="IsOwn"/>.</summary>
    public async Task FindUsesAsync(ISymbol symbol, CancellationToken cancellationToken)
    {
        if (_uses.ContainsKey(symbol))
        {
            return;
        }

        var uses = new List<SyntaxNode>();
        IEnumerable<ReferencedSymbol> found =
            await SymbolFinder.FindReferencesAsync(symbol, Editor.OriginalDocument.Project.Solution, cancellationToken).ConfigureAwait(false);

        // What is generated is generated again when the edits are made.
        foreach (ReferenceLocation use in found.SelectMany(referenced => referenced.Locations).Where(use => use.Document is not SourceGeneratedDocument))
        {
            SyntaxTree tree = use.Location.SourceTree!;
            SyntaxNode root = await tree.GetRootAsync(cancellationToken).ConfigureAwait(false);
            uses.Add(root.FindNode(use.Location.SourceSpan, getInnermostNodeForTie: true));
            _models[tree] = (await use.Document.GetSemanticModelAsync(cancellationToken).ConfigureAwait(false))!;
        }

        _uses.Add(symbol, [.. uses]);
        if ((await SymbolFinder.FindImplementedInterfaceMembersAsync(symbol, Editor.OriginalDocument.Project.Solution, cancellationToken: cancellationToken).ConfigureAwait(false)).Any())
        {
            _implementing.Add(symbol);
        }
    }

    /// <summary>The names by which the solution uses the symbol, or for a type its constructors too.</summary>
    public ImmutableArray<SyntaxNode> UsesOf(ISymbol symbol) => _uses[symbol];

    /// <summary>What a name means in a document where one of the uses is.</summary>
    public ISymbol? SymbolOf(SyntaxNode name, CancellationToken cancellationToken) => _models[name.SyntaxTree].GetSymbolInfo(name, cancellationToken).Symbol;

    /// <summary>
    /// Whether the signature is the method's own: it overrides nothing, nobody can override it, and it implements no member of an interface, in a derived type neither.
    /// </summary>
    public bool IsOwn(IMethodSymbol method)
        => !method.IsVirtual && !method.IsOverride && !method.IsAbstract && method.ExplicitInterfaceImplementations.IsEmpty && !_implementing.Contains(method);

    private SyntaxNode Find(TextSpan span) => Editor.OriginalRoot.FindNode(span, getInnermostNodeForTie: true);
}
