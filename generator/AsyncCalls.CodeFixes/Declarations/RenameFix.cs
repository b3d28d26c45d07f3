using System.Collections.Immutable;
using System.Composition;
using AsyncCalls.Generator.Diagnostics;
using AsyncCalls.Generator.Parsing;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CodeActions;
using Microsoft.CodeAnalysis.CodeFixes;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;
using Microsoft.CodeAnalysis.Rename;

namespace AsyncCalls.CodeFixes.Declarations;

/// <summary>
/// Renames a method whose twin's name is taken (AC0005), or a parameter that hides the runtime (AC0007), here and wherever it is used. An import goes on to call the function that it was called after.
/// </summary>
[ExportCodeFixProvider(LanguageNames.CSharp, Name = nameof(RenameFix)), Shared]
public sealed class RenameFix : CodeFixProvider
{
    /// <inheritdoc/>
    public override ImmutableArray<string> FixableDiagnosticIds { get; } = [Rules.NameTaken.Id, Rules.RuntimeHidden.Id];

    /// <inheritdoc/>
    public override FixAllProvider GetFixAllProvider() => new OneByOne();

    /// <inheritdoc/>
    public override Task RegisterCodeFixesAsync(CodeFixContext context)
    {
        foreach (Diagnostic diagnostic in context.Diagnostics)
        {
            context.RegisterCodeFix(
                CodeAction.Create(
                    diagnostic.Id == Rules.NameTaken.Id ? "Rename the method" : "Rename the parameter",
                    cancellationToken => RenameAsync(context.Document.Project.Solution, [diagnostic], cancellationToken),
                    diagnostic.Id),
                diagnostic);
        }

        return Task.CompletedTask;
    }

    /// <summary>Renames one after the other: a name that was given is taken for the next, and a collision may have gone with the first of two.</summary>
    private static async Task<Solution> RenameAsync(Solution solution, IEnumerable<Diagnostic> diagnostics, CancellationToken cancellationToken)
    {
        var marks = new List<(DocumentId Document, SyntaxAnnotation Mark)>();
        foreach (IGrouping<SyntaxTree, Diagnostic> inTree in diagnostics.GroupBy(diagnostic => diagnostic.Location.SourceTree!))
        {
            if (solution.GetDocument(inTree.Key) is { } document)
            {
                SyntaxNode root = await inTree.Key.GetRootAsync(cancellationToken).ConfigureAwait(false);
                var annotations = new Dictionary<SyntaxNode, SyntaxAnnotation>();
                foreach (Diagnostic diagnostic in inTree.OrderBy(diagnostic => diagnostic.Location.SourceSpan.Start))
                {
                    annotations[root.FindNode(diagnostic.Location.SourceSpan)] = new SyntaxAnnotation(nameof(RenameFix), diagnostic.Id);
                }

                SyntaxNode marked = root.ReplaceNodes(annotations.Keys, (original, current) => current.WithAdditionalAnnotations(annotations[original]));
                solution = solution.WithDocumentSyntaxRoot(document.Id, marked);
                marks.AddRange(annotations.Values.Select(annotation => (document.Id, annotation)));
            }
        }

        foreach ((DocumentId id, SyntaxAnnotation mark) in marks)
        {
            Document document = solution.GetDocument(id)!;
            SyntaxNode root = (await document.GetSyntaxRootAsync(cancellationToken).ConfigureAwait(false))!;
            SemanticModel model = (await document.GetSemanticModelAsync(cancellationToken).ConfigureAwait(false))!;
            if (root.GetAnnotatedNodes(mark).FirstOrDefault() is { } node
                && model.GetDeclaredSymbol(node, cancellationToken) is { } symbol
                && NewName(node, symbol, model, cancellationToken) is { } name)
            {
                if (node is MethodDeclarationSyntax method && WithEntryPoint(method, model, cancellationToken) is { } import)
                {
                    solution = solution.WithDocumentSyntaxRoot(id, root.ReplaceNode(method, import));
                    document = solution.GetDocument(id)!;
                    root = (await document.GetSyntaxRootAsync(cancellationToken).ConfigureAwait(false))!;
                    model = (await document.GetSemanticModelAsync(cancellationToken).ConfigureAwait(false))!;
                    symbol = model.GetDeclaredSymbol(root.GetAnnotatedNodes(mark).First(), cancellationToken)!;
                }

                solution = await Renamer.RenameSymbolAsync(solution, symbol, default, name, cancellationToken).ConfigureAwait(false);
            }
        }

        return solution;
    }

    /// <summary>The import with its name as the entry point; null for a method that is none, or that has one.</summary>
    private static MethodDeclarationSyntax? WithEntryPoint(MethodDeclarationSyntax method, SemanticModel model, CancellationToken cancellationToken)
    {
        const string Property = "EntryPoint";
        if (ImportAttribute.Find(method, model, cancellationToken) is not { ArgumentList: { } arguments } import || ImportAttribute.Argument(import, Property) is not null)
        {
            return null;
        }

        LiteralExpressionSyntax name = SyntaxFactory.LiteralExpression(SyntaxKind.StringLiteralExpression, SyntaxFactory.Literal(method.Identifier.ValueText));
        return method.ReplaceNode(arguments, ImportAttribute.With(arguments, Property, name));
    }

    private static string? NewName(SyntaxNode node, ISymbol symbol, SemanticModel model, CancellationToken cancellationToken)
    {
        HashSet<string> taken;
        if (symbol is IMethodSymbol method && node is MethodDeclarationSyntax syntax)
        {
            bool collides = false;
            TwinNames.Check(new ParseContext(syntax, method, model, _ => collides = true, cancellationToken));
            if (!collides)
            {
                return null;
            }

            string[] members = [.. method.ContainingType.GetMembers().Select(member => member.Name)];
            taken = [.. members, .. members.Where(name => name.EndsWith("Async", StringComparison.Ordinal)).Select(name => name.Substring(0, name.Length - "Async".Length))];
        }
        else
        {
            taken = [.. model.LookupSymbols(node.SpanStart).Select(visible => visible.Name)];
            taken.UnionWith((symbol.ContainingSymbol as IMethodSymbol)?.Parameters.Select(parameter => parameter.Name) ?? []);
        }

        int suffix = 2;
        while (taken.Contains(symbol.Name + suffix))
        {
            suffix++;
        }

        return symbol.Name + suffix;
    }

    /// <summary>All renames of a document, a project or a solution; each may touch every document.</summary>
    private sealed class OneByOne : FixAllProvider
    {
        public override async Task<CodeAction?> GetFixAsync(FixAllContext context)
        {
            IEnumerable<Project> projects = context.Scope == FixAllScope.Solution ? context.Solution.Projects : [context.Project];
            var diagnostics = new List<Diagnostic>();
            if (context.Scope == FixAllScope.Document)
            {
                diagnostics.AddRange(await context.GetDocumentDiagnosticsAsync(context.Document!).ConfigureAwait(false));
            }
            else
            {
                foreach (Project project in projects)
                {
                    diagnostics.AddRange(await context.GetAllDiagnosticsAsync(project).ConfigureAwait(false));
                }
            }

            IEnumerable<Diagnostic> wanted = diagnostics.Where(diagnostic => diagnostic.Id == context.CodeActionEquivalenceKey);
            return CodeAction.Create("Rename", cancellationToken => RenameAsync(context.Solution, wanted, cancellationToken), context.CodeActionEquivalenceKey);
        }
    }
}
