using System.Collections.Immutable;
using System.Composition;
using AsyncCalls.Generator.Analyzers;
using AsyncCalls.Generator.Diagnostics;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CodeFixes;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace AsyncCalls.CodeFixes.Usage;

/// <summary>Awaits the twin in the place of its original (AC0019), a twin that was dropped (AC0020), or one that was blocked on (AC0023).</summary>
[ExportCodeFixProvider(LanguageNames.CSharp, Name = nameof(AwaitTwinFix)), Shared]
public sealed class AwaitTwinFix : EditorFix
{
    /// <inheritdoc/>
    public override ImmutableArray<string> FixableDiagnosticIds { get; } = [UsageRules.OriginalInAsync.Id, UsageRules.Dropped.Id, UsageRules.Blocking.Id];

    /// <inheritdoc/>
    protected override string Title => "Await the twin";

    private protected override bool TryEdit(FixRun run, SyntaxNode node, Diagnostic diagnostic, CancellationToken cancellationToken)
    {
        bool isOriginal = diagnostic.Id == UsageRules.OriginalInAsync.Id;
        InvocationExpressionSyntax? call = isOriginal ? node.FirstAncestorOrSelf<InvocationExpressionSyntax>() : null;
        if (!AwaitSites.Admits(node) || StackValues.LiveAcross(call ?? node, run.Model, except: null, cancellationToken))
        {
            return false;
        }

        if (isOriginal)
        {
            if (call is null || TwinCall.Of(call, run.Model, cancellationToken) is not { } twin)
            {
                return false;
            }

            run.Replace(call, twin.Awaited);
            return true;
        }

        // A variable that nobody looks at would get another type, and a stream is not awaited.
        if (node is not ExpressionSyntax expression
            || (diagnostic.Id == UsageRules.Dropped.Id
                && (node.Parent is not ExpressionStatementSyntax || TwinOperations.Call(run.Model.GetOperation(node, cancellationToken), out _) is null)))
        {
            return false;
        }

        run.Replace(expression, static current => Awaiting.Await(Awaitable(current)).WithTriviaFrom(current));
        return true;
    }

    /// <summary>What the expression blocks on.</summary>
    private static ExpressionSyntax Awaitable(ExpressionSyntax expression)
    {
        while (true)
        {
            switch (expression)
            {
                case MemberAccessExpressionSyntax { Name.Identifier.ValueText: "Result" } result:
                    expression = result.Expression;
                    break;
                case InvocationExpressionSyntax
                {
                    Expression: MemberAccessExpressionSyntax { Name.Identifier.ValueText: "GetResult" or "GetAwaiter" or "Wait" or "AsTask" or "Preserve" } access,
                }:
                    expression = access.Expression;
                    break;
                case ParenthesizedExpressionSyntax parenthesized:
                    expression = parenthesized.Expression;
                    break;
                default:
                    return expression;
            }
        }
    }
}
