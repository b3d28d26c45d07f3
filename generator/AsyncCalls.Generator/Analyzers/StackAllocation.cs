using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace AsyncCalls.Generator.Analyzers;

/// <summary>Finds the <c>stackalloc</c> that an argument is, is a part of, or is a local variable of.</summary>
internal static class StackAllocation
{
    public static ExpressionSyntax? Find(ExpressionSyntax argument, SemanticModel model, CancellationToken cancellationToken)
    {
        ExpressionSyntax expression = Whole(argument);
        if (Direct(expression) is { } direct)
        {
            return direct;
        }

        return expression is IdentifierNameSyntax && Variable(expression, model, cancellationToken)?.Initializer is { } initializer
            ? Direct(Whole(initializer.Value))
            : null;
    }

    /// <summary>The declaration of the local variable that the argument is, or is a part of.</summary>
    public static VariableDeclaratorSyntax? Variable(ExpressionSyntax argument, SemanticModel model, CancellationToken cancellationToken)
        => model.GetSymbolInfo(Whole(argument), cancellationToken).Symbol is ILocalSymbol { IsRef: false, DeclaringSyntaxReferences.Length: 1 } local
            ? local.DeclaringSyntaxReferences[0].GetSyntax(cancellationToken) as VariableDeclaratorSyntax
            : null;

    /// <summary>The expression without what takes a part of it: a range, <c>Slice</c>, parentheses.</summary>
    public static ExpressionSyntax Whole(ExpressionSyntax expression)
    {
        while (true)
        {
            switch (expression)
            {
                case ParenthesizedExpressionSyntax parenthesized:
                    expression = parenthesized.Expression;
                    break;
                case ElementAccessExpressionSyntax { ArgumentList.Arguments: { Count: 1 } arguments } range when arguments[0].Expression is RangeExpressionSyntax:
                    expression = range.Expression;
                    break;
                case InvocationExpressionSyntax { Expression: MemberAccessExpressionSyntax { Name.Identifier.ValueText: "Slice" } slice }:
                    expression = slice.Expression;
                    break;
                default:
                    return expression;
            }
        }
    }

    // Of "n <= 256 ? stackalloc byte[n] : new byte[n]" one branch is on the stack.
    private static ExpressionSyntax? Direct(ExpressionSyntax expression) => expression switch
    {
        StackAllocArrayCreationExpressionSyntax or ImplicitStackAllocArrayCreationExpressionSyntax => expression,
        ConditionalExpressionSyntax conditional => Direct(Whole(conditional.WhenTrue)) ?? Direct(Whole(conditional.WhenFalse)),
        _ => null,
    };
}
