using AsyncCalls.Calls;

namespace AsyncCalls.Backends;

/// <summary>Something that a <see cref="Watchdog"/> looks at while it is awake.</summary>
internal interface IWatched
{
    /// <summary>Looks after what may be stuck. Returns whether there is anything to watch at all. Must not block.</summary>
    bool Tick();
}

/// <summary>
/// One thread that looks every millisecond at what may be stuck (a dispatcher in a continuation that blocks, a queue that no worker
/// serves, a signal that was lost), and sleeps without a timer when there is nothing to watch.
/// </summary>
/// <remarks>
/// <para><b>Sleep.</b> The thread sets <see cref="_asleep"/>, makes every processor pass a full fence, asks its targets once more, then waits. Who makes something to watch does so
/// first, then reads <see cref="_asleep"/> in <see cref="Arm"/>. One of the two sees the other, and the way of a call has no fence for it.</para>
/// <para>One millisecond: a stuck dispatcher is seen in the second tick after it got stuck, and replaced well inside the 5 ms that
/// others may be delayed. The thread stays awake for <see cref="IdleTicksMax"/> quiet ticks, so that steady traffic does not pay a wake-up
/// for each call; awake it costs about 1 % of one processor.</para>
/// </remarks>
internal sealed class Watchdog : IDisposable
{
    private const int TickMs = 1;
    private const int IdleTicksMax = 50;

    private readonly Lock _start = new();
    private readonly ManualResetEventSlim _wake = new(initialState: false, spinCount: 0);
    private readonly RuntimeName _runtime;
    private volatile IWatched[] _watched = [];
    private volatile bool _started;
    private int _asleep = 1;
    private int _now;
    private volatile bool _stopping;

    public Watchdog(RuntimeName runtime) => _runtime = runtime;

    /// <summary>Ticks since the start; stands still while nothing is watched.</summary>
    public int Now => Volatile.Read(ref _now);

    public void Watch(IWatched target)
    {
        lock (_start)
        {
            _watched = [.. _watched, target];
        }
    }

    /// <summary>Says that there is something to watch. Costs a read while the thread is awake.</summary>
    public void Arm()
    {
        // What the caller made comes before this look: the fence between the two is Run's, which makes every processor pass one.
        if (Volatile.Read(ref _asleep) != 0 && Interlocked.Exchange(ref _asleep, 0) != 0)
        {
            Wake();
        }
    }

    public void Dispose()
    {
        _stopping = true;
        _wake.Set();
    }

    private void Wake()
    {
        if (!_started)
        {
            lock (_start)
            {
                if (!_started && !_stopping)
                {
                    RuntimeThread.Start(_runtime, "watchdog", number: 0, Run);
                    _started = true;
                }
            }
        }

        _wake.Set();
    }

    private void Run()
    {
        int quiet = 0;
        while (!_stopping)
        {
            if (Tick())
            {
                quiet = 0;
            }
            else if (++quiet > IdleTicksMax)
            {
                quiet = 0;
                _wake.Reset();
                Volatile.Write(ref _asleep, 1);
                Interlocked.MemoryBarrierProcessWide();
                if (!Tick() && !_stopping)
                {
                    _wake.Wait();
                }

                Interlocked.Exchange(ref _asleep, 0);
                continue;
            }

            Thread.Sleep(TickMs);
        }
    }

    private bool Tick()
    {
        Volatile.Write(ref _now, _now + 1);
        bool any = false;
        foreach (IWatched target in _watched)
        {
            any |= target.Tick();
        }

        return any;
    }
}
