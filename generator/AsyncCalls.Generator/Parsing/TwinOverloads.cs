using AsyncCalls.Generator.Models;
using Microsoft.CodeAnalysis;

namespace AsyncCalls.Generator.Parsing;

/// <summary>The overloads of a twin with their modifiers: what each overrides, hides, or lets others override.</summary>
internal static class TwinOverloads
{
    /// <summary>One for each of <see cref="TwinNames.Signatures"/>.</summary>
    public static IEnumerable<TwinOverload> Of(ParseContext context)
    {
        IMethodSymbol method = context.Method;
        IReadOnlyList<string> signatures = TwinNames.Signatures(method);
        var overloads = new List<TwinOverload>();
        for (int i = 0; i < signatures.Count; i++)
        {
            bool isExplicit = method.MethodKind == MethodKind.ExplicitInterfaceImplementation;
            bool overrides = !isExplicit && Overrides(context, signatures[i]);
            string modifiers = isExplicit ? "" : Modifiers(context, signatures[i], overrides);
            bool inherits = isExplicit || overrides;
            overloads.Add(new TwinOverload(modifiers, inherits ? 0 : -i, new(Constraints(method, inherits))));
        }

        return overloads;
    }

    private static string Modifiers(ParseContext context, string signature, bool overrides)
    {
        IMethodSymbol method = context.Method;
        string modifiers = Accessibility(method);
        bool isSealed = method.IsSealed || method.ContainingType.IsSealed;
        if (overrides)
        {
            return modifiers + (method.IsSealed ? " sealed override" : " override");
        }

        if (method.IsStatic)
        {
            modifiers += " static";
        }
        else if (method.ContainingType.TypeKind == TypeKind.Interface)
        {
            // What has a body is virtual there without saying so.
            modifiers += method.IsVirtual || method.IsAbstract || method.DeclaredAccessibility == Microsoft.CodeAnalysis.Accessibility.Private ? "" : " sealed";
        }

        modifiers += TwinNames.Hides(context, signature) ? " new" : "";
        bool isVirtual = (method.IsVirtual || method.IsAbstract || method.IsOverride) && !isSealed && method.ContainingType.TypeKind == TypeKind.Class;
        return isVirtual ? modifiers + " virtual" : modifiers;
    }

    private static string Accessibility(IMethodSymbol method) => method.DeclaredAccessibility switch
    {
        Microsoft.CodeAnalysis.Accessibility.Public => "public",
        Microsoft.CodeAnalysis.Accessibility.Internal => "internal",
        Microsoft.CodeAnalysis.Accessibility.Protected => "protected",
        Microsoft.CodeAnalysis.Accessibility.ProtectedOrInternal => "protected internal",
        Microsoft.CodeAnalysis.Accessibility.ProtectedAndInternal => "private protected",
        _ => "private",
    };

    /// <summary>Whether the method overrides one whose twin is virtual and gives the same.</summary>
    private static bool Overrides(ParseContext context, string signature)
    {
        string name = TwinNames.Of(context.Method);
        for (IMethodSymbol? overridden = context.Method.OverriddenMethod; overridden is not null; overridden = overridden.OverriddenMethod)
        {
            if (TwinNames.Of(overridden) == name && TwinParser.HasTwin(overridden, signature, context))
            {
                return TwinResult.Key(overridden) == TwinResult.Key(context.Method);
            }
        }

        return false;
    }

    private static IEnumerable<string> Constraints(IMethodSymbol method, bool inherits)
        => method.TypeParameters
            .Select(parameter => inherits ? SymbolText.InheritedConstraint(parameter, method) : SymbolText.Constraint(parameter))
            .Where(clause => clause is not null)
            .Select(clause => clause!);
}
