using Microsoft.CodeAnalysis;

namespace AsyncCalls.CodeFixes.Declarations;

/// <summary>What the fixes of declarations have in common.</summary>
internal static class Declarations
{
    /// <summary>Whether the signature is the method's own: it overrides and implements nothing, and nobody can override it.</summary>
    public static bool IsOwn(IMethodSymbol method)
        => !method.IsVirtual && !method.IsOverride && !method.IsAbstract
            && method.ExplicitInterfaceImplementations.IsEmpty
            && !method.ContainingType.AllInterfaces.SelectMany(type => type.GetMembers(method.Name)).Any(
                member => SymbolEqualityComparer.Default.Equals(method.ContainingType.FindImplementationForInterfaceMember(member), method));
}
