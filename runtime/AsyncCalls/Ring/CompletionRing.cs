using System.Runtime.CompilerServices;
using AsyncCalls.Ring;
using Microsoft.Win32.SafeHandles;

namespace AsyncCalls;

/// <summary>
/// A ring of completions in memory of the user's choice: any number of threads publish and any number of threads and processes reap, each
/// event reaching exactly one of them. Publishing never fails: what does not fit waits beside the ring, in order.
/// </summary>
/// <remarks>
/// <para>Its layout and protocol are a public contract, <c>docs/ring-abi.md</c>; programs in C use <c>asynccalls_ring.h</c>.</para>
/// <para>Only the process that made a ring publishes. Another one that maps the memory (<see cref="Attach"/>) consumes. Neither believes an index that the
/// other wrote: one that cannot be true makes the ring <see cref="IsBroken"/>, and every later use an
/// <see cref="InvalidDataException"/>.</para>
/// </remarks>
public sealed unsafe partial class CompletionRing : IDisposable
{
    private RingConsumer<HardwareAtomics> _consumer;

    /// <summary>Null in a ring that another process owns.</summary>
    private readonly RingProducer<HardwareAtomics>? _producer;

    private readonly RingMemory _memory;
    private readonly RingWords _words;

    /// <summary>Counts who is at work in memory that is the caller's, and must be let go of.</summary>
    private readonly MemoryUse? _use;

    private readonly DoorbellRinger? _ringer;
    private readonly Lock _setup = new();
    private RingWaker? _waker;
    private SleepGate? _gate;
    private SafeFileHandle? _handle;
    private SafeFileHandle? _doorbell;
    private SafeFileHandle? _doorbellListener;
    private volatile bool _disposed;

    /// <summary>1 while calls of a context complete through the ring.</summary>
    private int _isBound;

#pragma warning disable CS0169, IDE0051 // Padding is never used.
    private readonly CacheLinePadding _padding;
#pragma warning restore CS0169, IDE0051

    /// <summary>Makes a ring in private memory, which the GC never moves.</summary>
    /// <param name="entries">A power of two from 2 to <see cref="MaxEntries"/>.</param>
    public CompletionRing(int entries)
        : this(entries, firstIndex: 0)
    {
    }

    /// <summary>For tests of how indices wrap: both start at <paramref name="firstIndex"/>.</summary>
    internal CompletionRing(int entries, ulong firstIndex)
        : this(RingMemory.OnPinnedHeap(RingLayout.BytesFor(CheckedEntries(entries))), entries, firstIndex)
    {
    }

    /// <summary>Makes a ring of memory, and owns it.</summary>
    private CompletionRing(RingMemory memory, int entries, ulong firstIndex = 0)
    {
        _memory = memory;
        _words = RingHeader.Write(memory.Start, entries, firstIndex);
        _producer = new RingProducer<HardwareAtomics>(_words, memory.IsShared, firstIndex, memory);
        _consumer = new RingConsumer<HardwareAtomics>(_words, _producer, memory.IsShared);
        _use = memory.IsCallers ? new MemoryUse() : null;
    }

    /// <summary>Joins a ring that another owns.</summary>
    private CompletionRing(RingMemory memory, SafeFileHandle? wakeHandle, SafeFileHandle? doorbell)
    {
        _memory = memory;
        _words = RingHeader.Read(memory.Start, memory.Storage.ByteLength);
        _ringer = new DoorbellRinger(doorbell);
        _consumer = new RingConsumer<HardwareAtomics>(_words, _ringer, isShared: true);
        _gate = wakeHandle is null ? null : new SleepGate(wakeHandle);
        _consumer.Announce();
    }

    /// <summary>The most entries that a ring has.</summary>
    public const int MaxEntries = RingLayout.MaxEntries;

    /// <summary>How many events the ring itself holds.</summary>
    public int Capacity => (int)_words.Capacity;

    /// <summary>How many events are in the ring at this moment, those beside it not counted.</summary>
    public int Count
    {
        get
        {
            if (!TryEnter())
            {
                return 0;
            }

            int count = _consumer.Count;
            Leave();
            return count;
        }
    }

    /// <summary>Whether nothing can be taken at this moment.</summary>
    public bool IsEmpty
    {
        get
        {
            if (!TryEnter())
            {
                return true;
            }

            bool empty = _consumer.IsEmpty;
            Leave();
            return empty;
        }
    }

    /// <summary>How many events ever waited beside the ring.</summary>
    public ulong OverflowCount => _producer?.Overflowed ?? Volatile.Read(ref _words.OverflowCount);

    /// <summary>Whether this process publishes here; otherwise another one does, and this one only consumes.</summary>
    public bool IsOwner => _producer is not null;

    /// <summary>Whether an index was found that nobody may have written. The ring is given up for good; see <see cref="BrokenReason"/>.</summary>
    public bool IsBroken => BrokenReason is not null;

    /// <summary>What was found, when the ring is broken.</summary>
    public string? BrokenReason => _producer?.BrokenReason ?? _consumer.BrokenReason;

