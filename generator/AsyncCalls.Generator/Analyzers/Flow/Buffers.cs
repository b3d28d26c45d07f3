using AsyncCalls.Generator.Parsing;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.Operations;

namespace AsyncCalls.Generator.Analyzers.Flow;

/// <summary>Finds the variable whose memory a value shows.</summary>
internal static class Buffers
{
    /// <summary>The buffers of a call: its arguments for memory and arrays. A <c>Memory</c> is written to; of an array it is not known, and a call that only reads it forbids less.</summary>
    public static IEnumerable<CallBuffer> Of(IInvocationOperation call, FlowState state, Variables variables)
    {
        foreach (IArgumentOperation argument in call.Arguments)
        {
            if (argument.Parameter is { Type: { } type } && (TypeFacts.IsAnyMemory(type) || type is IArrayTypeSymbol)
                && Resolve(argument.Value, state, variables) is { } part)
            {
                yield return new CallBuffer(part, IsWritten: TypeFacts.IsAnyMemory(type) && type.Name == "Memory");
            }
        }
    }

    /// <summary>The array, memory or owner that the value is or is a part of, if it is a variable of this function; else null.</summary>
    public static BufferPart? Resolve(IOperation operation, FlowState state, Variables variables)
    {
        IOperation value = TwinOperations.Unconverted(operation);
        switch (value)
        {
            case ILocalReferenceOperation local:
                return Variable(local.Local, local.Type, state, variables);
            case IParameterReferenceOperation parameter:
                return Variable(parameter.Parameter, parameter.Type, state, variables);
            case IPropertyReferenceOperation { Property: { Name: "Span" or "Memory", IsIndexer: false }, Instance: { } instance }:
                return Resolve(instance, state, variables);
            case IImplicitIndexerReferenceOperation { Instance: { } instance } when instance.Type is { } type && TypeFacts.IsAnyMemory(type):
                return Resolve(instance, state, variables) is { } ranged ? ranged with { IsWhole = false } : null;
            case IInvocationOperation { TargetMethod.Name: "Slice", Instance: { Type: { } type } instance } when TypeFacts.IsAnyMemory(type) || TypeFacts.IsAnySpan(type):
                return Resolve(instance, state, variables) is { } sliced ? sliced with { IsWhole = false } : null;
            case IInvocationOperation { TargetMethod: { Name: "AsMemory" or "AsSpan", ContainingType.Name: "MemoryExtensions" }, Arguments: { Length: > 0 } arguments }:
                return Resolve(arguments[0].Value, state, variables) is { } shown ? shown with { IsWhole = shown.IsWhole && arguments.Length == 1 } : null;
            default:
                return null;
        }
    }

    private static BufferPart? Variable(ISymbol variable, ITypeSymbol? type, FlowState state, Variables variables)
        => type is null || !variables.IsPrivate(variable) || !(type is IArrayTypeSymbol { Rank: 1 } || TypeFacts.IsAnyMemory(type) || TypeFacts.IsAnySpan(type) || IsOwner(type)) ? null
            : state.Aliases.TryGetValue(variable, out BufferPart part) ? part
            : new BufferPart(variable, IsWhole: true);

    private static bool IsOwner(ITypeSymbol type) => IsOwnerInterface(type) || type.AllInterfaces.Any(IsOwnerInterface);

    private static bool IsOwnerInterface(ITypeSymbol type) => TypeFacts.IsNamed(type, "IMemoryOwner", "System.Buffers");
}
