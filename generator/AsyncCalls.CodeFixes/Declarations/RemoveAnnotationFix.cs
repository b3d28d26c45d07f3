using System.Collections.Immutable;
using System.Composition;
using AsyncCalls.Generator;
using AsyncCalls.Generator.Diagnostics;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CodeFixes;
using Microsoft.CodeAnalysis.CSharp.Syntax;
using Microsoft.CodeAnalysis.Formatting;

namespace AsyncCalls.CodeFixes.Declarations;

/// <summary>Removes <c>[AsyncCall]</c> from what has no twin (AC0006, AC0015).</summary>
[ExportCodeFixProvider(LanguageNames.CSharp, Name = nameof(RemoveAnnotationFix)), Shared]
public sealed class RemoveAnnotationFix : EditorFix
{
    /// <inheritdoc/>
    public override ImmutableArray<string> FixableDiagnosticIds { get; } = [Rules.AlreadyAsynchronous.Id, Rules.UnsupportedMethod.Id];

    /// <inheritdoc/>
    protected override string Title => "Remove [AsyncCall]";

    private protected override bool TryEdit(FixRun run, SyntaxNode node, Diagnostic diagnostic, CancellationToken cancellationToken)
    {
        AttributeSyntax? attribute = node.FirstAncestorOrSelf<AttributeSyntax>()
            ?? (node as MethodDeclarationSyntax)?.AttributeLists.SelectMany(list => list.Attributes).FirstOrDefault(candidate =>
                run.Model.GetTypeInfo(candidate, cancellationToken).Type?.ToDisplayString() == KnownNames.AsyncCallAttribute);
        if (attribute?.Parent is not AttributeListSyntax list)
        {
            return false;
        }

        if (list.Attributes.Count > 1)
        {
            run.Editor.RemoveNode(attribute);
        }
        else
        {
            // What stood before it, comments above all, comes before what follows it.
            run.Editor.RemoveNode(list, SyntaxRemoveOptions.KeepLeadingTrivia);
            run.Replace(list.Parent!, static current => current.WithAdditionalAnnotations(Formatter.Annotation));
        }

        return true;
    }
}
