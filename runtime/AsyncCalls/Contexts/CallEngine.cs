using System.Collections.Concurrent;
using System.Diagnostics;
using System.Runtime.InteropServices;
using AsyncCalls.Backends;
using AsyncCalls.Backends.Epoll;
using AsyncCalls.Backends.IoUring;
using AsyncCalls.Backends.LinuxAio;
using AsyncCalls.Backends.Workers;
using AsyncCalls.Calls;
using AsyncCalls.Diagnostics;
using Microsoft.Extensions.Logging;

namespace AsyncCalls.Contexts;

/// <summary>
/// What a runtime and its contexts share: the calls in flight, the backends that run them, and a ring of the runtime's own, which its dispatcher reaps
/// to resume the awaiters. Which backends there are, and how a call gets to one, is in <c>CallEngine.Backends.cs</c>.
/// </summary>
/// <remarks>
/// <para><b>The way of a call.</b> <see cref="Start"/>: slot and id → observe the token → accept → hand to a carrier. The carrier settles it (pins and lease
/// released, result written) and publishes its event. A dispatching thread pops the event, takes the call out of the table and resumes its awaiter. A worker does the last two itself.</para>
/// <para><b>Closing.</b> Start adds to the table, then reads <see cref="_closed"/>; Close sets it, makes every processor pass a full fence, then looks at the table: a call is either
/// refused or waited for.</para>
/// </remarks>
internal sealed partial class CallEngine : ISimulatedHost, IDispatchSource
{
    /// <summary>After the drain timeout everything is cancelled; what has not ended so much later never will.</summary>
    private static readonly TimeSpan LastGrace = TimeSpan.FromSeconds(1);

    private readonly TimeSpan _drainTimeout;
    private readonly bool _nativeFirst;
    private readonly ILogger _logger;
    private readonly Watchdog _watchdog;
    private readonly CompletionRing _ring;
    private readonly WorkerPool _workers;
    private readonly IoUringBackend? _ioUring;
    private readonly PolledBackend? _polled;
    private readonly LinuxAioBackend? _linuxAio;
    private readonly EpollBackend? _epoll;
    private readonly ISimulatedBackend? _simulated;
    private readonly IDispatcher _dispatcher;
    private readonly AdmissionQueue _admission;
    private readonly Timekeeper _timekeeper;
    private readonly StallReporter? _stalls;

    /// <summary>Calls to dispatch that have no slot, and so no event: cancelled before they were admitted, or awaited after their dispatch.</summary>
    private readonly ConcurrentQueue<Call> _withoutEvent = new();

    private int _closed;

    public CallEngine(string name, AsyncCallOptions options, ILogger logger)
    {
        Name = name;
        IsPortable = options.Portable || !OperatingSystem.IsLinux();
        _logger = logger;
        _drainTimeout = options.DrainTimeout;
        InlineAttempts = options.InlineAttempts;
        _nativeFirst = options.NativeFirst;
        _multishot = options.Multishot;
        _watchdog = new Watchdog(ThreadName);
        _ring = new CompletionRing(options.RingEntries);
        MaxInFlight = options.MaxInFlight;
        InFlight = new InFlightTable(options.MaxInFlight);
        _admission = new AdmissionQueue(this);
        _timekeeper = new Timekeeper(this);
        _stalls = options.StallTimeout == Timeout.InfiniteTimeSpan ? null : new StallReporter(this, logger, options.StallTimeout);
        _workers = new WorkerPool(ThreadName, options.MaxWorkers, options.MaxWorkersPerHandle, options.WorkerIdleTimeout, _watchdog, Counters);
        _simulated = options.Simulator?.Attach(this);
        IPump pump = MakeBackends(options, out _ioUring, out _polled, out _linuxAio, out _epoll, out BackendCapability ioUring, out BackendCapability linuxAio, out BackendCapability epoll);
        _dispatcher = _simulated is not null ? _simulated : new Dispatcher(ThreadName, this, pump, _watchdog);
        Capabilities = Describe(
            ioUring,
            linuxAio,
            epoll,
            new BackendCapability("workers", true, $"up to {options.MaxWorkers} threads; {(IsPortable ? "blocked system calls are not interrupted: the runtime is portable" : ThreadInterrupt.Reason)}"));
    }

