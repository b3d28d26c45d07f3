using System.Diagnostics;
using AsyncCalls.Ring;

namespace AsyncCalls.Calls;

/// <summary>
/// The calls in flight, by id. A call holds a slot from the moment before it is accepted until its completion is dispatched.
/// </summary>
/// <remarks>
/// <para>Free slots are a stack: <see cref="_free"/> holds the top slot (low 20 bits, all ones for none) and a tag (high 44) that grows with each
/// change, so that a compare-and-swap fails when the top went away and came back. Links are written by the thread that pushes, before its
/// swap; they are read before a pop's swap and count only if it succeeds.</para>
/// <para>Before the stack comes <see cref="_kept"/>: a thread that frees a slot keeps it for its next call, unless it keeps one, in a word that few threads share (the slot + 1 or 0 for none, and a tag that
/// grows whenever one is kept). Where two workers go from call to call it saves a third of a call's cost. When the stack is empty and cannot grow, slots are taken from whoever keeps them. That none
/// is free is said only where a look at all places found none while nothing was freed: the tags tell.</para>
/// <para>A slot's generation is written only by the thread that holds the slot (between taking and freeing it). A slot whose generations are used
/// up is not freed again.</para>
/// <para>Slots come in chunks, made under <see cref="_growth"/>, and never go away: a reference read from a stale id is at worst another
/// call, whose id differs.</para>
/// </remarks>
internal class InFlightTable<TAtomics>
    where TAtomics : struct, IAtomics
{
    private const int ChunkBits = 9;
    private const int ChunkSize = 1 << ChunkBits;
    private const uint NoSlot = (uint)CallId.SlotMask;
    private const int KeptWords = 8;

    /// <summary>128 bytes apart: a pair of cache lines, as processors fetch them.</summary>
    private const int KeptStride = 16;

    private readonly Lock _growth = new();
    private readonly Slot[]?[] _chunks;
    private readonly ulong[] _kept = new ulong[(KeptWords + 1) * KeptStride];
    private readonly int _capacity;
    private uint _made;
    private ulong _free = NoSlot;

    /// <param name="capacity">The most calls in flight. The last slot number marks the end of the free stack.</param>
    public InFlightTable(int capacity)
    {
        _capacity = Math.Min(capacity, CallId.MaxSlots - 1);
        _chunks = new Slot[]?[(_capacity + ChunkSize - 1) >> ChunkBits];
    }

    /// <summary>Gives a call a slot and an id. False: all slots are taken.</summary>
    public bool TryAdd(Call call)
    {
        uint index = TakeKept(TAtomics.ThreadNumber);
        if (index == NoSlot && (index = Pop()) == NoSlot)
        {
            return false;
        }

        ref Slot slot = ref At((int)index);
        call.Id = new CallId((int)index, slot.Generation).Value;
        TAtomics.Store(ref slot.Call, call);
        return true;
    }

    /// <summary>The call that has an id; null when it is not in flight any more.</summary>
    public Call? Find(ulong id)
    {
        int index = new CallId(id).Slot;
        return (uint)index < TAtomics.Load(ref _made) ? In(ref At(index), id) : null;
    }

    /// <summary>The call that is in a slot at this moment, whatever its generation.</summary>
    public Call? InSlot(int index) => (uint)index < TAtomics.Load(ref _made) ? TAtomics.Load(ref At(index).Call) : null;

    /// <summary>Takes a call out and frees its slot. Null: the id is stale. For one dispatcher of each event.</summary>
    public Call? Remove(ulong id)
    {
        int index = new CallId(id).Slot;
        if ((uint)index >= TAtomics.Load(ref _made))
        {
            return null;
        }

        ref Slot slot = ref At(index);
        if (In(ref slot, id) is not { } call)
        {
            return null;
        }

        TAtomics.Store(ref slot.Call, null);
        if (slot.Generation < CallId.LastGeneration)
        {
            slot.Generation++;
            if (!TryKeep((uint)index))
            {
                Push((uint)index);
            }
        }

        return call;
    }

    /// <summary>How many calls hold a slot. Counted by looking at each: for reports and teardown.</summary>
    public int Count()
    {
        int count = 0;
        foreach ((Call _, ulong _) in Snapshot())
        {
            count++;
        }

        return count;
    }

    /// <summary>
    /// The calls in flight with their ids, seen one after the other while others come and go. The id is the slot's: the record may be another runtime's by now, and
    /// then it has another.
    /// </summary>
    public IEnumerable<(Call Call, ulong Id)> Snapshot()
    {
        int made = (int)TAtomics.Load(ref _made);
        for (int index = 0; index < made; index++)
        {
            if (TAtomics.Load(ref At(index).Call) is { } call)
            {
                yield return (call, new CallId(index, At(index).Generation).Value);
            }
        }
    }

    /// <summary>For tests: makes the next use of a slot the last but a few.</summary>
    internal void SetGeneration(int index, ulong generation) => At(index).Generation = generation;

    private ref Slot At(int index) => ref _chunks[index >> ChunkBits]![index & (ChunkSize - 1)];

    private static Call? In(ref Slot slot, ulong id) => TAtomics.Load(ref slot.Call) is { } call && call.Id == id ? call : null;

    private static ulong NextTag(ulong word) => (word & ~CallId.SlotMask) + (CallId.SlotMask + 1);

    /// <summary>The word of a thread, or of others that have the same.</summary>
    private ref ulong KeptOf(int thread) => ref _kept[((thread & (KeptWords - 1)) + 1) * KeptStride];

    private bool TryKeep(uint index)
    {
        ref ulong kept = ref KeptOf(TAtomics.ThreadNumber);
        ulong seen = TAtomics.Load(ref kept);
        return (seen & CallId.SlotMask) == 0 && TAtomics.CompareExchange(ref kept, NextTag(seen) | (index + 1), seen) == seen;
    }

    private uint TakeKept(int thread)
    {
        ref ulong kept = ref KeptOf(thread);
        ulong seen = TAtomics.Load(ref kept);
        uint taken = (uint)(seen & CallId.SlotMask);
        return taken != 0 && TAtomics.CompareExchange(ref kept, seen & ~CallId.SlotMask, seen) == seen ? taken - 1 : NoSlot;
    }

    private uint Pop()
    {
        while (true)
        {
            ulong top = TAtomics.Load(ref _free);
            uint index = (uint)(top & CallId.SlotMask);
            if (index != NoSlot)
            {
                ulong next = TAtomics.Load(ref At((int)index).Next);
                if (TAtomics.CompareExchange(ref _free, NextTag(top) | next, top) == top)
                {
                    return index;
                }
            }
            else if (!Grow())
            {
                ulong changes = Changes();
                index = TakeAnyKept();
                if (index != NoSlot || ((TAtomics.Load(ref _free) & CallId.SlotMask) == NoSlot && Changes() == changes))
                {
                    return index;
                }
            }
        }
    }

    /// <summary>A number that grows whenever a slot is freed: the sum of all tags.</summary>
    private ulong Changes()
    {
        ulong sum = TAtomics.Load(ref _free) & ~CallId.SlotMask;
        for (int thread = 0; thread < KeptWords; thread++)
        {
            sum += TAtomics.Load(ref KeptOf(thread)) & ~CallId.SlotMask;
        }

        return sum;
    }

    /// <summary>The last slots: whoever keeps them.</summary>
    private uint TakeAnyKept()
    {
        for (int thread = 0; thread < KeptWords; thread++)
        {
            if (TakeKept(thread) is not NoSlot and var index)
            {
                return index;
            }
        }

        return NoSlot;
    }

    private void Push(uint index)
    {
        ref Slot slot = ref At((int)index);
        while (true)
        {
            ulong top = TAtomics.Load(ref _free);
            TAtomics.Store(ref slot.Next, top & CallId.SlotMask);
            if (TAtomics.CompareExchange(ref _free, NextTag(top) | index, top) == top)
            {
                return;
            }
        }
    }

    private bool Grow()
    {
        Lock.Scope scope = TAtomics.Enter(_growth);
        try
        {
            if ((TAtomics.Load(ref _free) & CallId.SlotMask) != NoSlot)
            {
                return true;
            }

            if (_made == _capacity)
            {
                return false;
            }

            int first = (int)_made;
            int count = Math.Min(ChunkSize, _capacity - first);
            var chunk = new Slot[count];
            for (int i = 0; i < count; i++)
            {
                chunk[i].Generation = CallId.FirstGeneration;
            }

            Debug.Assert((first & (ChunkSize - 1)) == 0, "Only the last chunk is partial.");
            TAtomics.Store(ref _chunks[first >> ChunkBits], chunk);
            TAtomics.Store(ref _made, (uint)(first + count));
            for (int i = count - 1; i >= 0; i--)
            {
                Push((uint)(first + i));
            }

            return true;
        }
        finally
        {
            TAtomics.Exit(_growth, ref scope);
        }
    }

    private struct Slot
    {
        public Call? Call;
        public ulong Generation;
        public ulong Next;
    }
}

/// <summary>The in-flight table as the product uses it.</summary>
/// <inheritdoc cref="InFlightTable{TAtomics}(int)"/>
internal sealed class InFlightTable(int capacity) : InFlightTable<HardwareAtomics>(capacity);
