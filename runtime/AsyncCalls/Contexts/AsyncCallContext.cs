using System.Collections.Concurrent;
using System.Runtime.InteropServices;
using AsyncCalls.Calls;
using AsyncCalls.Contexts;
using Microsoft.Win32.SafeHandles;

namespace AsyncCalls;

/// <summary>
/// A completion ring that its user reaps, and the calls that complete through it. For programs with an event loop of their own, and for those that want
/// the kernel's interface: control blocks in, events out.
/// </summary>
/// <remarks>
/// <para>Any thread may submit, and any other may reap. A context is a small object: it has no thread and, until someone asks for <see cref="Handle"/> or
/// waits, no descriptor. Backends and workers are its runtime's.</para>
/// <para><b>One reference count</b>, <see cref="_references"/>: one for the context itself and one for each call in flight. Dispose marks the context dead (new calls are
/// refused), wakes who waits, cancels, waits until only its own reference is left, and then ends the ring.</para>
/// <para><b>Twins.</b> Pass <see cref="Runtime"/> to annotated code: what does not complete at once then resumes inside <see cref="Reap(Span{CompletionEvent}, int, TimeSpan, CancellationToken)"/>,
/// on the thread of the loop.</para>
/// </remarks>
public sealed partial class AsyncCallContext : ICallOwner, IDisposable, IAsyncDisposable
{
    /// <summary>Ids of leases are never given twice in a process, so one of another context is not found here.</summary>
    private static long _lastLease;

    private readonly CallEngine _engine;
    private readonly CompletionRing _ring;
    private readonly bool _ownsRing;
    private readonly TimeSpan _drainTimeout;
    private readonly ConcurrentDictionary<ulong, IDisposable> _leases = new();
    private readonly Action<ulong> _forget;
    private readonly Func<bool> _isDead;
    private readonly Lock _closing = new();
    private readonly Lock _taking = new();
    private AsyncCallRuntime? _runtime;
    private int _references = 1;

    /// <summary>As the references of calls, but less one before a completion is published: who sees an event does not count its call any more.</summary>
    private int _inFlight;
    private int _dead;
    private Task? _closed;

    internal AsyncCallContext(CallEngine engine, CompletionRing ring, bool ownsRing, TimeSpan drainTimeout)
    {
        _engine = engine;
        _ring = ring;
        _ownsRing = ownsRing;
        _drainTimeout = drainTimeout;
        _forget = id => _leases.TryRemove(id, out _);
        _isDead = () => Volatile.Read(ref _dead) != 0;
    }

    /// <summary>The ring that the calls of this context complete through.</summary>
    public CompletionRing Ring => _ring;

    /// <summary>
    /// A runtime whose awaiters resume where this context is reaped. Disposing it disposes this context.
    /// </summary>
    /// <exception cref="InvalidOperationException">
    /// The ring is shared with other processes: an event there is a hint, and no awaiter of this process may depend on what another one leaves in it.
    /// </exception>
    public AsyncCallRuntime Runtime => _ring.SharedMemory is null
        ? _runtime ?? Interlocked.CompareExchange(ref _runtime, new AsyncCallRuntime(_engine, this), null) ?? _runtime
        : throw new InvalidOperationException("The ring is shared with other processes, and awaiters resume only through a ring of this process: make a context of its own for twins.");

    /// <summary>
    /// Calls that were accepted and have not completed. Their events may still be on the way to the ring, or in it: who counts events counts what was accepted, not this.
    /// </summary>
    public int InFlight => Volatile.Read(ref _inFlight);

    /// <summary>
    /// A descriptor that epoll(7), poll(2) and io_uring can wait on, made on first use. It becomes readable when the number of events that
    /// <see cref="TryArm"/> asked for is there. A hint: it may come early, never too late. Read its eight bytes to reset it.
    /// </summary>
    /// <exception cref="IOException">The kernel has no descriptor to give.</exception>
    public SafeFileHandle Handle => _ring.GetHandle();

    /// <summary>Names a handle for control blocks of this context, and keeps its descriptor open.</summary>
    /// <exception cref="ObjectDisposedException">The handle or the context was disposed.</exception>
    public HandleLease Lease(SafeHandle handle)
    {
        ArgumentNullException.ThrowIfNull(handle);
        ThrowIfDead();
        var lease = new HandleLease(NextLease(), handle, _forget);
        _leases[lease.Id] = lease;
        return lease;
    }

