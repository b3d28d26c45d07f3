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
        AttributeSyntax? import = (node as MethodDeclarationSyntax)?.AttributeLists.SelectMany(list => list.Attributes).FirstOrDefault(
            attribute => run.Model.GetTypeInfo(attribute, cancellationToken).Type?.Name is "LibraryImportAttribute" or "DllImportAttribute");
        if (import?.ArgumentList is not { } arguments)
        {
            return false;
        }

        LiteralExpressionSyntax yes = SyntaxFactory.LiteralExpression(SyntaxKind.TrueLiteralExpression);
        if (arguments.Arguments.FirstOrDefault(argument => argument.NameEquals?.Name.Identifier.ValueText == Property) is { } present)
        {
            run.Replace(present.Expression, current => yes.WithTriviaFrom(current));
            return true;
        }

        AttributeArgumentSyntax added = SyntaxFactory.AttributeArgument(yes).WithNameEquals(SyntaxFactory.NameEquals(Property)).NormalizeWhitespace();
        run.Replace(arguments, current => current.AddArguments(added.WithLeadingTrivia(SyntaxFactory.Space)));
        return true;
    }
}
