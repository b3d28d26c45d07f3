using System.Diagnostics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using AsyncCalls.Interop.Linux;
using Microsoft.Win32.SafeHandles;

namespace AsyncCalls.Ring;

/// <summary>
/// A ring of completions in memory that the GC never moves, laid out as <see cref="RingLayout"/> says.
/// </summary>
/// <remarks>
/// <para><b>Indices.</b> Head and tail are 64 bits, run free and are masked only when an entry is touched: empty is
/// <c>head == tail</c>, full is <c>tail − head == capacity</c>, and every entry is usable. An index never comes back, so a
/// consumer's compare-and-swap cannot succeed on a value that wrapped.</para>
/// <para><b>Produce.</b> One producer at a time, under <see cref="_producer"/>, from a private copy of the tail. Entry t is written
/// only while <c>t − head &lt; capacity</c>, head read with acquire (orders the entry's new bytes behind the consumer's copy, which came
/// before its compare-and-swap); then the tail is stored with release (orders the entry's bytes before the tail that publishes
/// them).</para>
/// <para><b>Consume.</b> Any number of threads: read head, then tail, both with acquire; copy the entry; compare-and-swap head. A
/// failed swap throws the copy away: another consumer has that event.</para>
/// <para><b>Overflow.</b> A full ring puts events into <see cref="_overflow"/>, in order; once one waits there, every newer one goes
/// behind it. Producer: set the flag, full fence, read head again. Consumer: swap head (a full fence), read the flag. One of
/// the two sees the other, so the queue cannot be left behind with the ring empty.</para>
/// <para><b>Sleep.</b> A consumer lowers the wake target, full fence, looks at tail and flag again. A producer stores the tail, full
/// fence, reads the target. One of the two sees the other; without the fences a wake-up is lost, on x86 too.</para>
/// </remarks>
internal sealed unsafe class CompletionRing : IDisposable
{
    private readonly Lock _producer = new();
    private readonly Queue<CompletionEvent> _overflow = new();
    /// <summary>Keeps the memory, on the pinned object heap, for as long as anyone can reach the ring.</summary>
    private readonly byte[] _owner;

    private readonly byte* _memory;
    private readonly CompletionEvent* _entries;
    private readonly ulong _capacity;
    private readonly ulong _mask;

    /// <summary>The producer's own tail; the shared one is only ever written from it.</summary>
    private ulong _tail;

    /// <summary>The head as the producer last saw it: it reads the consumers' line only when the ring looks full.</summary>
    private ulong _headSeen;

    private SafeFileHandle? _doorbell;
    private bool _disposed;

    /// <summary>Makes a ring in private memory.</summary>
    /// <param name="entries">A power of two from 2 to <see cref="RingLayout.MaxEntries"/>.</param>
    /// <param name="firstIndex">Where both indices start; other than zero only to test how they wrap.</param>
    public CompletionRing(int entries, ulong firstIndex = 0)
    {
        if (entries is < 2 or > RingLayout.MaxEntries || !int.IsPow2(entries))
        {
            throw new ArgumentOutOfRangeException(nameof(entries), entries, $"A ring has a power of two from 2 to {RingLayout.MaxEntries} entries.");
        }

        _owner = GC.AllocateArray<byte>(RingLayout.HeaderBytes + (entries * RingLayout.EntryBytes) + RingLayout.Alignment, pinned: true);
        nuint start = (nuint)Unsafe.AsPointer(ref MemoryMarshal.GetArrayDataReference(_owner));
        _memory = (byte*)((start + RingLayout.Alignment - 1) & ~(nuint)(RingLayout.Alignment - 1));
        _entries = (CompletionEvent*)(_memory + RingLayout.HeaderBytes);
        _capacity = (ulong)entries;
        _mask = _capacity - 1;
        _tail = firstIndex;
        _headSeen = firstIndex;

        Word32(RingLayout.Magic) = RingLayout.MagicValue;
        Word32(RingLayout.Version) = RingLayout.VersionValue;
        Word32(RingLayout.HeaderSize) = RingLayout.HeaderBytes;
        Word32(RingLayout.EntrySize) = RingLayout.EntryBytes;
        Word32(RingLayout.Entries) = (uint)entries;
        Word32(RingLayout.Mask) = (uint)_mask;
        Word64(RingLayout.Tail) = firstIndex;
        Word64(RingLayout.Head) = firstIndex;
        Word64(RingLayout.WakeTarget) = RingLayout.NobodySleeps;
    }

