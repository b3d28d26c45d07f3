using AsyncCalls.Generator.Diagnostics;
using AsyncCalls.Generator.Models;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace AsyncCalls.Generator.Parsing;

/// <summary>
/// Finds the runtime of a twin: a parameter of the method; in an instance method else a field, a property, a member of a base
/// type, a parameter of the primary constructor, or a static member; for a declaration without a body else the shared one. The first kind that there is one of wins, so that a field
/// that a primary-constructor parameter initialises, or that a property shows, is no conflict; two of the same kind are.
/// </summary>
internal static class RuntimeFinder
{
    public static RuntimeSource? Find(ParseContext context, ParsedParameters parameters)
    {
        IMethodSymbol method = context.Method;
        ISymbol[] own = [.. method.Parameters.Where(parameter => TypeFacts.IsRuntime(parameter.Type))];
        if (own.Length > 0)
        {
            return Source(context, own);
        }

        if (method.IsStatic)
        {
            string name = parameters.Unused("runtime");
            return new RuntimeSource(OrShared(name), name);
        }

        foreach (ISymbol[] candidates in Candidates(context))
        {
            if (candidates.Length > 0)
            {
                return Source(context, candidates);
            }
        }

        if (method.IsAbstract || method.ContainingType.TypeKind == TypeKind.Interface)
        {
            return new RuntimeSource(KnownNames.SharedRuntime, null);
        }

        context.Report(Rules.NoRuntime, context.Identifier, method.Name, method.ContainingType.Name);
        return null;
    }

    public static IEnumerable<IParameterSymbol> PrimaryConstructorParameters(INamedTypeSymbol type)
    {
        foreach (IMethodSymbol constructor in type.InstanceConstructors)
        {
            if (constructor.DeclaringSyntaxReferences.FirstOrDefault()?.GetSyntax() is TypeDeclarationSyntax)
            {
                return constructor.Parameters;
            }
        }

        return [];
    }

    private static IEnumerable<ISymbol[]> Candidates(ParseContext context)
    {
        INamedTypeSymbol type = context.Method.ContainingType;
        for (INamedTypeSymbol? level = type; level is not null; level = level.BaseType)
        {
            yield return Fields(context, level, isStatic: false);
            yield return Properties(context, level, isStatic: false);
        }

        if (type.TypeKind == TypeKind.Interface)
        {
            yield return [.. type.AllInterfaces.SelectMany(inherited => Properties(context, inherited, isStatic: false))];
        }

        if (!type.IsRecord)
        {
            yield return [.. PrimaryConstructorParameters(type).Where(parameter => TypeFacts.IsRuntime(parameter.Type))];
        }

        for (INamedTypeSymbol? level = type; level is not null; level = level.BaseType)
        {
            yield return Fields(context, level, isStatic: true);
            yield return Properties(context, level, isStatic: true);
        }
    }

    private static ISymbol[] Fields(ParseContext context, INamedTypeSymbol type, bool isStatic) =>
    [
        .. type.GetMembers().OfType<IFieldSymbol>().Where(field =>
            field.IsStatic == isStatic && !field.IsImplicitlyDeclared && TypeFacts.IsRuntime(field.Type) && IsUsable(context, field, field)),
    ];

    private static ISymbol[] Properties(ParseContext context, INamedTypeSymbol type, bool isStatic) =>
    [
        .. type.GetMembers().OfType<IPropertySymbol>().Where(property =>
            property.IsStatic == isStatic && !property.IsIndexer && property.ExplicitInterfaceImplementations.IsEmpty
            && property.GetMethod is { } getter && TypeFacts.IsRuntime(property.Type) && IsUsable(context, property, getter)),
    ];

    private static bool IsUsable(ParseContext context, ISymbol member, ISymbol read)
        => !TypeFacts.IsForbidden(member) && !TypeFacts.IsForbidden(read)
            && context.SemanticModel.Compilation.IsSymbolAccessibleWithin(read, context.Method.ContainingType, context.Method.ContainingType);

    private static RuntimeSource? Source(ParseContext context, ISymbol[] candidates)
    {
        if (candidates.Length > 1)
        {
            string names = string.Join(" or ", candidates.Select(candidate => $"'{candidate.Name}'"));
            context.Report(Rules.SeveralRuntimes, context.Identifier, context.Method.Name, names);
            return null;
        }

        ISymbol runtime = candidates[0];
        if (runtime is IParameterSymbol { ContainingSymbol: IMethodSymbol { MethodKind: MethodKind.Constructor } }
            && context.Method.Parameters.FirstOrDefault(parameter => parameter.Name == runtime.Name) is { } hiding)
        {
            context.Report(Rules.RuntimeHidden, context.ParameterIdentifier(hiding), hiding.Name);
            return null;
        }

        string name = SymbolText.Identifier(runtime.Name);
        string expression = runtime switch
        {
            IParameterSymbol => name,
            { IsStatic: true } => SymbolText.Receiver(runtime.ContainingType) + "." + name,
            _ => "this." + name,
        };
        return new RuntimeSource(TypeOf(runtime).NullableAnnotation == NullableAnnotation.Annotated ? OrShared(expression) : expression, null);
    }

    private static string OrShared(string expression) => expression + " ?? " + KnownNames.SharedRuntime;

    private static ITypeSymbol TypeOf(ISymbol symbol) => symbol switch
    {
        IFieldSymbol field => field.Type,
        IPropertySymbol property => property.Type,
        _ => ((IParameterSymbol)symbol).Type,
    };
}
