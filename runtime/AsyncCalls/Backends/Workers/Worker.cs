using AsyncCalls.Calls;
using AsyncCalls.Interop.Linux;

namespace AsyncCalls.Backends.Workers;

/// <summary>One thread of the pool, and the gate that lets signals reach it only inside a system call.</summary>
/// <remarks>
/// <para><see cref="_gate"/> holds an epoch (new at each <see cref="Enter"/>) and two bits.</para>
/// <code>
///   Outside ──Enter──► Inside ────────Leave────────► Outside ──Enter──►
///                      │    ▲                           ▲
///              Interrupt    sent                        sent          (canceller or watchdog)
///                      ▼    │                           │
///               Inside + Signalling ──block, Leave──► Signalling      Ready waits here until it was sent, and unblocks
/// </code>
/// <para><b>No lost cancel.</b> Enter: open the gate (a full fence), then read the call's cancel flag. Canceller: set the flag (a full fence), then
/// read the gate. One of the two sees the other. A signal that arrives before the thread is in the kernel interrupts
/// nothing; <see cref="Interrupt"/> is repeated by the watchdog until the gate is closed.</para>
/// <para><b>No late signal.</b> A signal is sent only between the swap to Signalling, which succeeds only in the epoch that was looked at, and the
/// swap back. One that was sent before Leave is pending on this thread, and any system call delivers it on its way back: Leave makes one. One that is being
/// sent may have met the call already, while its sender is still in the kernel (for 6 µs and more, or without a processor, which this thread may have taken from it): the call must not wait for
/// that. The thread blocks the signal and leaves; before it takes its next call, <see cref="Ready"/> waits for the sender and lets through what is pending. So what runs on the
/// thread outside of the gate, continuations included, is never met by a signal of ours.</para>
/// </remarks>
internal sealed class Worker : IInterruptGate
{
    private const long Inside = 1;
    private const long Signalling = 2;
    private const int EpochShift = 2;

    /// <summary>Repeats are spaced by 1, 2, 4 … ticks up to this many.</summary>
    private const int BackoffMaxTicks = 64;

    private readonly WorkerPool _pool;
    private long _gate;
    private long _signalledGate = -1;
    private bool _blocked;
    private Call? _current;
    private int _threadId;
    private int _repeatAt;
    private int _repeatAfter;
    private bool _inContinuation;
    private readonly long[] _taken = new long[WorkQueues.Classes];
    private long _met;
    private long _blockedIn = -1;

    /// <summary>1: the thread keeps the place of its last call.</summary>
    private int _place;

    /// <summary>The watchdog's.</summary>
    private long _placeSeen = -1;

    public Worker(WorkerPool pool, int number)
    {
        _pool = pool;
        Number = number;
    }

    public int Number { get; }

    /// <summary>Set to end a wait in the pool's idle stack.</summary>
    public ManualResetEventSlim Wakened { get; } = new(initialState: false, spinCount: 0);

    /// <summary>Whether this thread has taken it upon itself to look at its own call and at the queues once more before it sleeps.</summary>
    public bool OwesLook { get; set; }

    /// <summary>The call that it makes next, if it keeps one for itself.</summary>
    public OwnCall Own { get; } = new();

    /// <summary>Whether the thread runs a continuation at this moment: then it does not count against the pool's limit.</summary>
    public bool InContinuation
    {
        get => Volatile.Read(ref _inContinuation);
        set => Volatile.Write(ref _inContinuation, value);
    }

    /// <summary>Whether the pool counts this worker among those that look for work.</summary>
    public bool IsSearching { get; set; }

    /// <summary>Entries of a class that this worker has taken from its queue. Written by its thread only.</summary>
    public long Taken(WorkClass workClass) => Volatile.Read(ref _taken[(int)workClass]);

    /// <summary>Counts an entry that this worker takes from a queue. By its thread.</summary>
    public void Take(WorkClass workClass)
    {
        Volatile.Write(ref _taken[(int)workClass], _taken[(int)workClass] + 1);
        TakeOwn();
    }

    /// <summary>Counts an entry that was in no queue. By its thread.</summary>
    public void TakeOwn() => Volatile.Write(ref _met, _met + 1);

    /// <summary>
    /// Keeps the place that a method had in its share through the continuation, for the method that this may start: every call would change the count of all workers twice otherwise. By its thread.
    /// </summary>
    public void KeepPlace() => Volatile.Write(ref _place, 1);

    /// <summary>Takes the place that is kept, to use it or to give it back. By its thread, or by the watchdog where the thread does not come back.</summary>
    public bool TryTakePlace() => Volatile.Read(ref _place) != 0 && Interlocked.Exchange(ref _place, 0) != 0;

