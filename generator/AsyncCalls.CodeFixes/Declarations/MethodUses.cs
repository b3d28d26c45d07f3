using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace AsyncCalls.CodeFixes.Declarations;

/// <summary>Where a method is named, and what for: what a fix would change of its parameters has to fit there too.</summary>
internal static class MethodUses
{
    /// <summary>The call that the name is of; null where the method is passed on, or only named.</summary>
    public static InvocationExpressionSyntax? CallOf(SyntaxNode name)
        => Whole(name) is { Parent: InvocationExpressionSyntax call } whole && call.Expression == whole ? call : null;

    /// <summary>Whether the method is passed on and not called: a delegate has the parameters that the method has now.</summary>
    public static bool IsPassedOn(SyntaxNode name) => Whole(name) is ExpressionSyntax && CallOf(name) is null && !IsNamed(name);

    /// <summary>Whether nothing but the name is of interest, in a <c>nameof</c> or in the documentation.</summary>
    public static bool IsNamed(SyntaxNode name) => name.IsPartOfStructuredTrivia()
        || name.AncestorsAndSelf().Any(node => node is InvocationExpressionSyntax { Expression: IdentifierNameSyntax { Identifier.ValueText: "nameof" } });

    private static SyntaxNode Whole(SyntaxNode name)
    {
        SyntaxNode whole = name;
        while ((whole.Parent is MemberAccessExpressionSyntax access && access.Name == whole)
            || (whole.Parent is MemberBindingExpressionSyntax binding && binding.Name == whole))
        {
            whole = whole.Parent;
        }

        return whole;
    }
}