    public string Name { get; }

    /// <summary>Whether no system call is made but those of the methods themselves (<see cref="AsyncCallOptions.Portable"/>).</summary>
    public bool IsPortable { get; }

    /// <summary>What the runtime's threads are told of it.</summary>
    public RuntimeName ThreadName => new(Name, IsPortable);

    public InFlightTable InFlight { get; }

    public int MaxInFlight { get; }

    public CallCounters Counters { get; } = new();

    /// <summary>Bounds the workers that the calls of a handle may have at once.</summary>
    public void LimitWorkers(SafeHandle handle, int max) => _workers.Limit(handle, max);

    /// <summary>Calls that wait for a worker, cancelled ones that were not yet passed over included.</summary>
    public int WaitingForWorkers => _workers.Waiting;

    /// <summary>Calls that have been reported as stalled.</summary>
    public long Stalled => _stalls?.Count ?? 0;

    /// <summary>Whether the thread of the deadlines exists.</summary>
    public bool HasTimerThread => _timekeeper.HasThread;

    /// <summary>Whether calls are looked at for stalls.</summary>
    public bool LooksForStalls => _stalls is { IsArmed: true };

    public int WorkerThreads => _workers.ThreadCount;

    public long KernelEntries => _ioUring?.Entries ?? 0;

    public bool HasWork => _dispatcher.HasWork;

    public int Waiting => _ring.IsEmpty ? _withoutEvent.IsEmpty ? 0 : 1 : Math.Max(1, _ring.Count);

    public bool HasCallsInFlight => InFlight.Count() > 0;

    public bool InlineAttempts { get; }

    public bool IsClosed => Volatile.Read(ref _closed) != 0;

    public bool IsEnding => IsClosed;

    /// <summary>Starts a prepared call.</summary>
    /// <exception cref="ObjectDisposedException">The runtime was disposed; the call was given back.</exception>
    public void Start(Call call, Backend backend, CancellationToken cancellationToken)
    {
        if (TryStart(call, backend, cancellationToken))
        {
            Wake(backend);
            return;
        }

        ICallOwner owner = call.Owner;
        long epoch = call.Epoch;
        try
        {
            owner.Starting();
        }
        catch
        {
            call.Abandon();
            throw;
        }

        if (call.Deadline != 0)
        {
            KeepDeadline(call);
        }

        _admission.Enqueue(call, Carrier(backend), cancellationToken);

        // It was queued before this look, with a lock between the two. Admitted meanwhile or not: whoever ends the owner may have looked elsewhere.
        if (owner.IsEnding)
        {
            call.RequestCancel(epoch, CancelReason.Disposed);
        }
    }

    /// <summary>
    /// Starts a prepared call if there is a slot for it. The caller wakes the backend afterwards, once for as many calls as it likes.
    /// </summary>
    /// <returns>False: every slot is taken; the call is as it was, and its owner knows nothing of it.</returns>
    /// <exception cref="ObjectDisposedException">The runtime or the owner was disposed; the call was given back.</exception>
    public bool TryStart(Call call, Backend backend, CancellationToken cancellationToken) => TryStart(call, backend, cancellationToken, out _);

    /// <summary>As the other, and tells the id of the call, which may have ended before this returns.</summary>
    public bool TryStart(Call call, Backend backend, CancellationToken cancellationToken, out ulong id) => TryStart(call, Carrier(backend), cancellationToken, out id);