    /// <summary>Takes the place if the thread is still in the continuation that it was in when the watchdog looked the last time. By the watchdog.</summary>
    /// <param name="isKept">Whether there was one.</param>
    public bool TryTakeOverduePlace(out bool isKept)
    {
        isKept = Volatile.Read(ref _place) != 0;
        long met = Volatile.Read(ref _met);
        bool overdue = isKept && met == _placeSeen;
        _placeSeen = isKept ? met : -1;
        return overdue && TryTakePlace();
    }

    /// <summary>With which class its next look at the queues begins: another one after each entry.</summary>
    public uint Turn => (uint)_met;

    /// <summary>The worker whose thread this is, if it is one.</summary>
    public static Worker? Current => _currentWorker;

    [ThreadStatic]
    private static Worker? _currentWorker;

    public bool BelongsTo(WorkerPool pool) => _pool == pool;

    public void Start() => RuntimeThread.Start(_pool.Runtime, "worker", Number, Run);

    /// <summary>Whether the thread computes, or is about to, and does not wait for something. By the watchdog.</summary>
    /// <param name="lookAgain">Whether one that was seen to wait is looked at again in the same call; it mostly still does.</param>
    public bool IsComputing(bool lookAgain)
    {
        if (_pool.Runtime.IsPortable)
        {
            // Only the kernel knows, and it is not asked: what was annotated is what blocks.
            return false;
        }

        long met = Volatile.Read(ref _met);
        if (_blockedIn == met && !lookAgain)
        {
            return false;
        }

        int threadId = Volatile.Read(ref _threadId);
        if (threadId == 0 || Syscalls.IsRunnable(threadId))
        {
            return true;
        }

        _blockedIn = met;
        return false;
    }

    public bool Enter(Call call)
    {
        Ready();
        _current = call;
        _repeatAfter = 1;
        long open = (((_gate >> EpochShift) + 1) << EpochShift) | Inside;
        Interlocked.Exchange(ref _gate, open);
        if (!call.IsCancelRequested)
        {
            return true;
        }

        Leave();
        return false;
    }

    public void Leave()
    {
        while (true)
        {
            long gate = Volatile.Read(ref _gate);
            if ((gate & Signalling) != 0 && !_blocked)
            {
                ThreadInterrupt.Block();
                _blocked = true;
            }

            if (Interlocked.CompareExchange(ref _gate, gate & ~Inside, gate) == gate)
            {
                break;
            }
        }

        _current = null;
        if (!_blocked && Volatile.Read(ref _signalledGate) == (_gate | Inside))
        {
            // Any system call: a pending signal is delivered on the way back.
            _ = Syscalls.GetThreadId();
        }
    }

    /// <summary>Takes the signal that was still being sent when the thread left its call, if one was. By the thread, before its next call.</summary>
    public void Ready()
    {
        if (!_blocked)
        {
            return;
        }

        var spinner = new SpinWait();
        while ((Volatile.Read(ref _gate) & Signalling) != 0)
        {
            spinner.SpinOnce(sleep1Threshold: -1);
        }

        _blocked = false;
        ThreadInterrupt.Unblock();
    }

    /// <summary>Signals the thread if it is inside the system call of <paramref name="call"/> and that call is to be cancelled. Any thread.</summary>
    public void Interrupt(Call call)
    {
        long gate = Volatile.Read(ref _gate);
        if (!_pool.CanSignal
            || (gate & (Inside | Signalling)) != Inside
            || Volatile.Read(ref _current) != call
            || !call.IsCancelRequested
            || Interlocked.CompareExchange(ref _gate, gate | Signalling, gate) != gate)
        {
            return;
        }

        Volatile.Write(ref _signalledGate, gate);
        ThreadInterrupt.Send(_threadId);

        // The thread may have left meanwhile.
        Interlocked.And(ref _gate, ~Signalling);
    }

    /// <summary>Sends again where a cancel has had no effect yet. Returns whether one is still outstanding. By the watchdog.</summary>
    public bool RepeatInterrupt(int now)
    {
        Call? call = Volatile.Read(ref _current);
        if (call is null || !call.IsCancelRequested || (Volatile.Read(ref _gate) & Inside) == 0)
        {
            return false;
        }

        if (now - _repeatAt >= 0)
        {
            Interrupt(call);
            _repeatAt = now + _repeatAfter;
            _repeatAfter = Math.Min(_repeatAfter * 2, BackoffMaxTicks);
        }

        return true;
    }

    private void Run()
    {
        _currentWorker = this;
        if (!_pool.Runtime.IsPortable)
        {
            // The mask is that of whoever started the thread, and may have every signal in it.
            ThreadInterrupt.Unblock();
            Volatile.Write(ref _threadId, Syscalls.GetThreadId());
        }

        _pool.RunWorker(this);
    }
}
