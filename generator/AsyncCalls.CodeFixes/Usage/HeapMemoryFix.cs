using System.Collections.Immutable;
using System.Composition;
using AsyncCalls.Generator.Analyzers;
using AsyncCalls.Generator.Diagnostics;
using AsyncCalls.Generator.Parsing;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CodeFixes;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace AsyncCalls.CodeFixes.Usage;

/// <summary>
/// Allocates an array in the place of memory on the stack (AC0024), and awaits the twin. A variable that was a span becomes memory, and the rest of
/// the body uses its span as before.
/// </summary>
[ExportCodeFixProvider(LanguageNames.CSharp, Name = nameof(HeapMemoryFix)), Shared]
public sealed class HeapMemoryFix : EditorFix
{
    /// <inheritdoc/>
    public override ImmutableArray<string> FixableDiagnosticIds { get; } = [UsageRules.StackMemory.Id];

    /// <inheritdoc/>
    protected override string Title => "Use an array";

    private protected override bool TryEdit(FixRun run, SyntaxNode node, Diagnostic diagnostic, CancellationToken cancellationToken)
    {
        ArgumentSyntax? argument = node.FirstAncestorOrSelf<ArgumentSyntax>(candidate => candidate.Expression.Span == diagnostic.Location.SourceSpan);
        if (argument?.Parent?.Parent is not InvocationExpressionSyntax call
            || StackAllocation.Find(argument.Expression, run.Model, cancellationToken) is not { } allocation)
        {
            return false;
        }

        // A twin does not compile with a span; an original does, and becomes its twin.
        TwinCall? twin = TwinCall.Of(call, run.Model, cancellationToken);
        if (twin is null && run.Model.GetSymbolInfo(call, cancellationToken).Symbol is not null)
        {
            return false;
        }

        bool isVariable = !argument.Span.Contains(allocation.Span);
        VariableDeclaratorSyntax? variable = isVariable ? StackAllocation.Variable(argument.Expression, run.Model, cancellationToken) : null;
        var local = variable is null ? null : run.Model.GetDeclaredSymbol(variable, cancellationToken) as ILocalSymbol;
        if ((twin is not null && StackValues.LiveAcross(call, run.Model, local, cancellationToken))
            || (isVariable ? !TryEditVariable(run, variable, local, cancellationToken) : StackAllocation.Whole(argument.Expression) != argument.Expression))
        {
            return false;
        }

        if (run.IsFirst(allocation))
        {
            run.Replace(allocation, static current => Array(current).WithTriviaFrom(current));
        }

        if (twin is not null && run.IsFirst(call))
        {
            run.Replace(call, twin.Awaited);
        }

        return true;
    }

    private static bool TryEditVariable(FixRun run, VariableDeclaratorSyntax? variable, ILocalSymbol? local, CancellationToken cancellationToken)
    {
        if (variable?.Parent is not VariableDeclarationSyntax { Variables.Count: 1, Type: GenericNameSyntax { Identifier.ValueText: "Span" or "ReadOnlySpan" } span }
            || local is null
            || variable.FirstAncestorOrSelf<BlockSyntax>() is not { } block)
        {
            return false;
        }

        if (!run.IsFirst(variable))
        {
            return true;
        }

        string memory = span.Identifier.ValueText == "Span" ? "Memory" : "ReadOnlyMemory";
        run.Replace(span, current => Types.System(memory, current.TypeArgumentList.Arguments[0]).WithTriviaFrom(current));
        foreach (IdentifierNameSyntax name in block.DescendantNodes().OfType<IdentifierNameSyntax>())
        {
            if (name.Identifier.ValueText == local.Name
                && SymbolEqualityComparer.Default.Equals(run.Model.GetSymbolInfo(name, cancellationToken).Symbol, local)
                && !IsForTwin(run, name, local, cancellationToken))
            {
                run.Replace(name, static current => SyntaxFactory.ParseExpression(current.Identifier.Text + ".Span").WithTriviaFrom(current));
            }
        }

        return true;
    }

    /// <summary>Whether the variable is an argument of a twin here, or of an original, which becomes one.</summary>
    private static bool IsForTwin(FixRun run, IdentifierNameSyntax name, ILocalSymbol local, CancellationToken cancellationToken)
    {
        ArgumentSyntax? argument = name.Ancestors().OfType<ArgumentSyntax>().FirstOrDefault(candidate => StackAllocation.Whole(candidate.Expression) == name);
        if (argument?.Parent?.Parent is not InvocationExpressionSyntax call)
        {
            return false;
        }

        if (run.Model.GetSymbolInfo(call, cancellationToken).CandidateSymbols.OfType<IMethodSymbol>().Any(Twins.IsTwin))
        {
            return true;
        }

        if (!AwaitSites.Admits(call) || StackValues.LiveAcross(call, run.Model, local, cancellationToken) || TwinCall.Of(call, run.Model, cancellationToken) is not { } twin)
        {
            return false;
        }

        if (run.IsFirst(call))
        {
            run.Replace(call, twin.Awaited);
        }

        return true;
    }

    private static ExpressionSyntax Array(ExpressionSyntax allocation) => allocation switch
    {
        StackAllocArrayCreationExpressionSyntax { Type: ArrayTypeSyntax type } typed =>
            SyntaxFactory.ArrayCreationExpression(SyntaxFactory.Token(SyntaxKind.NewKeyword).WithTrailingTrivia(SyntaxFactory.Space), type, typed.Initializer),
        ImplicitStackAllocArrayCreationExpressionSyntax untyped => SyntaxFactory.ImplicitArrayCreationExpression(untyped.Initializer),
        _ => allocation,
    };
}
