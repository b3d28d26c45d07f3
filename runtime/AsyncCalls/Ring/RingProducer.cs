using System.Diagnostics;

namespace AsyncCalls.Ring;

/// <summary>Who is to be told when the wake target is reached.</summary>
internal interface IRingWaker
{
    /// <summary>Wakes whoever sleeps. Under the producer's lock; does not block.</summary>
    void Wake();
}

/// <summary>The producing half of a ring: one for each ring, in the process that owns it.</summary>
/// <remarks>
/// <para><b>Produce.</b> One thread at a time, under <see cref="_gate"/>, from private copies of tail, flags and mask: the shared words are only
/// written. Entry t is written only while <c>t − head &lt; capacity</c>, head read with acquire (orders the entry's new bytes behind
/// the consumer's copy, which came before its swap); then the tail is stored with release (orders the entry's bytes before the
/// tail that publishes them). A head outside [tail − capacity, tail] was written by someone who may not: the ring is given up.</para>
/// <para><b>Overflow.</b> A full ring puts events into <see cref="_overflow"/>, in order; once one waits there, every newer one goes behind
/// it. Set the flag, full fence, read head again; the consumer swaps head (a full fence), then reads the flag. One of the two
/// sees the other, so the queue cannot be left behind with the ring empty.</para>
/// <para><b>Wake.</b> Store the tail, full fence, read the target; if it is reached, exchange it for "nobody", and wake. Not before
/// someone asked to be woken (<see cref="SetWaker"/>): until then publishing costs no fence.</para>
/// <para><b>End.</b> <see cref="Close"/> takes the memory away: what is published later stays beside the ring, as it does when the ring is broken.</para>
/// </remarks>
internal sealed unsafe class RingProducer<TAtomics> : IOverflowOwner
    where TAtomics : struct, IAtomics
{
    private readonly RingWords _words;
    private readonly bool _isShared;

#pragma warning disable IDE0052 // Whoever holds the producer keeps the memory.
    private readonly object? _memory;
#pragma warning restore IDE0052

    private readonly Lock _gate = new();
    private readonly Queue<CompletionEvent> _overflow = new();

    /// <summary>The producer's own tail; the shared one is only ever written from it.</summary>
    private ulong _tail;

    /// <summary>The head as the producer last saw it: it reads the consumers' line only when the ring looks full.</summary>
    private ulong _headSeen;

    private ulong _overflowed;

    /// <summary>The producer's own flags. None of them: nothing waits outside, and the memory may be written.</summary>
    private uint _flags;

    /// <summary>Whether the memory may be written: neither closed nor broken.</summary>
    private bool _isOpen = true;

    private IRingWaker? _waker;
    private string? _brokenReason;

#pragma warning disable CS0169, IDE0051 // Padding is never used.
    private readonly CacheLinePadding _padding;
#pragma warning restore CS0169, IDE0051

    /// <summary>Starts at an index; the words of the header must say the same.</summary>
    public RingProducer(RingWords words, bool isShared, ulong firstIndex, object? memory = null)
    {
        _words = words;
        _isShared = isShared;
        _memory = memory;
        _tail = firstIndex;
        _headSeen = firstIndex;
    }

    public string? BrokenReason => Volatile.Read(ref _brokenReason);

    public ulong Overflowed => Volatile.Read(ref _overflowed);

    /// <summary>Publishes events, in order. Never fails: what does not fit waits beside the ring.</summary>
    public void Publish(ReadOnlySpan<CompletionEvent> events)
    {
        Lock.Scope scope = TAtomics.Enter(_gate);
        try
        {
            AssertInvariants();
            if (events.Length == 1 && _flags == 0 && _tail - _headSeen < _words.Capacity)
            {
                // What the rest would do, for the usual case.
                TAtomics.CopyIn(_words.Entry(_tail), in events[0]);
                TAtomics.Store(ref _words.Tail, ++_tail);
            }
            else
            {
                PublishBatch(events);
            }

            SignalIfReached();
        }
        finally
        {
            TAtomics.Exit(_gate, ref scope);
        }
    }

    /// <inheritdoc/>
    public bool Refill()
    {
        Lock.Scope scope = TAtomics.Enter(_gate);
        try
        {
            if (!_isOpen)
            {
                return false;
            }

            // Also with an empty queue: a neighbour may have written the flag.
            MoveIn();
            SignalIfReached();
            return _isOpen && _tail != TAtomics.Load(ref _words.Head);
        }
        finally
        {
            TAtomics.Exit(_gate, ref scope);
        }
    }

    /// <summary>From here on publishing looks at the wake target.</summary>
    public void SetWaker(IRingWaker waker)
    {
        Lock.Scope scope = TAtomics.Enter(_gate);
        try
        {
            _waker = waker;
        }
        finally
        {
            TAtomics.Exit(_gate, ref scope);
        }
    }

    /// <summary>Wakes a consumer whose target was reached before there was anything to wake it through.</summary>
    public void WakeIfReached()
    {
        Lock.Scope scope = TAtomics.Enter(_gate);
        try
        {
            SignalIfReached();
        }
        finally
        {
            TAtomics.Exit(_gate, ref scope);
        }
    }

    /// <summary>Stops writing to the memory, tells every consumer, and wakes those that sleep. Afterwards the memory may go.</summary>
    public void Close()
    {
        Lock.Scope scope = TAtomics.Enter(_gate);
        try
        {
            if (_isOpen)
            {
                End(RingLayout.ClosedFlag);
            }
        }
        finally
        {
            TAtomics.Exit(_gate, ref scope);
        }
    }

    /// <summary>Gives the ring up because of what a consumer of this process found in it.</summary>
    public void OnBroken(string reason)
    {
        Lock.Scope scope = TAtomics.Enter(_gate);
        try
        {
            BreakLocked(reason);
        }
        finally
        {
            TAtomics.Exit(_gate, ref scope);
        }
    }

    /// <summary>Takes events that were published and never entered the ring, which is closed or broken.</summary>
    public int TakeUndelivered(Span<CompletionEvent> events)
    {
        Lock.Scope scope = TAtomics.Enter(_gate);
        try
        {
            int taken = 0;
            while (!_isOpen && taken < events.Length && _overflow.TryDequeue(out CompletionEvent oldest))
            {
                events[taken++] = oldest;
            }

            return taken;
        }
        finally
        {
            TAtomics.Exit(_gate, ref scope);
        }
    }

    private void PublishBatch(ReadOnlySpan<CompletionEvent> events)
    {
        int written = _flags == 0 ? Write(events) : 0;
        if (written == events.Length)
        {
            TAtomics.Store(ref _words.Tail, _tail);
        }
        else
        {
            PutBeside(events[written..]);
        }
    }

    /// <summary>Writes what fits, and returns how many; the caller stores the tail.</summary>
    private int Write(ReadOnlySpan<CompletionEvent> events)
    {
        ulong room = _words.Capacity - (_tail - _headSeen);
        if (room < (ulong)events.Length)
        {
            room = LookForRoom();
        }

        int count = (int)Math.Min(room, (ulong)events.Length);
        fixed (CompletionEvent* from = events)
        {
            int first = (int)Math.Min((ulong)count, _words.Capacity - (_tail & _words.IndexMask));
            TAtomics.CopyIn(_words.Entry(_tail), from, first);
            TAtomics.CopyIn(_words.Entry(_tail + (ulong)first), from + first, count - first);
        }

        _tail += (ulong)count;
        return count;
    }

    /// <summary>Reads head, and believes it only if it can be true. Zero: the ring is full, or broken.</summary>
    private ulong LookForRoom()
    {
        ulong head = TAtomics.Load(ref _words.Head);
        ulong used = _tail - head;
        if (used > _words.Capacity)
        {
            BreakLocked($"its head is {head}, and its tail {_tail} with {_words.Capacity} entries");
            return 0;
        }

        _headSeen = head;
        return _words.Capacity - used;
    }

    private void PutBeside(ReadOnlySpan<CompletionEvent> events)
    {
        foreach (ref readonly CompletionEvent completion in events)
        {
            _overflow.Enqueue(completion);
        }

        Volatile.Write(ref _overflowed, _overflowed + (ulong)events.Length);
        if (_isOpen)
        {
            MoveIn();
        }
    }

    /// <summary>Moves in what fits of the overflow, and keeps the flag true to whether any is left.</summary>
    private void MoveIn()
    {
        TAtomics.Store(ref _words.Tail, _tail);
        TAtomics.Store(ref _words.OverflowCount, _overflowed);
        if (_overflow.Count != 0)
        {
            SetFlags(_flags | RingLayout.OverflowFlag);
            TAtomics.Fence(FencePoint.FlagThenHead);
            ulong room = LookForRoom();
            for (; room > 0 && _overflow.TryDequeue(out CompletionEvent oldest); room--)
            {
                TAtomics.CopyIn(_words.Entry(_tail), in oldest);
                _tail++;
            }

            TAtomics.Store(ref _words.Tail, _tail);
        }

        if (_overflow.Count == 0)
        {
            SetFlags(_flags & ~RingLayout.OverflowFlag);
        }
    }

    private void SignalIfReached()
    {
        if (_waker is null || !_isOpen)
        {
            return;
        }

        TAtomics.Fence(FencePoint.TailThenTarget);
        ulong target = TAtomics.Load(ref _words.WakeTarget);
        if (target != RingLayout.NobodySleeps
            && ((long)(_tail - target) >= 0 || _flags != 0)
            && TAtomics.Exchange(ref _words.WakeTarget, RingLayout.NobodySleeps) != RingLayout.NobodySleeps)
        {
            _waker.Wake();
        }
    }

    private void BreakLocked(string reason)
    {
        if (_isOpen)
        {
            Volatile.Write(ref _brokenReason, reason);
            End(RingLayout.BrokenFlag);
        }
    }

    private void End(uint flag)
    {
        SetFlags(_flags | flag);
        _isOpen = false;

        // Orders the flag before the sleepers' look at it, which follows their fence: who is not woken here sees it.
        TAtomics.Fence(FencePoint.TailThenTarget);
        _waker?.Wake();
    }

    private void SetFlags(uint flags)
    {
        _flags = flags;
        TAtomics.Store(ref _words.ProducerFlags, flags);
    }

    [Conditional("DEBUG")]
    private void AssertInvariants()
    {
        Debug.Assert(_tail - _headSeen <= _words.Capacity, "Head never passes tail.");
        Debug.Assert(!_isOpen || ((_flags & RingLayout.OverflowFlag) != 0) == (_overflow.Count != 0), "The flag says whether events wait outside.");
        Debug.Assert(_isShared || !_isOpen || _tail - TAtomics.Load(ref _words.Head) <= _words.Capacity, "Head is where consumers of this process left it.");
    }
}
