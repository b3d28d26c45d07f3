using Microsoft.CodeAnalysis;

namespace AsyncCalls.Generator.Parsing;

/// <summary>Questions about types that several parts of the parser ask.</summary>
internal static class TypeFacts
{
    public static bool IsRuntime(ITypeSymbol type) => IsNamed(type, "AsyncCallRuntime", "AsyncCalls");

    public static bool IsCancellationToken(ITypeSymbol type) => IsNamed(type, "CancellationToken", "System.Threading");

    public static bool IsValueTask(ITypeSymbol type)
        => type is INamedTypeSymbol { Arity: 0 or 1 } && IsNamed(type, "ValueTask", "System.Threading.Tasks");

    public static bool IsAsyncEnumerable(ITypeSymbol type) => type is INamedTypeSymbol { Arity: 1 } && IsNamed(type, "IAsyncEnumerable", "System.Collections.Generic");

    public static bool IsSafeFileHandle(ITypeSymbol type) => IsNamed(type, "SafeFileHandle", "Microsoft.Win32.SafeHandles");

    public static bool IsSafeHandle(ITypeSymbol type)
    {
        for (ITypeSymbol? candidate = type; candidate is not null; candidate = candidate.BaseType)
        {
            if (IsNamed(candidate, "SafeHandle", "System.Runtime.InteropServices"))
            {
                return true;
            }
        }

        return false;
    }

    public static bool IsSpan(ITypeSymbol type) => IsGeneric(type, "Span");

    public static bool IsReadOnlySpan(ITypeSymbol type) => IsGeneric(type, "ReadOnlySpan");

    public static bool IsAnySpan(ITypeSymbol type) => IsSpan(type) || IsReadOnlySpan(type);

    public static bool IsAnyMemory(ITypeSymbol type) => IsGeneric(type, "Memory") || IsGeneric(type, "ReadOnlyMemory");

    public static bool IsByteArray(ITypeSymbol type)
        => type is IArrayTypeSymbol { Rank: 1, ElementType.SpecialType: SpecialType.System_Byte };

    public static ITypeSymbol ElementType(ITypeSymbol spanOrMemory) => ((INamedTypeSymbol)spanOrMemory).TypeArguments[0];

    /// <summary>Whether the type cannot be stored: a ref struct, or a type parameter that admits one.</summary>
    public static bool IsRefLike(ITypeSymbol type) => type.IsRefLikeType || type is ITypeParameterSymbol { AllowsRefLikeType: true };

    /// <summary>Whether the type is a pointer, or is made of one.</summary>
    public static bool IsPointer(ITypeSymbol type) => type switch
    {
        IArrayTypeSymbol array => IsPointer(array.ElementType),
        INamedTypeSymbol { TypeKind: not TypeKind.FunctionPointer } named => named.TypeArguments.Any(IsPointer) || (named.ContainingType is { } outer && IsPointer(outer)),
        _ => type.TypeKind is TypeKind.Pointer or TypeKind.FunctionPointer,
    };

    /// <summary>Whether the type is, or is made of, one that the compiler could not find: the code is being typed.</summary>
    public static bool HasError(ITypeSymbol type) => type switch
    {
        IArrayTypeSymbol array => HasError(array.ElementType),
        INamedTypeSymbol named => named.TypeKind == TypeKind.Error || named.TypeArguments.Any(HasError),
        _ => type.TypeKind == TypeKind.Error,
    };

    /// <summary>Whether a value of the type can be awaited or enumerated asynchronously.</summary>
    public static bool IsAsynchronous(ITypeSymbol type)
    {
        if (IsAsyncEnumerable(type)
            || IsNamed(type.OriginalDefinition, "IAsyncEnumerator", "System.Collections.Generic"))
        {
            return true;
        }

        for (ITypeSymbol? candidate = type; candidate is not null; candidate = candidate.BaseType)
        {
            if (candidate.GetMembers("GetAwaiter").Any(member => member is IMethodSymbol { IsStatic: false, Parameters.Length: 0 }))
            {
                return true;
            }
        }

        return false;
    }

    public static bool IsObsolete(AttributeData attribute) => attribute.AttributeClass is { } type && IsNamed(type, "ObsoleteAttribute", "System");

    /// <summary>Whether the attribute makes an error of every use.</summary>
    public static bool IsForbidding(AttributeData attribute)
        => IsObsolete(attribute) && attribute.ConstructorArguments.Length > 1 && attribute.ConstructorArguments[1].Value is true;

    /// <summary>Whether the compiler refuses every use of the symbol.</summary>
    public static bool IsForbidden(ISymbol symbol) => symbol.GetAttributes().Any(IsForbidding);

    public static bool IsNamed(ITypeSymbol type, string name, string @namespace)
        => type is INamedTypeSymbol { ContainingType: null } && type.Name == name && type.ContainingNamespace?.ToDisplayString() == @namespace;

    /// <summary>Whether the overload has the parameters of the other one, and then a token.</summary>
    public static bool TakesTokenToo(IMethodSymbol overload, IMethodSymbol other)
        => overload.Parameters.Length == other.Parameters.Length + 1
            && IsCancellationToken(overload.Parameters[other.Parameters.Length].Type)
            && other.Parameters.All(parameter => SymbolEqualityComparer.Default.Equals(parameter.Type, overload.Parameters[parameter.Ordinal].Type));

    private static bool IsGeneric(ITypeSymbol type, string name)
        => type is INamedTypeSymbol { Arity: 1 } && IsNamed(type, name, "System");
}
