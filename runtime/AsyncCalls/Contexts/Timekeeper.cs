using System.Diagnostics;
using AsyncCalls.Calls;

namespace AsyncCalls.Contexts;

/// <summary>
/// One thread that ends calls whose time is up, as far as their backend does not, and calls that wait for ever on a handle that somebody has disposed. There is none while there is nothing
/// of either kind.
/// </summary>
/// <remarks>
/// <para><b>Deadlines</b> are in a wheel, under <see cref="_gate"/>. The thread takes the due ones out under the lock and cancels them outside: each as the use that it was, so one that
/// ended meanwhile is not met.</para>
/// <para><b>Patrol.</b> A handle tells nobody that it was disposed, and its descriptor stays open as long as a call leases it: while calls that may wait for ever are in flight, their
/// handles are looked at every <see cref="PatrolMs"/>. Who starts such a call has put it into the table, full fence, and then reads <see cref="_patrolling"/>; the thread clears that word,
/// full fence, and looks at the table once more before it ends its patrol.</para>
/// </remarks>
internal sealed class Timekeeper : IDeadlineKeeper, IDisposable
{
    /// <summary>How long a call may stay parked on a handle that was disposed.</summary>
    private const int PatrolMs = 20;

    /// <summary>How long the thread stays without anything to do, so that a call now and then does not make a thread each time.</summary>
    private const int LingerMs = 1_000;

    private readonly object _gate = new();
    private readonly DeadlineWheel _wheel = new();
    private readonly List<CallUse> _due = [];
    private readonly CallEngine _engine;
    private readonly long _origin = Stopwatch.GetTimestamp();
    private bool _running;
    private long _sleepsUntil;
    private int _patrolling;
    private bool _stopping;

    public Timekeeper(CallEngine engine) => _engine = engine;

    /// <summary>Whether the thread exists.</summary>
    public bool HasThread
    {
        get
        {
            lock (_gate)
            {
                return _running;
            }
        }
    }

    /// <summary>Keeps the deadline of a call that is about to start.</summary>
    public void Add(Call call)
    {
        call.Timer = this;
        long tick = (long)Math.Ceiling(Stopwatch.GetElapsedTime(_origin, call.Deadline).TotalMilliseconds);
        lock (_gate)
        {
            _wheel.Add(call, tick, Now);
            WakeBefore(_wheel.NextTick);
        }
    }

    public void Remove(Call call)
    {
        lock (_gate)
        {
            _wheel.Remove(call);
        }
    }

    /// <summary>Looks after the handle of a call that may wait for ever and is in the table.</summary>
    public void Patrol()
    {
        Interlocked.MemoryBarrier();
        if (Volatile.Read(ref _patrolling) == 0)
        {
            lock (_gate)
            {
                _patrolling = 1;
                WakeBefore(Now + PatrolMs);
            }
        }
    }

    public void Dispose()
    {
        lock (_gate)
        {
            _stopping = true;
            Monitor.Pulse(_gate);
        }
    }

    private long Now => (long)Stopwatch.GetElapsedTime(_origin).TotalMilliseconds;

    /// <summary>Makes sure that the thread looks at the clock at a tick. Under the lock.</summary>
    private void WakeBefore(long tick)
    {
        if (_running)
        {
            if (tick < _sleepsUntil)
            {
                Monitor.Pulse(_gate);
            }
        }
        else if (!_stopping)
        {
            RuntimeThread.Start(_engine.ThreadName, "timer", number: 0, Run);
            _running = true;
        }
    }

    private void Run()
    {
        long patrolAt = 0;
        long busyAt = Now;
        while (true)
        {
            bool patrol;
            lock (_gate)
            {
                long now = Now;
                _wheel.Advance(now, _due);
                patrol = _patrolling != 0 && now >= patrolAt;
                if (_wheel.Count > 0 || _patrolling != 0 || _due.Count > 0)
                {
                    busyAt = now;
                }

                if (_due.Count == 0 && !patrol)
                {
                    if (_stopping || now - busyAt > LingerMs)
                    {
                        _running = false;
                        return;
                    }

                    _sleepsUntil = Math.Min(_wheel.NextTick, _patrolling != 0 ? patrolAt : now + LingerMs + 1);
                    _ = Monitor.Wait(_gate, (int)Math.Clamp(_sleepsUntil - now, 1, int.MaxValue));
                    _sleepsUntil = 0;
                    continue;
                }
            }

            foreach (CallUse use in _due)
            {
                use.RequestCancel(CancelReason.TimedOut);
            }

            _due.Clear();
            if (patrol)
            {
                LookAtHandles();
                patrolAt = Now + PatrolMs;
            }
        }
    }

    private void LookAtHandles()
    {
        if (CancelOfClosed())
        {
            return;
        }

        Volatile.Write(ref _patrolling, 0);
        Interlocked.MemoryBarrier();
        if (CancelOfClosed())
        {
            Volatile.Write(ref _patrolling, 1);
        }
    }

    /// <summary>Cancels calls whose handle was disposed. Answers whether any call is there to be looked after.</summary>
    private bool CancelOfClosed()
    {
        bool any = false;
        foreach ((Call call, ulong id) in _engine.InFlight.Snapshot())
        {
            if (call.Use(id) is { } use && call is { IsUnbounded: true, Handle: { } handle })
            {
                any = true;
                if (HandleState.IsDisposed(handle))
                {
                    // The swap fails if the record is another use's by now, whose handle was looked at.
                    use.RequestCancel(CancelReason.HandleClosed);
                }
            }
        }

        return any;
    }
}
