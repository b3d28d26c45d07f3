using System.Collections.Immutable;
using AsyncCalls.Generator.Models;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.Operations;

namespace AsyncCalls.Generator.Analyzers.Flow;

/// <summary>A buffer by the variable that holds it.</summary>
/// <param name="Root">The array, memory or owner.</param>
/// <param name="IsWhole">Whether all of it is meant; two parts may have nothing in common.</param>
internal readonly record struct BufferPart(ISymbol Root, bool IsWhole);

/// <summary>A buffer of a call.</summary>
/// <param name="Part">The buffer.</param>
/// <param name="IsWritten">Whether the call writes to it.</param>
internal readonly record struct CallBuffer(BufferPart Part, bool IsWritten);

/// <summary>What a variable holds: the result of a call that has not been awaited, or one that has been consumed.</summary>
/// <param name="Call">The call of the twin.</param>
/// <param name="IsKept">Whether it may be consumed often: a task, or a preserved <c>ValueTask</c>.</param>
/// <param name="IsConsumed">Whether it has been consumed.</param>
/// <param name="Buffers">What belongs to the call until it has completed.</param>
internal sealed record HeldCall(IInvocationOperation Call, bool IsKept, bool IsConsumed, EquatableArray<CallBuffer> Buffers);

/// <summary>What is known at a place of a body whatever way led there.</summary>
internal sealed class FlowState
{
    public static readonly FlowState Empty = new(
        ImmutableDictionary.Create<ISymbol, HeldCall>(SymbolEqualityComparer.Default),
        ImmutableDictionary.Create<ISymbol, BufferPart>(SymbolEqualityComparer.Default));

    private FlowState(ImmutableDictionary<ISymbol, HeldCall> calls, ImmutableDictionary<ISymbol, BufferPart> aliases)
    {
        Calls = calls;
        Aliases = aliases;
    }

    /// <summary>By the variable that holds it; a call whose result is being returned is held by its method.</summary>
    public ImmutableDictionary<ISymbol, HeldCall> Calls { get; }

    /// <summary>Variables that show the memory of another one.</summary>
    public ImmutableDictionary<ISymbol, BufferPart> Aliases { get; }

    public FlowState WithCall(ISymbol holder, HeldCall call) => new(Calls.SetItem(holder, call), Aliases);

    public FlowState WithoutCall(ISymbol holder) => new(Calls.Remove(holder), Aliases);

    public FlowState WithAlias(ISymbol variable, BufferPart part) => new(Calls, Aliases.SetItem(variable, part));

    /// <summary>The variable has another value: nothing that was known of it holds any more.</summary>
    public FlowState WithoutVariable(ISymbol variable)
    {
        ImmutableDictionary<ISymbol, HeldCall> calls = Calls.Remove(variable);
        foreach (KeyValuePair<ISymbol, HeldCall> held in calls)
        {
            if (held.Value.Buffers.Any(buffer => IsSame(buffer.Part.Root, variable)))
            {
                EquatableArray<CallBuffer> others = new(held.Value.Buffers.Where(buffer => !IsSame(buffer.Part.Root, variable)));
                calls = calls.SetItem(held.Key, held.Value with { Buffers = others });
            }
        }

        return new(calls, Aliases.Remove(variable).RemoveRange(Aliases.Where(alias => IsSame(alias.Value.Root, variable)).Select(alias => alias.Key)));
    }

    /// <summary>What both know.</summary>
    public FlowState And(FlowState other) => new(
        Calls.RemoveRange(Calls.Where(held => !other.Calls.TryGetValue(held.Key, out HeldCall? call) || call != held.Value).Select(held => held.Key)),
        Aliases.RemoveRange(Aliases.Where(alias => !other.Aliases.TryGetValue(alias.Key, out BufferPart part) || part != alias.Value).Select(alias => alias.Key)));

    /// <summary>Whether it knows exactly as much as one of which it knows nothing else.</summary>
    public bool KnowsAsMuchAs(FlowState wider) => Calls.Count == wider.Calls.Count && Aliases.Count == wider.Aliases.Count;

    private static bool IsSame(ISymbol one, ISymbol other) => SymbolEqualityComparer.Default.Equals(one, other);
}