    /// <summary>How many events the ring itself holds.</summary>
    public int Capacity => (int)_capacity;

    /// <summary>How many events are in the ring at this moment, those beside it not counted.</summary>
    public int Count
    {
        get
        {
            ulong head = Volatile.Read(ref Word64(RingLayout.Head));
            return (int)Math.Min(Volatile.Read(ref Word64(RingLayout.Tail)) - head, _capacity);
        }
    }

    /// <summary>How many events ever found the ring full.</summary>
    public ulong OverflowCount => Volatile.Read(ref Word64(RingLayout.OverflowCount));

    /// <summary>Whether nothing can be popped at this moment.</summary>
    public bool IsEmpty =>
        Volatile.Read(ref Word64(RingLayout.Head)) == Volatile.Read(ref Word64(RingLayout.Tail))
        && (Volatile.Read(ref Word32(RingLayout.ProducerFlags)) & RingLayout.OverflowFlag) == 0;

    /// <summary>The start of the ring's memory, for tests of its layout.</summary>
    internal byte* Memory => _memory;

    /// <summary>Publishes events, in order. Never fails: what does not fit waits beside the ring.</summary>
    public void Publish(ReadOnlySpan<CompletionEvent> events)
    {
        lock (_producer)
        {
            AssertInvariants();
            foreach (ref readonly CompletionEvent completion in events)
            {
                if (_overflow.Count != 0 || !TryWrite(completion))
                {
                    _overflow.Enqueue(completion);
                    Word64(RingLayout.OverflowCount)++;
                }
            }

            StoreTail();
            if (_overflow.Count != 0)
            {
                Refill();
            }

            SignalIfReached();
        }
    }

    /// <summary>Takes the oldest event. False: there was none.</summary>
    public bool TryPop(out CompletionEvent completion)
    {
        while (true)
        {
            ulong head = Volatile.Read(ref Word64(RingLayout.Head));
            ulong tail = Volatile.Read(ref Word64(RingLayout.Tail));
            if (tail == head)
            {
                if (!HasOverflow)
                {
                    completion = default;
                    return false;
                }

                RefillFromConsumer();
                continue;
            }

            if (tail - head > _capacity)
            {
                // Head was read before others moved it past this tail's lap: the pair is stale, not the ring broken.
                continue;
            }

            completion = _entries[head & _mask];
            if (Interlocked.CompareExchange(ref Word64(RingLayout.Head), head + 1, head) == head)
            {
                if (HasOverflow)
                {
                    RefillFromConsumer();
                }

                return true;
            }
        }
    }

