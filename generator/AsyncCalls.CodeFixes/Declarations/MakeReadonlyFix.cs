using System.Collections.Immutable;
using System.Composition;
using AsyncCalls.Generator.Diagnostics;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CodeFixes;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace AsyncCalls.CodeFixes.Declarations;

/// <summary>Makes an instance method of a struct readonly (AC0010).</summary>
[ExportCodeFixProvider(LanguageNames.CSharp, Name = nameof(MakeReadonlyFix)), Shared]
public sealed class MakeReadonlyFix : EditorFix
{
    /// <inheritdoc/>
    public override ImmutableArray<string> FixableDiagnosticIds { get; } = [Rules.MutableStruct.Id];

    /// <inheritdoc/>
    protected override string Title => "Make the method readonly";

    private protected override bool TryEdit(FixRun run, SyntaxNode node, Diagnostic diagnostic, CancellationToken cancellationToken)
    {
        if (node is not MethodDeclarationSyntax { Modifiers.Count: > 0 } method
            || method.Modifiers.Any(SyntaxKind.PartialKeyword)
            || Changes(run.Model, method, cancellationToken))
        {
            return false;
        }

        run.Replace(method, ReadOnly);
        return true;
    }

    private static MethodDeclarationSyntax ReadOnly(MethodDeclarationSyntax method)
        => method.AddModifiers(SyntaxFactory.Token(SyntaxKind.ReadOnlyKeyword).WithTrailingTrivia(SyntaxFactory.Space));

    /// <summary>Whether the method changes the struct, or calls what may: the compiler, which knows, is asked.</summary>
    private static bool Changes(SemanticModel model, MethodDeclarationSyntax method, CancellationToken cancellationToken)
    {
        const string CallsWhatMay = "CS8656";
        var mark = new SyntaxAnnotation();
        SyntaxTree tree = method.SyntaxTree;
        SyntaxNode root = tree.GetRoot(cancellationToken).ReplaceNode(method, ReadOnly(method).WithAdditionalAnnotations(mark));
        SyntaxTree changed = tree.WithRootAndOptions(root, tree.Options);
        SemanticModel after = model.Compilation.ReplaceSyntaxTree(tree, changed).GetSemanticModel(changed);
        return Complaints(after, changed.GetRoot(cancellationToken).GetAnnotatedNodes(mark).Single()) > Complaints(model, method);

        int Complaints(SemanticModel of, SyntaxNode node) => of.GetDiagnostics(node.Span, cancellationToken)
            .Count(diagnostic => diagnostic.Severity == DiagnosticSeverity.Error || diagnostic.Id == CallsWhatMay);
    }
}
