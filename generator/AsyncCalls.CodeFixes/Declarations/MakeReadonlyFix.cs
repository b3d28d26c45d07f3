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
    private const string CallsWhatMayChange = "CS8656";

    /// <inheritdoc/>
    public override ImmutableArray<string> FixableDiagnosticIds { get; } = [Rules.MutableStruct.Id];

    /// <inheritdoc/>
    protected override string Title => "Make the method readonly";

    private protected override bool TryEdit(FixRun run, SyntaxNode node, Diagnostic diagnostic, CancellationToken cancellationToken)
    {
        if (node is not MethodDeclarationSyntax { Modifiers.Count: > 0 } method
            || method.Modifiers.Any(SyntaxKind.PartialKeyword)
            || Trial.IsWorse(run.Model, method, ReadOnly(method), CallsWhatMayChange, cancellationToken))
        {
            return false;
        }

        run.Replace(method, ReadOnly);
        return true;
    }

    private static MethodDeclarationSyntax ReadOnly(MethodDeclarationSyntax method)
        => method.AddModifiers(SyntaxFactory.Token(SyntaxKind.ReadOnlyKeyword).WithTrailingTrivia(SyntaxFactory.Space));
}
