namespace AsyncCalls.Calls;

/// <summary>
/// The id of a call: a slot of the in-flight table (the low 20 bits) and the slot's generation (the high 44). A generation is used
/// once, so an id never comes back; a slot whose generations are used up is retired.
/// </summary>
internal readonly record struct CallId(ulong Value)
{
    public const int SlotBits = 20;
    public const int MaxSlots = 1 << SlotBits;
    public const ulong SlotMask = MaxSlots - 1;
    public const ulong FirstGeneration = 1;
    public const ulong LastGeneration = (1UL << (64 - SlotBits)) - 2;

    public CallId(int slot, ulong generation)
        : this((generation << SlotBits) | (uint)slot)
    {
    }

    public int Slot => (int)(Value & SlotMask);

    public ulong Generation => Value >> SlotBits;
}
