using AsyncCalls.Generator.Parsing;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.Operations;

namespace AsyncCalls.Generator.Analyzers.Flow;

/// <summary>Something that is done to a buffer which a running call may not like.</summary>
/// <param name="Operation">Where.</param>
/// <param name="Part">To what.</param>
/// <param name="Verb">What, for the message.</param>
/// <param name="EndsBuffer">Whether the buffer is given away as a whole, whatever part was meant.</param>
/// <param name="OnlyReads">Whether it is only read, which disturbs no call that only reads it too.</param>
internal sealed record BufferUse(IOperation Operation, BufferPart Part, string Verb, bool EndsBuffer, bool OnlyReads)
{
    public bool Disturbs(CallBuffer buffer)
        => SymbolEqualityComparer.Default.Equals(buffer.Part.Root, Part.Root)
            && (EndsBuffer || (buffer.Part.IsWhole && Part.IsWhole))
            && (buffer.IsWritten || !OnlyReads);
}

/// <summary>Finds writes to buffers, and their ends: those that are known for certain, and no call that might be one.</summary>
internal static class BufferUses
{
    private static readonly HashSet<string> ArrayWriters = ["Clear", "Fill", "Reverse", "Sort"];
    private static readonly HashSet<string> SpanWriters = ["Clear", "Fill", "Reverse", "Sort"];

    /// <summary>Methods of the class library that write to the span or array that they are given first.</summary>
    private static readonly HashSet<string> ReadersInto =
    [
        "System.IO.Stream.Read", "System.IO.Stream.ReadExactly", "System.IO.Stream.ReadAtLeast", "System.Random.NextBytes",
        "System.Security.Cryptography.RandomNumberGenerator.Fill", "System.Security.Cryptography.RandomNumberGenerator.GetBytes",
    ];

    public static BufferUse? Find(IOperation operation, FlowState state, Variables variables)
    {
        if (state.Calls.IsEmpty)
        {
            return null;
        }

        return operation switch
        {
            IAssignmentOperation assignment => Write(operation, ElementOwner(assignment.Target), state, variables),
            IIncrementOrDecrementOperation increment => Write(operation, ElementOwner(increment.Target), state, variables),
            IInvocationOperation call when Twins.IsTwin(call.TargetMethod) => OtherCall(call, state, variables),
            IInvocationOperation call => Call(call, state, variables),
            _ => null,
        };
    }

    private static BufferUse? OtherCall(IInvocationOperation call, FlowState state, Variables variables)
    {
        foreach (CallBuffer buffer in Buffers.Of(call, state, variables))
        {
            var use = new BufferUse(call, buffer.Part, "passed to another call", EndsBuffer: false, OnlyReads: !buffer.IsWritten);
            if (state.Calls.Values.SelectMany(held => held.Buffers).Any(use.Disturbs))
            {
                return use;
            }
        }

        return null;
    }

    private static BufferUse? Call(IInvocationOperation call, FlowState state, Variables variables)
    {
        IMethodSymbol method = call.TargetMethod;
        string? type = method.ContainingType?.OriginalDefinition.ToDisplayString(SymbolDisplayFormat.CSharpErrorMessageFormat);
        IOperation? first = call.Arguments.IsEmpty ? null : call.Arguments.OrderBy(argument => argument.Parameter?.Ordinal).First().Value;
        return (type, method.Name) switch
        {
            ("System.Buffers.ArrayPool<T>", "Return") => End(call, first, "returned to its pool", state, variables),
            (_, "Dispose") when method.Parameters.IsEmpty => End(call, call.Instance, "disposed", state, variables),
            ("System.Array", var name) when ArrayWriters.Contains(name) => Write(call, first, state, variables),
            ("System.Span<T>", var name) when SpanWriters.Contains(name) => Write(call, call.Instance, state, variables),
            ("System.MemoryExtensions", "Reverse" or "Sort") => Write(call, first, state, variables),
            ("System.Span<T>" or "System.ReadOnlySpan<T>" or "System.Memory<T>" or "System.ReadOnlyMemory<T>", "CopyTo" or "TryCopyTo") =>
                Write(call, first, state, variables),
            ("System.MemoryExtensions" or "System.IO.RandomAccess", "CopyTo" or "Read") when call.Arguments.Length > 1 =>
                Write(call, call.Arguments[1].Value, state, variables),
            _ => first is not null && BaseMethods(method).Any(ReadersInto.Contains) && (call.Arguments.Length == 1 || TypeFacts.IsAnySpan(method.Parameters[0].Type))
                ? Write(call, first, state, variables)
                : null,
        };
    }

    private static IEnumerable<string> BaseMethods(IMethodSymbol method)
    {
        for (IMethodSymbol? level = method; level is not null; level = level.OverriddenMethod)
        {
            yield return level.ContainingType?.ToDisplayString() + "." + level.Name;
        }
    }

    private static BufferUse? Write(IOperation operation, IOperation? buffer, FlowState state, Variables variables)
        => buffer is not null && Buffers.Resolve(buffer, state, variables) is { } part
            ? new BufferUse(operation, part, "written", EndsBuffer: false, OnlyReads: false)
            : null;

    private static BufferUse? End(IOperation operation, IOperation? buffer, string verb, FlowState state, Variables variables)
        => buffer is not null && Buffers.Resolve(buffer, state, variables) is { } part
            ? new BufferUse(operation, part, verb, EndsBuffer: true, OnlyReads: false)
            : null;

    /// <summary>The array or span whose element is the target.</summary>
    private static IOperation? ElementOwner(IOperation target) => target switch
    {
        IArrayElementReferenceOperation element => element.ArrayReference,
        IPropertyReferenceOperation { Property.IsIndexer: true, Instance: { Type: { } type } span } when TypeFacts.IsSpan(type) => span,
        _ => null,
    };
}
