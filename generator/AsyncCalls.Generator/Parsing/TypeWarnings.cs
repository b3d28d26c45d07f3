using Microsoft.CodeAnalysis;

namespace AsyncCalls.Generator.Parsing;

/// <summary>
/// What the compiler says of the types in a signature, because they are obsolete or experimental. Whoever wrote the method has read it there; the twin has to name the same types and says nothing again.
/// </summary>
internal static class TypeWarnings
{
    private const string Deprecated = "CS0612";
    private const string DeprecatedWithMessage = "CS0618";

    /// <summary>The ids, in order and each once.</summary>
    public static IEnumerable<string> Of(IMethodSymbol method)
    {
        var ids = new SortedSet<string>(StringComparer.Ordinal);
        AddOf(method.ReturnType, ids);
        foreach (IParameterSymbol parameter in method.Parameters)
        {
            AddOf(parameter.Type, ids);
            if (parameter is { HasExplicitDefaultValue: true, ExplicitDefaultValue: not null })
            {
                AddOfMembers(parameter.Type, ids);
            }
        }

        foreach (ITypeSymbol constraint in method.TypeParameters.SelectMany(parameter => parameter.ConstraintTypes))
        {
            AddOf(constraint, ids);
        }

        if (TwinNames.Implemented(method) is { } implemented)
        {
            AddOf(implemented.ContainingType, ids);
        }

        return ids;
    }

    private static void AddOf(ITypeSymbol type, SortedSet<string> ids)
    {
        switch (type)
        {
            case IArrayTypeSymbol array:
                AddOf(array.ElementType, ids);
                break;
            case INamedTypeSymbol named:
                AddMarks(named, ids);
                AddMarks(named.ContainingAssembly, ids);
                foreach (ITypeSymbol argument in named.TypeArguments)
                {
                    AddOf(argument, ids);
                }

                if (named.ContainingType is { } outer)
                {
                    AddOf(outer, ids);
                }

                break;
        }
    }

    /// <summary>A default value is written as the member of the enumeration that it is.</summary>
    private static void AddOfMembers(ITypeSymbol type, SortedSet<string> ids)
    {
        if (type is INamedTypeSymbol { OriginalDefinition.SpecialType: SpecialType.System_Nullable_T } nullable)
        {
            AddOfMembers(nullable.TypeArguments[0], ids);
        }
        else if (type.TypeKind == TypeKind.Enum)
        {
            foreach (ISymbol member in type.GetMembers())
            {
                AddMarks(member, ids);
            }
        }
    }

    private static void AddMarks(ISymbol symbol, SortedSet<string> ids)
    {
        foreach (AttributeData attribute in symbol.GetAttributes())
        {
            if (attribute.AttributeClass is not { } type)
            {
                continue;
            }

            if (TypeFacts.IsNamed(type, "ObsoleteAttribute", "System"))
            {
                string id = attribute.ConstructorArguments.IsEmpty ? Deprecated : DeprecatedWithMessage;
                ids.Add(attribute.NamedArguments.FirstOrDefault(pair => pair.Key == "DiagnosticId").Value.Value as string ?? id);
            }
            else if (TypeFacts.IsNamed(type, "ExperimentalAttribute", "System.Diagnostics.CodeAnalysis")
                && attribute.ConstructorArguments.FirstOrDefault() is { Kind: TypedConstantKind.Primitive, Value: string experiment })
            {
                ids.Add(experiment);
            }
        }
    }
}
