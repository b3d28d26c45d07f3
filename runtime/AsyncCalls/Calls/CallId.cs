namespace AsyncCalls;

/// <summary>
/// The id of a call: a slot of the in-flight table (the low 20 bits) and the slot's generation (the high 44). A generation is used
/// once, so an id never comes back; a slot whose generations are used up is retired.
/// </summary>
/// <param name="Value">All 64 bits, as they travel in <see cref="CompletionEvent.CallId"/>. 0 is no call's.</param>
public readonly record struct CallId(ulong Value)
{
    internal const int SlotBits = 20;
    internal const int MaxSlots = 1 << SlotBits;
    internal const ulong SlotMask = MaxSlots - 1;
    internal const ulong FirstGeneration = 1;

    /// <summary>One below the greatest: no id has all bits set.</summary>
    internal const ulong LastGeneration = (1UL << (64 - SlotBits)) - 2;

    internal CallId(int slot, ulong generation)
        : this((generation << SlotBits) | (uint)slot)
    {
    }

    internal int Slot => (int)(Value & SlotMask);

    internal ulong Generation => Value >> SlotBits;
}
