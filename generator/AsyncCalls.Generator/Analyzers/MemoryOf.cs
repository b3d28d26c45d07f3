using AsyncCalls.Generator.Parsing;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.Operations;

namespace AsyncCalls.Generator.Analyzers;

/// <summary>Whether the memory that an argument for a span shows can be kept: an array, a string, or memory whose <c>Span</c> was taken.</summary>
internal static class MemoryOf
{
    public static bool IsKnown(IOperation argument)
    {
        IOperation value = TwinOperations.Unconverted(argument);
        return IsKept(value.Type) || value switch
        {
            IPropertyReferenceOperation { Property.Name: "Span", Instance.Type: { } owner } => TypeFacts.IsAnyMemory(owner),
            IInvocationOperation call when IsAsSpan(call) => IsKept(TwinOperations.Unconverted(call.Arguments[0].Value).Type),
            _ => false,
        };
    }

    public static bool IsAsSpan(IInvocationOperation call)
        => call is { TargetMethod: { Name: "AsSpan", IsExtensionMethod: true, ContainingType.Name: "MemoryExtensions" }, Arguments.Length: > 0 };

    private static bool IsKept(ITypeSymbol? type) => type is IArrayTypeSymbol { Rank: 1 } or { SpecialType: SpecialType.System_String };
}
