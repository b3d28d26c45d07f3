using System.Collections.Immutable;
using System.Composition;
using AsyncCalls.Generator.Diagnostics;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CodeFixes;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace AsyncCalls.CodeFixes.Declarations;

/// <summary>Adds <c>SetLastError = true</c> to the import (AC0011).</summary>
[ExportCodeFixProvider(LanguageNames.CSharp, Name = nameof(SetLastErrorFix)), Shared]
public sealed class SetLastErrorFix : EditorFix
{
    private const string Property = "SetLastError";

    /// <inheritdoc/>
    public override ImmutableArray<string> FixableDiagnosticIds { get; } = [Rules.NoLastError.Id];

    /// <inheritdoc/>
    protected override string Title => "Set the last error";

    private protected override bool TryEdit(FixRun run, SyntaxNode node, Diagnostic diagnostic, CancellationToken cancellationToken)
    {
        if (node is not MethodDeclarationSyntax method || ImportAttribute.Find(method, run.Model, cancellationToken) is not { ArgumentList: { } arguments } import)
        {
            return false;
        }

        LiteralExpressionSyntax yes = SyntaxFactory.LiteralExpression(SyntaxKind.TrueLiteralExpression);
        if (ImportAttribute.Argument(import, Property) is { } present)
        {
            run.Replace(present.Expression, current => yes.WithTriviaFrom(current));
            return true;
        }

        run.Replace(arguments, current => ImportAttribute.With(current, Property, yes));
        return true;
    }
}
