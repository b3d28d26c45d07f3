using System.Collections.Immutable;
using System.Composition;
using AsyncCalls.Generator.Diagnostics;
using AsyncCalls.Generator.Parsing;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CodeFixes;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;
using Microsoft.CodeAnalysis.Formatting;
using Microsoft.CodeAnalysis.Operations;

namespace AsyncCalls.CodeFixes.Declarations;

/// <summary>Gives the body's token to a call that waits without end (AC0018), where the call has an overload for it; a sleep becomes a wait for the token.</summary>
[ExportCodeFixProvider(LanguageNames.CSharp, Name = nameof(ObserveTokenFix)), Shared]
public sealed class ObserveTokenFix : EditorFix
{
    /// <inheritdoc/>
    public override ImmutableArray<string> FixableDiagnosticIds { get; } = [UsageRules.NotInterruptible.Id];

    /// <inheritdoc/>
    protected override string Title => "Observe the token";

    private protected override bool TryEdit(FixRun run, SyntaxNode node, Diagnostic diagnostic, CancellationToken cancellationToken)
    {
        if (node is not MethodDeclarationSyntax method
            || run.Model.GetDeclaredSymbol(method, cancellationToken)?.Parameters.LastOrDefault(parameter => TypeFacts.IsCancellationToken(parameter.Type)) is not { } token
            || diagnostic.AdditionalLocations.Count == 0
            || run.Find(diagnostic.AdditionalLocations[0]) is not InvocationExpressionSyntax call
            || run.Model.GetOperation(call, cancellationToken) is not IInvocationOperation { TargetMethod: { } callee } operation)
        {
            return false;
        }

        if (callee is { Name: "Sleep", ContainingType.Name: "Thread" })
        {
            return TryReplaceSleep(run, call, SymbolText.Identifier(token.Name));
        }

        // A token behind arguments that the compiler makes an array of would be one of them.
        if (operation.Arguments.Any(argument => argument.ArgumentKind is ArgumentKind.ParamArray or ArgumentKind.ParamCollection)
            || !callee.ContainingType.GetMembers(callee.Name).OfType<IMethodSymbol>().Any(overload => overload.IsStatic == callee.IsStatic && TypeFacts.TakesTokenToo(overload, callee)))
        {
            return false;
        }

        ArgumentSyntax argument = SyntaxFactory.Argument(SyntaxFactory.ParseExpression(SymbolText.Identifier(token.Name)));
        run.Replace(call.ArgumentList, current => current.AddArguments(
            current.Arguments.Count == 0 ? argument : argument.WithLeadingTrivia(SyntaxFactory.Space)));
        return true;
    }

    private static bool TryReplaceSleep(FixRun run, InvocationExpressionSyntax call, string token)
    {
        if (call.Parent is not ExpressionStatementSyntax { Parent: BlockSyntax } statement)
        {
            return false;
        }

        run.Replace(call.Expression, current => SyntaxFactory.ParseExpression($"{token}.WaitHandle.WaitOne").WithTriviaFrom(current));
        run.Editor.InsertAfter(
            statement,
            SyntaxFactory.ParseStatement($"{token}.ThrowIfCancellationRequested();")
                .WithTrailingTrivia(Types.EndOfLine(call)).WithAdditionalAnnotations(Formatter.Annotation));
        return true;
    }
}
