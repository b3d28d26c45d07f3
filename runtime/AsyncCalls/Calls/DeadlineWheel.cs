using System.Diagnostics;
using System.Numerics;

namespace AsyncCalls.Calls;

/// <summary>A call's place in a <see cref="DeadlineWheel"/>. Belongs to the wheel.</summary>
internal struct WheelPlace
{
    public Call? Next;
    public Call? Previous;

    /// <summary>The tick at which the call is due.</summary>
    public long Tick;

    /// <summary>The slot, plus one; 0: in no wheel.</summary>
    public int SlotPlusOne;
}

/// <summary>
/// Deadlines of calls, in a hierarchical timing wheel (Varghese and Lauck, 1987): adding and removing cost the same however many there are. Not thread-safe, and without a clock: its
/// keeper has both.
/// </summary>
/// <remarks>
/// Time is in ticks of a millisecond. Level 0 has a slot for each of 64 ticks, level 1 one for each of 64 times 64, and so on: a call is put into the level of the highest digit (to the
/// base 64) in which its tick differs from the present one. When the present reaches a slot of level 0 its calls are due; those of a slot of a higher level move to lower ones.
/// Six levels span two years, more than any timeout may be.
/// </remarks>
internal sealed class DeadlineWheel
{
    private const int SlotBits = 6;
    private const int Slots = 1 << SlotBits;
    private const int Levels = 6;

    private readonly Call?[] _slots = new Call?[Levels * Slots];
    private readonly ulong[] _occupied = new ulong[Levels];
    private long _now;

    /// <summary>How many calls wait.</summary>
    public int Count { get; private set; }

    /// <summary>Adds a call that is due at a tick; one that lies in the past is due at the next.</summary>
    public void Add(Call call, long tick, long now)
    {
        ref WheelPlace place = ref call.WheelPlace;
        Debug.Assert(place.SlotPlusOne == 0, "A call is in one wheel, once.");
        if (Count == 0)
        {
            // An empty wheel stands still.
            _now = Math.Max(_now, now);
        }

        place.Tick = Math.Clamp(tick, _now + 1, _now + (1L << (SlotBits * Levels - 1)));
        Insert(call, ref place);
        Count++;
    }

    /// <summary>Takes a call out. False: it was not in.</summary>
    public bool Remove(Call call)
    {
        ref WheelPlace place = ref call.WheelPlace;
        if (place.SlotPlusOne == 0)
        {
            return false;
        }

        int slot = place.SlotPlusOne - 1;
        if (place.Previous is { } previous)
        {
            previous.WheelPlace.Next = place.Next;
        }
        else
        {
            _slots[slot] = place.Next;
            if (place.Next is null)
            {
                _occupied[slot / Slots] &= ~(1UL << (slot % Slots));
            }
        }

        if (place.Next is { } next)
        {
            next.WheelPlace.Previous = place.Previous;
        }

        place = default;
        Count--;
        return true;
    }

    /// <summary>Moves the present to a tick and hands over the calls that became due, which are in the wheel no more.</summary>
    public void Advance(long tick, List<CallUse> due)
    {
        while (NextChange() is var (level, slot, at) && at <= tick)
        {
            _now = at;
            int index = (level * Slots) + slot;
            Call? call = _slots[index];
            _slots[index] = null;
            _occupied[level] &= ~(1UL << slot);
            while (call is not null)
            {
                ref WheelPlace place = ref call.WheelPlace;
                Call? next = place.Next;
                if (place.Tick <= at)
                {
                    place = default;
                    Count--;
                    due.Add(new CallUse(call, call.Epoch));
                }
                else
                {
                    Insert(call, ref place);
                }

                call = next;
            }
        }

        _now = Math.Max(_now, tick);
    }

    /// <summary>The tick at which <see cref="Advance"/> has something to do next, not after the earliest deadline; <see cref="long.MaxValue"/> when nothing waits.</summary>
    public long NextTick => NextChange()?.At ?? long.MaxValue;

    private void Insert(Call call, ref WheelPlace place)
    {
        // Level 0 for what differs in the lowest digit only; the digit of the highest bit that differs otherwise.
        ulong differs = (ulong)(place.Tick ^ _now) | (Slots - 1);
        int level = Math.Min((63 - BitOperations.LeadingZeroCount(differs)) / SlotBits, Levels - 1);
        int slot = (int)(place.Tick >> (level * SlotBits)) & (Slots - 1);
        int index = (level * Slots) + slot;
        place.Previous = null;
        place.Next = _slots[index];
        place.SlotPlusOne = index + 1;
        if (place.Next is { } next)
        {
            next.WheelPlace.Previous = call;
        }

        _slots[index] = call;
        _occupied[level] |= 1UL << slot;
    }

    /// <summary>The next slot that has calls: lower levels come first, since all of a lower level lies before the next slot of a higher one.</summary>
    private (int Level, int Slot, long At)? NextChange()
    {
        for (int level = 0; level < Levels; level++)
        {
            if (_occupied[level] == 0)
            {
                continue;
            }

            int shift = level * SlotBits;
            int present = (int)(_now >> shift) & (Slots - 1);

            // The first occupied slot from the present one on, around the wheel: only the highest level goes around.
            int distance = BitOperations.TrailingZeroCount(BitOperations.RotateRight(_occupied[level], present));
            int slot = (present + distance) & (Slots - 1);
            long at = ((_now >> shift) + distance) << shift;
            return (level, slot, at);
        }

        return null;
    }
}