    /// <summary>
    /// A descriptor that becomes readable when the number of events that a consumer asked for (<see cref="TryArm"/>) is there. It is
    /// made on first use: until then nobody pays for it. A hint: it may come early, never too late; read it to reset it.
    /// </summary>
    /// <exception cref="IOException">The kernel has no descriptor to give (EMFILE, ENFILE, ENOMEM).</exception>
    public SafeFileHandle GetHandle()
    {
        lock (_producer)
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            if (_doorbell is null)
            {
                int fd = Syscalls.EventFd(nonBlocking: true);
                if (fd < 0)
                {
                    throw new IOException($"No event descriptor could be made: {Marshal.GetPInvokeErrorMessage(-fd)}.", -fd);
                }

                _doorbell = new SafeFileHandle(fd, ownsHandle: true);
                Word32(RingLayout.Requests) |= RingLayout.DirectConsumer;

                // A consumer that armed before there was a handle was not signalled through it.
                SignalIfReached();
            }

            return _doorbell;
        }
    }

    /// <summary>
    /// Asks for a signal when <paramref name="count"/> events are there. False: they are there already, do not sleep.
    /// </summary>
    public bool TryArm(int count)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(count);
        ulong wanted = Volatile.Read(ref Word64(RingLayout.Head)) + (ulong)Math.Min(count, (int)_capacity);

        // The last number means that nobody sleeps: one earlier wakes early, which is allowed.
        ulong target = wanted == RingLayout.NobodySleeps ? wanted - 1 : wanted;
        ref ulong word = ref Word64(RingLayout.WakeTarget);
        ulong current = Volatile.Read(ref word);
        while (current == RingLayout.NobodySleeps || (long)(target - current) < 0)
        {
            ulong seen = Interlocked.CompareExchange(ref word, target, current);
            if (seen == current)
            {
                break;
            }

            current = seen;
        }

        // Orders the target above before the look at tail and flag; its partner is the fence in SignalIfReached.
        Interlocked.MemoryBarrier();
        return (long)(Volatile.Read(ref Word64(RingLayout.Tail)) - wanted) < 0 && !HasOverflow;
    }

    /// <summary>Closes the handle. The memory goes when nobody can reach the ring: a thread may still be about to find it empty.</summary>
    public void Dispose()
    {
        lock (_producer)
        {
            _disposed = true;
            _doorbell?.Dispose();
            _doorbell = null;
        }
    }

    private bool HasOverflow => (Volatile.Read(ref Word32(RingLayout.ProducerFlags)) & RingLayout.OverflowFlag) != 0;

    private bool TryWrite(in CompletionEvent completion)
    {
        if (_tail - _headSeen >= _capacity)
        {
            _headSeen = Volatile.Read(ref Word64(RingLayout.Head));
            if (_tail - _headSeen >= _capacity)
            {
                return false;
            }
        }

        _entries[_tail & _mask] = completion;
        _tail++;
        return true;
    }

    private void StoreTail() => Volatile.Write(ref Word64(RingLayout.Tail), _tail);

    /// <summary>Moves in what fits of the overflow, and keeps the flag true to whether any is left. Under the lock.</summary>
    private void Refill()
    {
        Word32(RingLayout.ProducerFlags) |= RingLayout.OverflowFlag;

        // Orders the flag before the look at head in TryWrite; its partner is the consumer's swap of head before its look at the flag.
        Interlocked.MemoryBarrier();
        _headSeen = Volatile.Read(ref Word64(RingLayout.Head));
        while (_overflow.TryPeek(out CompletionEvent oldest) && TryWrite(oldest))
        {
            _overflow.Dequeue();
        }

        StoreTail();
        if (_overflow.Count == 0)
        {
            Volatile.Write(ref Word32(RingLayout.ProducerFlags), Word32(RingLayout.ProducerFlags) & ~RingLayout.OverflowFlag);
        }
    }

    private void RefillFromConsumer()
    {
        lock (_producer)
        {
            if (_overflow.Count != 0)
            {
                Refill();
                SignalIfReached();
            }
        }
    }

    private void SignalIfReached()
    {
        if (_doorbell is null)
        {
            return;
        }

        // Orders the tail before the look at the target; its partner is the fence in TryArm.
        Interlocked.MemoryBarrier();
        ulong target = Volatile.Read(ref Word64(RingLayout.WakeTarget));
        if (target != RingLayout.NobodySleeps
            && ((long)(_tail - target) >= 0 || HasOverflow)
            && Interlocked.Exchange(ref Word64(RingLayout.WakeTarget), RingLayout.NobodySleeps) != RingLayout.NobodySleeps)
        {
            Syscalls.SignalEventFd((int)_doorbell.DangerousGetHandle());
        }
    }

    private ref uint Word32(int offset) => ref *(uint*)(_memory + offset);

    private ref ulong Word64(int offset) => ref *(ulong*)(_memory + offset);

    [Conditional("DEBUG")]
    private void AssertInvariants()
    {
        Debug.Assert(_tail == Word64(RingLayout.Tail), "The shared tail is the producer's own.");
        Debug.Assert(_tail - Volatile.Read(ref Word64(RingLayout.Head)) <= _capacity, "Head never passes tail.");
        Debug.Assert(HasOverflow == (_overflow.Count != 0), "The flag says whether events wait outside.");
    }
}
