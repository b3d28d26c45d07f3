using AsyncCalls.Generator.Parsing;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;
using Microsoft.CodeAnalysis.Simplification;

namespace AsyncCalls.CodeFixes.Usage;

/// <summary>What the fixes that await a twin have in common.</summary>
internal static class Awaiting
{
    /// <summary>The awaited expression, in parentheses that go where they are not needed.</summary>
    public static ExpressionSyntax Await(ExpressionSyntax expression)
    {
        AwaitExpressionSyntax awaiting = SyntaxFactory.AwaitExpression(
            SyntaxFactory.Token(default, SyntaxKind.AwaitKeyword, [SyntaxFactory.Space]), expression.WithoutTrivia());
        return SyntaxFactory.ParenthesizedExpression(awaiting).WithAdditionalAnnotations(Simplifier.Annotation).WithTriviaFrom(expression);
    }

    /// <summary>The name, as code has it, of the token that the innermost function around the node has, which has one.</summary>
    public static string? TokenInScope(SyntaxNode node, SemanticModel model, CancellationToken cancellationToken)
    {
        foreach (SyntaxNode function in node.Ancestors())
        {
            IMethodSymbol? symbol = function switch
            {
                AnonymousFunctionExpressionSyntax => model.GetSymbolInfo(function, cancellationToken).Symbol as IMethodSymbol,
                LocalFunctionStatementSyntax or BaseMethodDeclarationSyntax => model.GetDeclaredSymbol(function, cancellationToken) as IMethodSymbol,
                _ => null,
            };
            if (symbol?.Parameters.FirstOrDefault(parameter => TypeFacts.IsCancellationToken(parameter.Type)) is { } token)
            {
                return SymbolText.Identifier(token.Name);
            }

            if (function is MemberDeclarationSyntax || symbol?.IsStatic is true)
            {
                return null;
            }
        }

        return null;
    }
}