    /// <summary>
    /// As <see cref="Lease(SafeHandle)"/>, and registers the open file with io_uring (IORING_REGISTER_FILES2), where that is used: its requests then name it by a place in a table and the kernel does
    /// not look up the descriptor. For a handle that many calls name. Where it cannot be registered (no io_uring, a kernel before 5.19, more than 1,024, a socket) the lease is a plain one.
    /// </summary>
    /// <remarks>Sockets are not registered: the kernel would keep a connection open that was closed, and its peer would not hear of it.</remarks>
    /// <exception cref="ObjectDisposedException">The handle or the context was disposed.</exception>
    public HandleLease LeaseRegistered(SafeHandle handle)
    {
        ArgumentNullException.ThrowIfNull(handle);
        ThrowIfDead();
        var lease = new HandleLease(NextLease(), handle, _forget, _engine.RegisterFile);
        _leases[lease.Id] = lease;
        return lease;
    }

    /// <summary>
    /// As <see cref="Pin"/>, and registers the memory with io_uring (IORING_REGISTER_BUFFERS2), where that is used: reads, writes and sends without a copy then name it by a place in a table, and the
    /// kernel does not find and pin its pages for each. For a buffer of files with O_DIRECT that is used again and again. Where it cannot be registered (no io_uring, a kernel before 5.19, more than
    /// 1,024, more than RLIMIT_MEMLOCK or than 1 GiB) the lease is a plain one.
    /// </summary>
    /// <exception cref="ObjectDisposedException">The context was disposed.</exception>
    public unsafe BufferLease PinRegistered(Memory<byte> memory)
    {
        ThrowIfDead();
        var lease = new BufferLease(NextLease(), memory, _forget, _engine.RegisterBuffer);
        _leases[lease.Id] = lease;
        return lease;
    }

    /// <summary>Pins memory and names it for control blocks of this context.</summary>
    /// <exception cref="ObjectDisposedException">The context was disposed.</exception>
    public BufferLease Pin(Memory<byte> memory)
    {
        ThrowIfDead();
        var lease = new BufferLease(NextLease(), memory, _forget);
        _leases[lease.Id] = lease;
        return lease;
    }

    /// <summary>Pins several buffers and names them, in their order, for vectored reads and writes of this context.</summary>
    /// <param name="buffers">The buffers; the kernel takes at most 1,024 in one call (<c>IOV_MAX</c>). The list is read now.</param>
    /// <exception cref="ObjectDisposedException">The context was disposed.</exception>
    public BufferLease PinAll(IReadOnlyList<Memory<byte>> buffers)
    {
        ArgumentNullException.ThrowIfNull(buffers);
        ThrowIfDead();
        var lease = new BufferLease(NextLease(), buffers, _forget);
        _leases[lease.Id] = lease;
        return lease;
    }

    /// <summary>A place of its own for the completion of a call.</summary>
    /// <exception cref="ObjectDisposedException">The context was disposed.</exception>
    public CompletionRecord CreateRecord()
    {
        ThrowIfDead();
        var record = new CompletionRecord(NextLease(), _forget);
        _leases[record.Id] = record;
        return record;
    }

    /// <summary>Gives attributes of calls a name that control blocks of this context can have in <see cref="Iocb.Attributes"/>.</summary>
    public AttributesLease Lease(CallAttributes attributes)
    {
        ArgumentNullException.ThrowIfNull(attributes);
        ThrowIfDead();
        var lease = new AttributesLease(NextLease(), attributes, _forget);
        _leases[lease.Id] = lease;
        return lease;
    }

