using AsyncCalls.Generator.Diagnostics;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace AsyncCalls.Generator.Parsing;

/// <summary>What a method, its containing types and its return type must be for a twin to exist.</summary>
internal static class MethodRules
{
    public static void Check(ParseContext context)
    {
        if (UnsupportedKind(context) is { } kind)
        {
            context.Report(Rules.UnsupportedMethod, context.Identifier, context.Method.Name, kind);
            return;
        }

        CheckContainingTypes(context);
        CheckReturnType(context);
        CheckConstraints(context);
        if (context.Method.IsAsync || context.Method.PartialImplementationPart is { IsAsync: true } || TypeFacts.IsAsynchronous(context.Method.ReturnType))
        {
            context.Report(Rules.AlreadyAsynchronous, context.Identifier, context.Method.Name);
        }
    }

    /// <summary>What the method is, in words, if this version writes no twin for it.</summary>
    private static string? UnsupportedKind(ParseContext context)
    {
        IMethodSymbol method = context.Method;
        INamedTypeSymbol type = method.ContainingType;
        if (method.MethodKind == MethodKind.ExplicitInterfaceImplementation && UnsupportedExplicit(context) is { } reason)
        {
            return reason;
        }

        if (type.TypeKind == TypeKind.Interface && UnsupportedInInterface(method) is { } declaration)
        {
            return declaration;
        }

        if (type.TypeKind is not (TypeKind.Class or TypeKind.Struct or TypeKind.Interface))
        {
            return "not a member of a class, a struct or an interface";
        }

        if (method.IsVararg)
        {
            return "a method with __arglist";
        }

        if (method.GetAttributes().Any(attribute => attribute.AttributeClass is { } mark && TypeFacts.IsNamed(mark, "UnmanagedCallersOnlyAttribute", "System.Runtime.InteropServices")))
        {
            return "for native callers only";
        }

        for (INamedTypeSymbol? outer = type; outer is not null; outer = outer.ContainingType)
        {
            if (outer.IsFileLocal)
            {
                return "a member of a file-local type";
            }
        }

        bool isImport = ImportParser.IsImport(method);
        if (method.IsExtern && !isImport)
        {
            return "extern and not an import";
        }

        // A partial method that another generator implements has an accessibility; without one nobody may have to implement it.
        bool isDeclarationOnly = !method.IsAbstract && context.Syntax.Body is null && context.Syntax.ExpressionBody is null && !isImport;
        bool hasAccessibility = context.Syntax.Modifiers.Any(modifier => SyntaxFacts.IsAccessibilityModifier(modifier.Kind()));
        return isDeclarationOnly && !hasAccessibility && method.PartialImplementationPart is null ? "a declaration without a body" : null;
    }

    /// <summary>The twin implements the twin of the interface's member, so that there must be one.</summary>
    private static string? UnsupportedExplicit(ParseContext context)
    {
        IMethodSymbol method = context.Method;
        if (method.IsStatic || TwinNames.Implemented(method) is not { } implemented)
        {
            return "an explicit implementation of a static member";
        }

        if (!context.SemanticModel.Compilation.IsSymbolAccessibleWithin(implemented, method.ContainingType, throughType: implemented.ContainingType))
        {
            return "an explicit implementation of a protected member, which nobody can call";
        }

        if (TwinParser.HasTwin(implemented, TwinNames.Signatures(method)[0], context))
        {
            return null;
        }

        return Annotation.Find(implemented) is null
            ? "an explicit implementation of a method that has no twin"
            : "an explicit implementation of a method whose own twin could not be written";
    }

    private static string? UnsupportedInInterface(IMethodSymbol method)
    {
        if (method.IsStatic && (method.IsAbstract || method.IsVirtual))
        {
            return "a static member that implementations provide";
        }

        if (method.ContainingType.IsComImport)
        {
            return "a member of a COM interface";
        }

        if (method.ReturnType.IsStatic || method.Parameters.Any(parameter => parameter.Type.IsStatic))
        {
            // Which C# permits there, and nobody can implement.
            return "a declaration with a static type";
        }

        return MentionsVariant(method.ReturnType) ? "a method whose result has the variance of a type parameter, which ValueTask has not" : null;
    }

    private static bool MentionsVariant(ITypeSymbol type) => type switch
    {
        ITypeParameterSymbol parameter => parameter.Variance != VarianceKind.None,
        IArrayTypeSymbol array => MentionsVariant(array.ElementType),
        INamedTypeSymbol named => named.TypeArguments.Any(MentionsVariant) || (named.ContainingType is { } outer && MentionsVariant(outer)),
        _ => false,
    };

    private static void CheckContainingTypes(ParseContext context)
    {
        for (INamedTypeSymbol? type = context.Method.ContainingType; type is not null; type = type.ContainingType)
        {
            if (!IsPartial(type, context.CancellationToken))
            {
                context.Report(Rules.TypeNotPartial, context.Identifier, context.Method.Name, type.Name);
            }
        }

        INamedTypeSymbol container = context.Method.ContainingType;
        if (context.Method.IsStatic)
        {
            return;
        }

        if (container.IsRefLikeType)
        {
            context.Report(Rules.RefStruct, context.Identifier, "this", container.ToDisplayString(SymbolDisplayFormat.MinimallyQualifiedFormat));
        }
        else if (container.IsValueType && !container.IsReadOnly && !context.Method.IsReadOnly)
        {
            context.Report(Rules.MutableStruct, context.Identifier, context.Method.Name);
        }
    }

    private static void CheckReturnType(ParseContext context)
    {
        ITypeSymbol type = context.Method.ReturnType;
        if (TypeFacts.IsPointer(type))
        {
            context.Report(Rules.Pointer, context.ReturnType, type.ToDisplayString(SymbolDisplayFormat.MinimallyQualifiedFormat));
        }
        else if (TypeFacts.IsRefLike(type) || context.Method.ReturnsByRef || context.Method.ReturnsByRefReadonly)
        {
            context.Report(Rules.RefStruct, context.ReturnType, "The result", type.ToDisplayString(SymbolDisplayFormat.MinimallyQualifiedFormat));
        }
    }

    private static void CheckConstraints(ParseContext context)
    {
        foreach (ITypeSymbol type in context.Method.TypeParameters.SelectMany(parameter => parameter.ConstraintTypes).Where(TypeFacts.IsPointer))
        {
            context.Report(Rules.Pointer, context.Identifier, type.ToDisplayString(SymbolDisplayFormat.MinimallyQualifiedFormat));
        }
    }

    private static bool IsPartial(INamedTypeSymbol type, CancellationToken cancellationToken)
        => type.DeclaringSyntaxReferences.Any(reference =>
            reference.GetSyntax(cancellationToken) is TypeDeclarationSyntax declaration && declaration.Modifiers.Any(SyntaxKind.PartialKeyword));
}