    /// <inheritdoc cref="TryStart(Call, Backend, CancellationToken, out ulong)"/>
    public bool TryStart(Call call, ICallCarrier carrier, CancellationToken cancellationToken, out ulong id)
    {
        id = 0;
        if (_simulated?.RefusesSlot() == true || !InFlight.TryAdd(call))
        {
            if (IsClosed)
            {
                call.Abandon();
                ThrowClosed();
            }

            return false;
        }

        // The slot was stored before the owner is looked at: whoever ends it finds the call there, or the call finds it ended.
        try
        {
            call.Owner.Starting();
        }
        catch
        {
            Take(call.Id);
            call.Abandon();
            throw;
        }

        // The same of the engine; the fence that keeps the two in order is Close's, which makes every processor pass one.
        if (IsClosed)
        {
            InFlight.Remove(call.Id);
            call.Owner.Refused();
            call.Abandon();
            ThrowClosed();
        }

        id = call.Id;
        _stalls?.Arm();
        call.Carrier = carrier;
        call.StartedMs = Environment.TickCount64;
        if (call.Deadline != 0 && carrier != _ioUring)
        {
            KeepDeadline(call);
        }

        call.Observe(cancellationToken);
        long epoch = call.Epoch;
        if (call.Handle is { } handle)
        {
            LookAfter(call, epoch, handle);
        }

        call.Accept();
        Carry(call, carrier, epoch);
        return true;
    }

    /// <summary>A call that found its handle open may go on while that is being closed, if whoever closes it cannot miss it.</summary>
    private void LookAfter(Call call, long epoch, SafeHandle handle)
    {
        if (call.IsUnbounded && _simulated is null)
        {
            _timekeeper.Patrol();
        }

        // The slot was stored before this look; who closes a handle makes every processor pass a fence before it looks for the calls.
        if (HandleState.IsDisposed(handle))
        {
            call.RequestCancel(epoch, CancelReason.HandleClosed);
        }
    }

    /// <summary>Takes a call out of the table when its event is taken, or needs no more lookup, and lets one that waits have its slot.</summary>
    public Call? Take(ulong id)
    {
        Call? call = InFlight.Remove(id);
        AdmitWaiting();
        return call;
    }

    /// <summary>Lets calls that wait for a slot have those that became free.</summary>
    public void AdmitWaiting()
    {
        if (_admission.Count > 0)
        {
            _admission.Admit();
        }
    }

    public bool DispatchesByItself => true;

    public void Starting()
    {
        // The runtime's own calls are refused by its being closed, which is looked at once they are in the table.
    }

    public void Refused()
    {
    }

    public void Publish(Call call, bool dispatchHere)
    {
        if (dispatchHere)
        {
            // The ring hands completions to other threads. Here is the one that would take it, and nobody else reads this ring.
            _ = Take(call.Id);
            call.Dispatch();
            return;
        }

        if (call.Id == 0)
        {
            _withoutEvent.Enqueue(call);
        }
        else
        {
            _ring.Publish([call.ToEvent()]);
        }

        _dispatcher.Wake();
    }

    public void Publish(ReadOnlySpan<CompletionEvent> events) => _ring.Publish(events);

    public void Resume(Call call)
    {
        _withoutEvent.Enqueue(call);
        _dispatcher.Wake();
    }

    /// <summary>The calls of the runtime and of all its contexts.</summary>
    public CallScope Everything => new(this, owner: null);

    /// <summary>The calls that are under way and those that wait for a slot, seen one after the other while others come and go.</summary>
    public IEnumerable<(CallUse Use, ulong Id)> UnderWay()
    {
        // First those that wait: one that is admitted meanwhile is in the table before it leaves the queue.
        foreach (CallUse waiting in _admission.Snapshot())
        {
            if (waiting.Call.Id == 0)
            {
                yield return (waiting, 0);
            }
        }

        foreach ((Call call, ulong id) in InFlight.Snapshot())
        {
            // Records are the process's: this one may be another runtime's by now.
            if (call.Use(id) is { } use)
            {
                yield return (use, id);
            }
        }
    }