    /// <summary>Takes the oldest completion, if there is one. Never waits. Awaiters of twins that it meets are resumed on this thread.</summary>
    public bool TryPop(out CompletionEvent completion)
    {
        ThrowIfDead();
        while (_ring.TryPop(out completion))
        {
            if (!TryResume(completion))
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>Takes what is there, up to the length of the span. Never waits. Awaiters of twins that it meets are resumed on this thread.</summary>
    /// <returns>How many events were written.</returns>
    public int Reap(Span<CompletionEvent> events) => Reap(events, 0, TimeSpan.Zero, CancellationToken.None);

    /// <summary>
    /// Takes up to the length of the span, and waits until there are <paramref name="min"/>, the time is up or the token fires. Awaiters of twins that it meets
    /// are resumed on this thread; each counts towards the minimum and is not in the answer.
    /// </summary>
    /// <returns>How many events were written: what there was when the wait ended.</returns>
    /// <exception cref="ObjectDisposedException">The context was disposed, before or meanwhile.</exception>
    /// <exception cref="InvalidDataException">Another process has broken the ring.</exception>
    public int Reap(Span<CompletionEvent> events, int min, TimeSpan timeout, CancellationToken cancellationToken = default)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(min);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(min, events.Length);
        ThrowIfDead();
        int got = _ring.Reap(events, min, timeout, _isDead, cancellationToken);
        int written = 0;
        for (int i = 0; i < got; i++)
        {
            // An awaiter may use the span's owner, not the span: what is copied back lies before what is looked at.
            CompletionEvent completion = events[i];
            if (!TryResume(completion))
            {
                events[written++] = completion;
            }
        }

        if (written == 0)
        {
            ThrowIfDead();
        }

        return written;
    }

    /// <summary>Asks for <see cref="Handle"/> to become readable when <paramref name="count"/> events are there. False: they are there already, do not sleep.</summary>
    public bool TryArm(int count)
    {
        ThrowIfDead();
        return _ring.TryArm(count);
    }

    bool ICallOwner.IsEnding => Volatile.Read(ref _dead) != 0 || _engine.IsClosed;

    bool ICallOwner.DispatchesByItself => false;

    void ICallOwner.Starting()
    {
        Interlocked.Increment(ref _inFlight);
        Interlocked.Increment(ref _references);

        // Full fences: order the call's slot and the reference before this look; their partner is the exchange in Close.
        if (Volatile.Read(ref _dead) != 0)
        {
            ((ICallOwner)this).Refused();
            throw new ObjectDisposedException(nameof(AsyncCallContext));
        }
    }

    void ICallOwner.Refused()
    {
        Interlocked.Decrement(ref _inFlight);
        ReleaseReference();
    }

    void ICallOwner.Publish(Call call, bool dispatchHere)
    {
        ICallChain? chain = (call as IoCall)?.Chain;
        chain?.Ending();
        Interlocked.Decrement(ref _inFlight);
        int place = 0;
        bool breaks = false;
        if (call is IoCall { IsSubmitted: true } submitted)
        {
            if (chain is not null)
            {
                (place, breaks) = (submitted.Place, submitted.BreaksChain);
            }

            // Record, slot, event: who finds the id gone finds the record filled, and who has the event finds the slot free for the next call.
            // Who waits for the id stays until the event is there too.
            bool announced = submitted.Conclude(out CompletionEvent completion);
            Interlocked.Increment(ref _publishing);
            _ = _engine.Take(call.Id);
            submitted.Retire();
            if (announced)
            {
                _ring.Publish([completion]);
            }

            Interlocked.Decrement(ref _publishing);
        }
        else if (call.Id != 0)
        {
            _ring.Publish([call.ToEvent()]);
            ResumeIfOver();
        }
        else
        {
            // Cancelled while it waited for a slot: it has no id that an event could carry.
            _engine.Resume(call);
        }

        WakeWaiters();
        chain?.Ended(place, breaks);
        _drain?.Advance();
        ReleaseReference();
    }

    void ICallOwner.PublishShot(in CompletionEvent shot) => _ring.Publish([shot]);

    void ICallOwner.Resume(Call call)
    {
        // The awaiter came after its completion was dispatched. It gets an event once more, so that it resumes where the ring is reaped.
        call.Id = 0;
        if (_engine.InFlight.TryAdd(call))
        {
            _ring.Publish([call.ToEvent()]);
            ResumeIfOver();
        }
        else
        {
            _engine.Resume(call);
        }
    }

    internal bool IsOf(CallEngine engine) => _engine == engine;

    /// <summary>Whether an event is of a twin's call; then its awaiter was resumed here.</summary>
    private bool TryResume(in CompletionEvent completion)
    {
        if (completion.Flags == IoCall.WaitingHint)
        {
            _engine.ResumeWaiting(completion, elsewhere: false);
            return true;
        }

        if (Awaited(completion) is not { } call)
        {
            return false;
        }

        call.Dispatch();
        return true;
    }

    /// <summary>The twin's call that an event announces, taken out of the table; null for one that was submitted.</summary>
    private Call? Awaited(in CompletionEvent completion) => _runtime is null ? null : TakeAwaited(completion.CallId);

    /// <summary>Takes a settled call of a twin out of the table: once, for whoever comes first, a reaper or the teardown.</summary>
    private Call? TakeAwaited(ulong id)
    {
        Call? taken = null;
        lock (_taking)
        {
            if (_engine.InFlight.Find(id) is { IsSettled: true } call && call.Owner == this && call is not IoCall { IsSubmitted: true })
            {
                taken = _engine.InFlight.Remove(id);
            }
        }

        // Outside the lock: an admitted call may complete, and take it.
        _engine.AdmitWaiting();
        return taken;
    }

    private static ulong NextLease() => (ulong)Interlocked.Increment(ref _lastLease);

    private void ThrowIfDead() => ObjectDisposedException.ThrowIf(Volatile.Read(ref _dead) != 0, this);

    private void ReleaseReference() => Interlocked.Decrement(ref _references);
}