    /// <summary>
    /// Whether the producer has gone: what is in the ring can be taken, and nothing will follow it. In a process that joined the ring also whether its owner wakes it no
    /// more, as when it was killed.
    /// </summary>
    public bool IsClosed
    {
        get
        {
            if (_disposed || (_ringer is not null && _gate is { IsOver: true }) || !TryEnter())
            {
                return true;
            }

            bool closed = (_consumer.Flags & RingLayout.ClosedFlag) != 0;
            Leave();
            return closed;
        }
    }

    /// <summary>What the ring is made of, and which of the things asked for were refused.</summary>
    public CompletionRingStorage Storage => _memory.Storage;

    /// <summary>The file that other processes map, where there is one. Belongs to the ring.</summary>
    public SafeFileHandle? SharedMemory => _memory.File;

    /// <summary>The start of the ring's memory, for tests of its layout.</summary>
    internal byte* Memory => _words.Start;

    /// <summary>How many bytes a ring of so many entries takes.</summary>
    public static int GetRequiredBytes(int entries) => (int)RingLayout.BytesFor(CheckedEntries(entries));

    /// <summary>Publishes events, in order. Never fails for want of room: what does not fit waits beside the ring. Any thread.</summary>
    /// <exception cref="InvalidOperationException">Another process owns the ring.</exception>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Publish(ReadOnlySpan<CompletionEvent> events)
    {
        if (_producer is null)
        {
            ThrowNotOwner();
        }

        _producer.Publish(events);
        GC.KeepAlive(this);
    }

    /// <summary>Takes the oldest event. False: there is none. Any thread.</summary>
    /// <exception cref="InvalidDataException">The ring is broken.</exception>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public bool TryPop(out CompletionEvent completion)
    {
        if (_use is not null)
        {
            return TryPopInUse(out completion);
        }

        bool taken = _consumer.TryPop(out completion);
        GC.KeepAlive(this);
        return taken;
    }

    /// <summary>Takes as many events as there are and fit, oldest first. Returns how many. Any thread; does not wait.</summary>
    /// <exception cref="InvalidDataException">The ring is broken, and nothing was taken.</exception>
    public int Reap(Span<CompletionEvent> events)
    {
        int taken = Take(events);
        return taken > 0 || _consumer.BrokenReason is null ? taken : throw _consumer.Broken();
    }

    /// <summary>
    /// Takes events that were published and never entered the ring, because it is broken or was disposed. Not one of them is in the memory: no other
    /// consumer can have it.
    /// </summary>
    public int TakeUndelivered(Span<CompletionEvent> events)
    {
        return _producer?.TakeUndelivered(events) ?? 0;
    }

    /// <summary>
    /// Lets go of the ring. The owner: consumers are told that nothing follows, and those that sleep are woken; what is published from now on
    /// never enters it (<see cref="TakeUndelivered"/>); memory of the caller's is not touched after this returns.
    /// </summary>
    public void Dispose()
    {
        _disposed = true;
        _producer?.Close();
        lock (_setup)
        {
            _gate?.Wake();
            if (_ringer is not null)
            {
                _gate?.Dispose();
            }

            _handle?.Dispose();
            if (_doorbellListener is not null)
            {
                DoorbellWatcher.Forget(_doorbellListener);
                _doorbell!.Dispose();
                _doorbellListener = null;
            }
        }

        _use?.End();
        lock (_setup)
        {
            _ringer?.Dispose();
            _memory.Dispose();
        }
    }

    /// <summary>Reserves the ring for one context: two would take each other's awaiters from it. False: another one has it.</summary>
    internal bool TryBind() => Interlocked.Exchange(ref _isBound, 1) == 0;

    internal void Unbind() => Volatile.Write(ref _isBound, 0);

    private static int CheckedEntries(int entries) =>
        RingLayout.IsEntryCount(entries)
            ? entries
            : throw new ArgumentOutOfRangeException(
                nameof(entries), entries, $"A ring has a power of two from {RingLayout.MinEntries} to {RingLayout.MaxEntries} entries.");

    [System.Diagnostics.CodeAnalysis.DoesNotReturn]
    private static void ThrowNotOwner() => throw new InvalidOperationException("Only the process that made a ring publishes to it.");

    private bool TryEnter() => _use is null || _use.TryEnter();

    private void Leave()
    {
        _use?.Leave();
        GC.KeepAlive(this);
    }

    /// <summary>Reaps; a broken ring gives nothing.</summary>
    private int Take(Span<CompletionEvent> events)
    {
        if (!TryEnter())
        {
            return 0;
        }

        int taken = _consumer.Reap(events);
        Leave();
        return taken;
    }

    private bool TryPopInUse(out CompletionEvent completion)
    {
        if (!TryEnter())
        {
            completion = default;
            return false;
        }

        try
        {
            return _consumer.TryPop(out completion);
        }
        finally
        {
            Leave();
        }
    }
}
