using System.Diagnostics;
using AsyncCalls.Calls;

namespace AsyncCalls;

/// <summary>Teardown.</summary>
public sealed unsafe partial class AsyncCallContext
{
    private const int PollMs = 1;

    private static readonly TimeSpan LastGrace = TimeSpan.FromSeconds(1);

    /// <summary>
    /// Refuses new calls, wakes who waits (<see cref="ObjectDisposedException"/>), cancels calls that may never end by themselves, waits for the others up to the
    /// runtime's drain timeout, cancels these too, and ends the ring. Twice, from a completion, or under load: the same end for every caller. What even then does not
    /// end keeps its memory; a ring in memory of the caller's own is left to the calls in flight no more.
    /// </summary>
    public ValueTask DisposeAsync()
    {
        lock (_closing)
        {
            _closed ??= Task.Factory.StartNew(
                static state => ((AsyncCallContext)state!).Close(),
                this,
                CancellationToken.None,
                TaskCreationOptions.LongRunning | TaskCreationOptions.DenyChildAttach,
                TaskScheduler.Default);
            return new ValueTask(_closed);
        }
    }

    /// <summary>As <see cref="DisposeAsync"/>, and waits for it.</summary>
    public void Dispose()
    {
        if (InFlight == 0)
        {
            // Nothing to wait for, so no thread is needed; should a call begin meanwhile, this one waits for it.
            lock (_closing)
            {
                if (_closed is null)
                {
                    Close();
                    _closed = Task.CompletedTask;
                    return;
                }
            }
        }

        DisposeAsync().AsTask().GetAwaiter().GetResult();
    }

    private void Close()
    {
        Interlocked.Exchange(ref _dead, 1);
        PulseWaiters();
        Cancel(static call => call.IsUnbounded);
        if (!WaitUntilAlone(_drainTimeout))
        {
            Cancel(static _ => true);
            WaitUntilAlone(LastGrace);
        }

        // Awaiters whose completions nobody reaped are resumed by the runtime's own dispatcher.
        while (_ring.TryPop(out CompletionEvent completion))
        {
            if (Awaited(completion) is { } call)
            {
                _engine.Resume(call);
            }
        }

        foreach (IDisposable lease in _leases.Values)
        {
            lease.Dispose();
        }

        if (_ownsRing)
        {
            _ring.Dispose();
        }
    }

    private void Cancel(Func<Call, bool> condition)
    {
        foreach (Call call in _engine.InFlight.Snapshot())
        {
            ulong id = call.Id;
            if (call.Owner == this && condition(call))
            {
                call.RequestCancel(id);
            }
        }
    }

    /// <summary>Waits until the context's own reference is the last.</summary>
    private bool WaitUntilAlone(TimeSpan timeout)
    {
        long start = Stopwatch.GetTimestamp();
        while (Volatile.Read(ref _references) > 1)
        {
            if (Stopwatch.GetElapsedTime(start) > timeout)
            {
                return false;
            }

            Thread.Sleep(PollMs);
        }

        return true;
    }
}
