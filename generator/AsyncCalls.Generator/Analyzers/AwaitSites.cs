using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace AsyncCalls.Generator.Analyzers;

/// <summary>Where <c>await</c> may stand.</summary>
internal static class AwaitSites
{
    /// <summary>Whether the language admits an <c>await</c> in the place of the expression: in an async function, and not in a part of it that refuses it.</summary>
    public static bool Admits(SyntaxNode expression)
    {
        for (SyntaxNode? node = expression.Parent; node is not null; node = node.Parent)
        {
            switch (node)
            {
                case LockStatementSyntax or UnsafeStatementSyntax or FixedStatementSyntax or CatchFilterClauseSyntax or QueryExpressionSyntax:
                    return false;
                case AnonymousFunctionExpressionSyntax function:
                    return IsAsync(function.Modifiers) && !IsUnsafe(function);
                case LocalFunctionStatementSyntax function:
                    return IsAsync(function.Modifiers) && !IsUnsafe(function);
                case GlobalStatementSyntax { Parent: CompilationUnitSyntax program }:
                    return program.Members.OfType<GlobalStatementSyntax>().Any(HasAwait);
                case MemberDeclarationSyntax member:
                    return member is MethodDeclarationSyntax method && IsAsync(method.Modifiers) && !IsUnsafe(member);
            }
        }

        return false;
    }

    private static bool IsAsync(SyntaxTokenList modifiers) => modifiers.Any(SyntaxKind.AsyncKeyword);

    private static bool IsUnsafe(SyntaxNode function) => function.AncestorsAndSelf().Any(node => node switch
    {
        UnsafeStatementSyntax => true,
        LocalFunctionStatementSyntax local => local.Modifiers.Any(SyntaxKind.UnsafeKeyword),
        MemberDeclarationSyntax member => member.Modifiers.Any(SyntaxKind.UnsafeKeyword),
        _ => false,
    });

    /// <summary>Whether the statement of a program without a method is what makes it async.</summary>
    private static bool HasAwait(GlobalStatementSyntax statement)
        => statement.DescendantNodes(node => node is not (AnonymousFunctionExpressionSyntax or LocalFunctionStatementSyntax))
            .Any(node => node.IsKind(SyntaxKind.AwaitExpression));
}
