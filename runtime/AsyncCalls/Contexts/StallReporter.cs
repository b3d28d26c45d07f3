using System.Runtime.InteropServices;
using AsyncCalls.Calls;
using AsyncCalls.Diagnostics;
using Microsoft.Extensions.Logging;
using Microsoft.Win32.SafeHandles;

namespace AsyncCalls.Contexts;

/// <summary>Tells of calls that should have ended long ago, each once: in the log, and as a count.</summary>
/// <remarks>
/// <para>One timer of the class library for all calls, which runs only while calls are in flight: it looks at all of them every quarter of the timeout. What it calls, the log, is code of the
/// user's, so it runs on the thread pool.</para>
/// <para><b>Rest.</b> Who starts a call has put it into the table and then reads <see cref="_armed"/>. The timer that finds no call clears that word, makes every processor pass a full fence, and
/// looks at the table again: one of the two sees the other, and starting a call costs a read.</para>
/// <para>All other fields belong to the timer's callback, which is started again only when it has ended.</para>
/// </remarks>
internal sealed class StallReporter : IDisposable
{
    private const int LooksPerTimeout = 4;
    private const int PeriodMinMs = 5;

    /// <summary>The most that is logged in one look, so that a device that hangs with thousands of calls does not flood the log at once; the rest follows in the next looks.</summary>
    private const int ReportsMax = 32;

    private readonly CallEngine _engine;
    private readonly ILogger _logger;
    private readonly TimeSpan _timeout;
    private readonly TimeSpan _period;
    private readonly Timer _timer;

    /// <summary>Calls that were asked to cancel, with the moment at which they were first seen so.</summary>
    private Dictionary<CallUse, long> _cancelling = [];

    private HashSet<CallUse> _reported = [];
    private int _armed;
    private long _count;

    public StallReporter(CallEngine engine, ILogger logger, TimeSpan timeout)
    {
        _engine = engine;
        _logger = logger;
        _timeout = timeout;
        _period = TimeSpan.FromMilliseconds(Math.Max(PeriodMinMs, timeout.TotalMilliseconds / LooksPerTimeout));
        using (ExecutionContext.SuppressFlow())
        {
            _timer = new Timer(static state => ((StallReporter)state!).Look(), this, Timeout.Infinite, Timeout.Infinite);
        }
    }

    /// <summary>How many calls have been reported.</summary>
    public long Count => Volatile.Read(ref _count);

    /// <summary>Whether the timer runs.</summary>
    public bool IsArmed => Volatile.Read(ref _armed) != 0;

    /// <summary>A call is in the table.</summary>
    public void Arm()
    {
        if (Volatile.Read(ref _armed) == 0 && Interlocked.Exchange(ref _armed, 1) == 0)
        {
            Schedule();
        }
    }

    public void Dispose() => _timer.Dispose();

    private void Look()
    {
        var cancelling = new Dictionary<CallUse, long>();
        var reported = new HashSet<CallUse>();
        int reports = 0;
        bool any = false;
        foreach ((CallUse use, ulong id) in _engine.UnderWay())
        {
            any = true;
            if (use.Call.Describe(use.Epoch, id) is not { } call || !IsOverdue(use, call, cancelling))
            {
                continue;
            }

            bool before = _reported.Contains(use);
            if (before || reports < ReportsMax)
            {
                reported.Add(use);
            }

            if (before || reports == ReportsMax)
            {
                continue;
            }

            reports++;
            Volatile.Write(ref _count, _count + 1);
            Log.CallStalled(_logger, _engine.Name, id, call.Method, call.Operation, Name(call.Handle), call.Age, call.Backend, call.State);
        }

        (_cancelling, _reported) = (cancelling, reported);
        if (any || !TryRest())
        {
            Schedule();
        }
    }

    /// <summary>Whether a call should have ended. One that waits for a peer should when it was asked to: from then on its time counts.</summary>
    private bool IsOverdue(CallUse use, PendingCall call, Dictionary<CallUse, long> cancelling)
    {
        if (use.Call.Carrier is CallChain)
        {
            // It waits for its turn behind others, which are looked at themselves.
            return false;
        }

        bool parked = use.Call.IsUnbounded && call.State is PendingCallState.Running or PendingCallState.Cancelling;
        if (!parked)
        {
            return call.Age >= _timeout;
        }

        if (call.State != PendingCallState.Cancelling)
        {
            return false;
        }

        long now = Environment.TickCount64;
        long since = _cancelling.GetValueOrDefault(use, now);
        cancelling.Add(use, since);
        return now - since >= _timeout.TotalMilliseconds;
    }

    /// <summary>False: a call came meanwhile that relies on this look.</summary>
    private bool TryRest()
    {
        Volatile.Write(ref _armed, 0);
        Interlocked.MemoryBarrierProcessWide();
        return !_engine.HasCallsInFlight || Interlocked.Exchange(ref _armed, 1) != 0;
    }

    private void Schedule()
    {
        try
        {
            _timer.Change(_period, Timeout.InfiniteTimeSpan);
        }
        catch (ObjectDisposedException)
        {
            // The runtime has ended.
        }
    }

    private static string Name(SafeHandle? handle) => handle switch
    {
        null => "no handle",
        SafeFileHandle file when FileErrors.PathOf(file, fd: -1) is { } path => path,
        _ => handle.GetType().Name,
    };
}
