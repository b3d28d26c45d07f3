namespace AsyncCalls.Ring;

/// <summary>
/// Everything that threads can see of one another's work in the ring and in the in-flight table. The product has one implementation,
/// <see cref="HardwareAtomics"/>, which the JIT erases; tests have others, which stop at each access and choose who goes on.
/// </summary>
internal unsafe interface IAtomics
{
    /// <summary>Reads with acquire: what follows cannot come before.</summary>
    static abstract uint Load(ref uint location);

    /// <inheritdoc cref="Load(ref uint)"/>
    static abstract ulong Load(ref ulong location);

    /// <inheritdoc cref="Load(ref uint)"/>
    static abstract T? Load<T>(ref T? location)
        where T : class;

    /// <summary>Writes with release: what comes before cannot follow. A later load may overtake it: see <see cref="Fence"/>.</summary>
    static abstract void Store(ref uint location, uint value);

    /// <inheritdoc cref="Store(ref uint, uint)"/>
    static abstract void Store(ref ulong location, ulong value);

    /// <inheritdoc cref="Store(ref uint, uint)"/>
    static abstract void Store<T>(ref T? location, T? value)
        where T : class;

    /// <summary>Compare and swap; a full fence.</summary>
    static abstract ulong CompareExchange(ref ulong location, ulong value, ulong comparand);

    /// <summary>Exchange; a full fence.</summary>
    static abstract ulong Exchange(ref ulong location, ulong value);

    /// <summary>A number of the calling thread, by which threads that do the same keep apart.</summary>
    static abstract int ThreadNumber { get; }

    /// <summary>Sets bits; a full fence.</summary>
    static abstract void Or(ref uint location, uint bits);

    /// <summary>A full fence, with the name of what it orders.</summary>
    static abstract void Fence(FencePoint point);

    /// <summary>Copies an entry out of a ring. Ordered only by the loads, stores and swaps around it.</summary>
    static abstract void CopyOut(CompletionEvent* entry, out CompletionEvent to);

    /// <summary>Copies entries out of a ring.</summary>
    /// <inheritdoc cref="CopyOut(CompletionEvent*, out CompletionEvent)"/>
    static abstract void CopyOut(CompletionEvent* entries, CompletionEvent* to, int count);

    /// <summary>Copies an entry into a ring.</summary>
    /// <inheritdoc cref="CopyOut(CompletionEvent*, out CompletionEvent)"/>
    static abstract void CopyIn(CompletionEvent* entry, in CompletionEvent from);

    /// <summary>Copies entries into a ring.</summary>
    /// <inheritdoc cref="CopyOut(CompletionEvent*, out CompletionEvent)"/>
    static abstract void CopyIn(CompletionEvent* entries, CompletionEvent* from, int count);

    /// <summary>Enters a lock; at least acquire.</summary>
    static abstract Lock.Scope Enter(Lock gate);

    /// <summary>Leaves a lock; at least release.</summary>
    static abstract void Exit(Lock gate, ref Lock.Scope scope);
}

/// <summary>The full fences of the ring's protocol. Each has a partner, and one of the two sides sees the other.</summary>
internal enum FencePoint
{
    /// <summary>Producer: the tail, then the look at the wake target. Partner: <see cref="TargetThenTail"/>.</summary>
    TailThenTarget,

    /// <summary>Sleeper: the wake target, then the look at tail and flags. Partner: <see cref="TailThenTarget"/>.</summary>
    TargetThenTail,

    /// <summary>Producer: the overflow flag, then the look at head. Partner: the consumer's swap of head before its look at the flag.</summary>
    FlagThenHead,
}
