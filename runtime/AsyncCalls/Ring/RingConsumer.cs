using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace AsyncCalls.Ring;

/// <summary>Who moves in what waits beside a ring when a consumer has made room for it.</summary>
internal interface IOverflowOwner
{
    /// <summary>
    /// Moves in what fits, or asks the process that owns the ring to. True: the ring holds events now, look again. False: it is empty, or who was
    /// asked will look at the wake target afterwards.
    /// </summary>
    bool Refill();

    /// <summary>A consumer found an index that nobody may have written.</summary>
    void OnBroken(string reason);
}

/// <summary>The consuming half of a ring; any number of threads, and of processes, at once.</summary>
/// <remarks>
/// <para><b>Take.</b> Read head, then tail, both with acquire; copy the entries; compare-and-swap head. A failed swap throws the copies
/// away: another consumer has those events. Head never comes back to a value, so a swap cannot succeed on an old one.</para>
/// <para><b>Broken.</b> If more than the capacity lies between the two, head was stale, or the memory was written by someone who may
/// not: head is read again, and unchanged means broken, for good. Loops are bounded where the memory is shared.</para>
/// <para><b>Sleep.</b> Lower the wake target, full fence, look at tail and flags again, then sleep.</para>
/// <para>It is a structure, so that it lies within the ring's object: a load less on the way to head (1.3 ns of 8, measured). Whoever holds it
/// keeps the memory alive while a method here runs. Fields are written once, and again only when the ring breaks: consumers' processors keep them in their caches.</para>
/// </remarks>
internal unsafe struct RingConsumer<TAtomics>(RingWords words, IOverflowOwner overflow, bool isShared)
    where TAtomics : struct, IAtomics
{
    /// <summary>
    /// A try fails only when another consumer succeeded (some 20 ns each), and every <see cref="TriesBeforeYield"/>th gives its processor
    /// away: one consumer that loses so often in a row (seconds) reads memory that is being written at random.
    /// </summary>
    private const int TriesMax = 1 << 20;

    private const int TriesBeforeYield = 64;

    private readonly RingWords _words = words;
    private readonly IOverflowOwner _overflow = overflow;
    private readonly bool _isShared = isShared;

    /// <summary>How many entries there can be to take: the capacity, and none any more once the ring is broken.</summary>
    private ulong _limit = words.Capacity;

    private volatile string? _brokenReason;

    public readonly string? BrokenReason => _brokenReason;

    public int Count
    {
        get
        {
            ulong head = TAtomics.Load(ref _words.Head);
            ulong available = TAtomics.Load(ref _words.Tail) - head;
            return (int)Math.Min(available, _words.Capacity);
        }
    }

    public bool IsEmpty
    {
        get
        {
            bool empty = TAtomics.Load(ref _words.Head) == TAtomics.Load(ref _words.Tail) && !HasFlag(RingLayout.OverflowFlag);
            return empty;
        }
    }

    /// <summary>Whether a consumer that wants so many events should take what there is now and not sleep: they are there, or nothing will come of waiting.</summary>
    public bool IsReady(int count)
    {
        ulong head = TAtomics.Load(ref _words.Head);
        bool ready = TAtomics.Load(ref _words.Tail) - head >= Wanted(count) || (Flags & (RingLayout.OverflowFlag | RingLayout.EndFlags)) != 0;
        return ready;
    }

    public uint Flags => TAtomics.Load(ref _words.ProducerFlags);

    /// <summary>Takes the oldest event. False: there was none.</summary>
    public bool TryPop(out CompletionEvent completion)
    {
        // The rule, without a loop; all that is not the rule is elsewhere.
        ulong head = TAtomics.Load(ref _words.Head);
        ulong available = TAtomics.Load(ref _words.Tail) - head;

        // One comparison: none available wraps around, and nothing is below the limit of a broken ring.
        if (available - 1 < _limit)
        {
            TAtomics.CopyOut(_words.Entry(head), out completion);
            if (TAtomics.CompareExchange(ref _words.Head, head + 1, head) == head)
            {
                if (HasFlag(RingLayout.OverflowFlag))
                {
                    _overflow.Refill();
                }

                return true;
            }
        }
        else if (available == 0 && Flags == 0 && _brokenReason is null)
        {
            completion = default;
            return false;
        }

        return TryPopAgain(head, available, out completion);
    }

    /// <summary>Takes as many events as there are and fit, oldest first, one swap for each run. Returns how many; none, when the ring is broken.</summary>
    public int Reap(Span<CompletionEvent> events)
    {
        int taken = 0;
        int tries = 0;
        while (taken < events.Length)
        {
            ulong head = TAtomics.Load(ref _words.Head);
            ulong available = TAtomics.Load(ref _words.Tail) - head;
            if (available - 1 >= _limit)
            {
                if (!LookAgain(head, available, ref tries))
                {
                    break;
                }

                continue;
            }

            int count = (int)Math.Min(available, (ulong)(events.Length - taken));
            CopyOut(head, events.Slice(taken, count));
            if (TAtomics.CompareExchange(ref _words.Head, head + (ulong)count, head) != head)
            {
                TryAgain(ref tries);
                continue;
            }

            taken += count;
            if (!HasFlag(RingLayout.OverflowFlag) || !_overflow.Refill())
            {
                break;
            }
        }

        return taken;
    }

    /// <summary>
    /// Asks for a wake-up when so many events are there. False: they are there already, or came in from outside, or none will come: do not
    /// sleep.
    /// </summary>
    public bool TryArm(int count)
    {
        ulong target = TAtomics.Load(ref _words.Head) + Wanted(count);

        // The one index that means "nobody" is asked for an event early: the producer then signals at the next event in any case.
        ulong asked = target == RingLayout.NobodySleeps ? target - 1 : target;
        ulong current = TAtomics.Load(ref _words.WakeTarget);
        for (int tries = 0; current == RingLayout.NobodySleeps || (long)(asked - current) < 0; tries++)
        {
            ulong seen = TAtomics.CompareExchange(ref _words.WakeTarget, asked, current);
            if (seen == current)
            {
                break;
            }

            if (tries == TriesMax && _isShared)
            {
                Break("the wake target changed without end");
                return false;
            }

            current = seen;
        }

        TAtomics.Fence(FencePoint.TargetThenTail);
        if ((long)(TAtomics.Load(ref _words.Tail) - target) >= 0)
        {
            return false;
        }

        // Where another process owns what waits outside, it looks at the target, which is set, after it has moved events in.
        uint flags = Flags;
        return (flags & RingLayout.EndFlags) == 0 && ((flags & RingLayout.OverflowFlag) == 0 || !_overflow.Refill());
    }

    /// <summary>Says in the header that a consumer reads the ring itself.</summary>
    public void Announce()
    {
        TAtomics.Or(ref _words.Requests, RingLayout.DirectConsumer);
    }

    /// <summary>Gives the ring up, for good: the first reason stays.</summary>
    public void Break(string reason)
    {
        if (Interlocked.CompareExchange(ref _brokenReason, reason, null) is null)
        {
            Volatile.Write(ref _limit, 0);
            _overflow.OnBroken(reason);
        }
    }

    public readonly InvalidDataException Broken() => new($"The completion ring is broken: {_brokenReason}.");

    private ulong Wanted(int count) => Math.Min((ulong)count, _words.Capacity);

    private bool HasFlag(uint flag) => (TAtomics.Load(ref _words.ProducerFlags) & flag) != 0;

    /// <summary>Goes on when the first try to pop failed, for these indices.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private bool TryPopAgain(ulong head, ulong available, out CompletionEvent completion)
    {
        int tries = 0;
        completion = default;
        bool taken = (available - 1 < _limit || LookAgain(head, available, ref tries)) && Reap(MemoryMarshal.CreateSpan(ref completion, 1)) == 1;
        return taken || _brokenReason is null ? taken : throw Broken();
    }

    /// <summary>Nothing can be taken between these indices. True: look again; false: the ring is empty, or broken.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private bool LookAgain(ulong head, ulong available, ref int tries)
    {
        bool again = true;
        if (available == 0)
        {
            uint flags = Flags;
            if ((flags & RingLayout.BrokenFlag) != 0)
            {
                Break("its producer has given it up");
            }

            again = (flags & RingLayout.OverflowFlag) != 0 && _overflow.Refill();
        }
        else if (available > _words.Capacity && TAtomics.Load(ref _words.Head) == head)
        {
            Break($"its indices lie {available} entries apart, and it has {_words.Capacity}");
        }

        if (again)
        {
            TryAgain(ref tries);
        }

        return again && _brokenReason is null;
    }

    private void CopyOut(ulong head, Span<CompletionEvent> events)
    {
        int first = (int)Math.Min((ulong)events.Length, _words.Capacity - (head & _words.IndexMask));
        fixed (CompletionEvent* to = events)
        {
            TAtomics.CopyOut(_words.Entry(head), to, first);
            if (first < events.Length)
            {
                TAtomics.CopyOut(_words.Entry(head + (ulong)first), to + first, events.Length - first);
            }
        }
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private void TryAgain(ref int tries)
    {
        if (++tries % TriesBeforeYield == 0)
        {
            Thread.Yield();
            if (tries >= TriesMax && _isShared)
            {
                Break("its head moved without end");
            }
        }
    }
}
