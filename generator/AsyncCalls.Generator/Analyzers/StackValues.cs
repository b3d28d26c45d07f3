using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace AsyncCalls.Generator.Analyzers;

/// <summary>
/// Values that only the stack can hold, spans above all: where one is there before a place and used behind it, no <c>await</c> can stand there. It says so rather once too often than
/// once too rarely: by what stands where, and not by what is assigned when.
/// </summary>
internal static class StackValues
{
    /// <param name="site">What would be awaited.</param>
    /// <param name="model">The model of its file.</param>
    /// <param name="except">A local variable that does not count, because it becomes another.</param>
    /// <param name="cancellationToken">Ends it early.</param>
    public static bool LiveAcross(SyntaxNode site, SemanticModel model, ILocalSymbol? except, CancellationToken cancellationToken)
    {
        for (SyntaxNode node = site; node.Parent is { } parent && !IsFunction(node); node = parent)
        {
            if (IsHeldBy(parent, node, model, cancellationToken)
                || Locals(parent, node).Any(local => IsLive(local, site, model, except, cancellationToken))
                || (parent is not StatementSyntax && node is not StatementSyntax && IsHeldBefore(parent, node, model, cancellationToken)))
            {
                return true;
            }
        }

        return false;
    }

    private static bool IsFunction(SyntaxNode node) => node is AnonymousFunctionExpressionSyntax or LocalFunctionStatementSyntax or MemberDeclarationSyntax and not GlobalStatementSyntax;

    /// <summary>
    /// What is held without a name while the child is evaluated: the enumerator of a loop and what is disposed until the body has ended, the builder of an interpolated string, and what a
    /// conditional reference is made of.
    /// </summary>
    private static bool IsHeldBy(SyntaxNode parent, SyntaxNode child, SemanticModel model, CancellationToken cancellationToken) => parent switch
    {
        CommonForEachStatementSyntax loop => child == loop.Statement && model.GetForEachStatementInfo(loop).GetEnumeratorMethod?.ReturnType.IsRefLikeType is true,
        UsingStatementSyntax { Expression: { } resource } statement =>
            child == statement.Statement && model.GetTypeInfo(resource, cancellationToken).Type?.IsRefLikeType is true,
        InterpolatedStringExpressionSyntax or BinaryExpressionSyntax { RawKind: (int)SyntaxKind.AddExpression } =>
            model.GetTypeInfo(parent, cancellationToken).ConvertedType?.IsRefLikeType is true,
        ConditionalExpressionSyntax { WhenTrue: RefExpressionSyntax } => true,
        _ => false,
    };

    /// <summary>The declarations of local variables in the parent that stand before the child.</summary>
    private static IEnumerable<SyntaxNode> Locals(SyntaxNode parent, SyntaxNode child)
    {
        IEnumerable<SyntaxNode> before = parent.ChildNodes().TakeWhile(node => node != child);
        return (parent is CommonForEachStatementSyntax ? before.Append(parent) : before)
            .SelectMany(node => node == parent ? [node] : node.DescendantNodesAndSelf(inner => !IsFunction(inner) && inner is not BlockSyntax))
            .Where(node => node is VariableDeclaratorSyntax or SingleVariableDesignationSyntax or ForEachStatementSyntax);
    }

    private static bool IsLive(SyntaxNode declaration, SyntaxNode site, SemanticModel model, ILocalSymbol? except, CancellationToken cancellationToken)
    {
        if (model.GetDeclaredSymbol(declaration, cancellationToken) is not ILocalSymbol local
            || !(local.IsRef || local.Type.IsRefLikeType)
            || SymbolEqualityComparer.Default.Equals(local, except))
        {
            return false;
        }

        if (declaration.Parent?.Parent is UsingStatementSyntax or LocalDeclarationStatementSyntax { UsingKeyword.RawKind: not 0 })
        {
            return true;
        }

        // Behind the site, or anywhere in a loop around it that goes on with the same variable; where something jumps, anywhere.
        SyntaxNode function = site.AncestorsAndSelf().First(node => node.Parent is null || IsFunction(node));
        SyntaxNode? loop = function.DescendantNodes().Any(node => node.IsKind(SyntaxKind.GotoStatement))
            ? function
            : site.Ancestors().TakeWhile(node => node != function).LastOrDefault(node => Body(node) is { } body && !body.Span.Contains(declaration.Span));
        return function.DescendantNodes().OfType<IdentifierNameSyntax>().Any(name =>
            name.Identifier.ValueText == local.Name
            && (name.SpanStart >= site.Span.End || loop?.Span.Contains(name.Span) is true)
            && SymbolEqualityComparer.Default.Equals(model.GetSymbolInfo(name, cancellationToken).Symbol, local));
    }

    private static StatementSyntax? Body(SyntaxNode node) => node switch
    {
        ForStatementSyntax loop => loop.Statement,
        CommonForEachStatementSyntax loop => loop.Statement,
        WhileStatementSyntax loop => loop.Statement,
        DoStatementSyntax loop => loop.Statement,
        _ => null,
    };

    /// <summary>Whether a part of the expression that is evaluated before the child gives a value of the stack, or a reference.</summary>
    private static bool IsHeldBefore(SyntaxNode parent, SyntaxNode child, SemanticModel model, CancellationToken cancellationToken)
        => parent.ChildNodes().TakeWhile(node => node != child).Any(node => IsHeld(node, model, cancellationToken));

    // What a finished call was given is gone; but an element that is assigned to, or a method that is called, has its owner at hand.
    private static bool IsHeld(SyntaxNode node, SemanticModel model, CancellationToken cancellationToken) => node switch
    {
        ArgumentSyntax argument => IsHeld(argument.Expression, model, cancellationToken),
        ExpressionSyntax expression when IsOnStack(expression, model, cancellationToken) => true,
        MemberAccessExpressionSyntax access => IsHeld(access.Expression, model, cancellationToken),
        ElementAccessExpressionSyntax access => IsHeld(access.Expression, model, cancellationToken),
        ParenthesizedExpressionSyntax parenthesized => IsHeld(parenthesized.Expression, model, cancellationToken),
        ConditionalExpressionSyntax { WhenTrue: RefExpressionSyntax } => true,
        TupleExpressionSyntax tuple => tuple.Arguments.Any(argument => IsHeld(argument, model, cancellationToken)),
        _ => false,
    };

    private static bool IsOnStack(ExpressionSyntax expression, SemanticModel model, CancellationToken cancellationToken)
    {
        ISymbol? symbol = model.GetSymbolInfo(expression, cancellationToken).Symbol;
        TypeInfo type = model.GetTypeInfo(expression, cancellationToken);
        return symbol is not ITypeSymbol
            && (type.Type?.IsRefLikeType is true || type.ConvertedType?.IsRefLikeType is true
                || symbol is ILocalSymbol { IsRef: true } or IMethodSymbol { ReturnsByRef: true } or IPropertySymbol { ReturnsByRef: true });
    }
}