    /// <summary>Cancels the calls of a context that wait for a slot.</summary>
    public void CancelWaiting(ICallOwner owner) => _admission.CancelOf(owner);

    /// <summary>Makes a context whose ring its user reaps.</summary>
    /// <exception cref="InvalidOperationException">The ring serves another context.</exception>
    public AsyncCallContext CreateContext(CompletionRing ring, bool ownsRing) => ring.TryBind()
        ? new AsyncCallContext(this, ring, ownsRing, _drainTimeout)
        : throw new InvalidOperationException("The ring serves another context: dispose that one first, or make another ring.");

    public bool DispatchOne(bool elsewhere)
    {
        Call? call;
        if (_ring.TryPop(out CompletionEvent completion))
        {
            if (completion.Flags == IoCall.WaitingHint)
            {
                ResumeWaiting(completion, elsewhere);
                return true;
            }

            call = Take(completion.CallId);
            Debug.Assert(call is not null, "A call stays in the table until its one event is dispatched.");
        }
        else if (!_withoutEvent.TryDequeue(out call))
        {
            return false;
        }

        if (elsewhere)
        {
            _ = ThreadPool.UnsafeQueueUserWorkItem(static resumed => resumed.Dispatch(), call, preferLocal: false);
        }
        else
        {
            call.Dispatch();
        }

        return true;
    }

    /// <summary>
    /// Refuses new calls, cancels what may never end by itself, waits for the rest, and frees what nobody uses any more. May block for the timeout.
    /// </summary>
    public void Close()
    {
        Interlocked.Exchange(ref _closed, 1);

        // On every processor: so that no call has to pass a fence between its slot and its look at the word above.
        Interlocked.MemoryBarrierProcessWide();
        _admission.CancelAll();
        Everything.Cancel(CancelReason.Disposed, static call => call.IsUnbounded);
        bool drained = WaitUntilEmpty(_drainTimeout);
        _stalls?.Dispose();
        if (!drained)
        {
            Everything.Cancel(CancelReason.Disposed, static _ => true);
            if (!WaitUntilEmpty(LastGrace))
            {
                // Their buffers, handles and threads stay: the kernel or a body still uses them.
                Log.CallsLeaked(_logger, Name, InFlight.Count(), Methods(InFlight.Snapshot().Select(static entry => entry.Call.Method)));
                return;
            }
        }

        _workers.Stop();
        _polled?.Stop();
        if (_dispatcher.Stop(LastGrace))
        {
            _ring.Dispose();
            _watchdog.Dispose();
            _timekeeper.Dispose();
        }
    }

    /// <summary>Logs that a context has given up on its calls: they keep what they use.</summary>
    public void ReportLeak(CallScope scope)
    {
        List<PendingCall> leaked = scope.Pending();
        Log.ContextCallsLeaked(_logger, Name, leaked.Count, Methods(leaked.Select(static call => call.Method)));
    }

    /// <summary>Lets those go on that a teardown waits for.</summary>
    public void WaitAMoment(int milliseconds)
    {
        _simulated?.Drain();
        Thread.Sleep(milliseconds);
    }

    private void KeepDeadline(Call call)
    {
        if (_simulated is not null)
        {
            _simulated.AddDeadline(call);
        }
        else
        {
            _timekeeper.Add(call);
        }
    }

    private static void ThrowClosed() => throw new ObjectDisposedException(nameof(AsyncCallRuntime));

    private static string Methods(IEnumerable<string> methods) => string.Join(", ", methods.Distinct().Take(5));

    private bool WaitUntilEmpty(TimeSpan timeout)
    {
        const int PollMs = 1;
        long start = Stopwatch.GetTimestamp();
        while (HasCallsInFlight)
        {
            if (Stopwatch.GetElapsedTime(start) > timeout)
            {
                return false;
            }

            WaitAMoment(PollMs);
        }

        return true;
    }
}
