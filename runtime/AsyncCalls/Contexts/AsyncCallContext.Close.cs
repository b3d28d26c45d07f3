using System.Diagnostics;
using AsyncCalls.Calls;

namespace AsyncCalls;

/// <summary>Teardown.</summary>
public sealed unsafe partial class AsyncCallContext
{
    private const int PollMs = 1;

    private static readonly TimeSpan LastGrace = TimeSpan.FromSeconds(1);

    private int _over;

    /// <summary>The thread that closes, while it does.</summary>
    private int _closer;

    /// <summary>
    /// Refuses new calls, wakes who waits (<see cref="ObjectDisposedException"/>), cancels calls that may never end by themselves, waits for the others up to the
    /// runtime's drain timeout, cancels these too, and ends the ring. Twice, from a completion, or under load: the same end for every caller. What even then does not
    /// end keeps its memory, and is logged; a ring in memory of the caller's own is left to the calls in flight no more.
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
        if (Volatile.Read(ref _closer) == Environment.CurrentManagedThreadId)
        {
            // The end of a lease runs code of its memory's owner, and that has come back here.
            return;
        }

        if (InFlight == 0 && TryCloseHere())
        {
            return;
        }

        DisposeAsync().AsTask().GetAwaiter().GetResult();
    }

    /// <summary>
    /// Closes on this thread: there is nothing to wait for, so no other one is needed; should a call begin meanwhile, this one waits for it. False: somebody closes, or has closed, already.
    /// </summary>
    private bool TryCloseHere()
    {
        var closed = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        lock (_closing)
        {
            if (_closed is not null)
            {
                return false;
            }

            _closed = closed.Task;
        }

        // Outside the lock: leases that end here run code of their memory's owner.
        try
        {
            Close();
        }
        finally
        {
            closed.SetResult();
        }

        return true;
    }

    private void Close()
    {
        Volatile.Write(ref _closer, Environment.CurrentManagedThreadId);
        Interlocked.Exchange(ref _dead, 1);
        PulseWaiters();
        _ring.WakeSleepers();
        _engine.CancelWaiting(this);
        Scope.Cancel(CancelReason.Disposed, static call => call.IsUnbounded);
        if (!WaitUntilAlone(_drainTimeout))
        {
            Scope.Cancel(CancelReason.Disposed, static _ => true);
            if (!WaitUntilAlone(LastGrace))
            {
                _engine.ReportLeak(Scope);
            }
        }

        if (_ownsRing)
        {
            // Before awaiters are resumed: an event whose call is still in the table is an awaiter's, and so is what it brings.
            EndUnreaped();
        }

        // What ends later finds the context over, and resumes its awaiter itself.
        Interlocked.Exchange(ref _over, 1);
        ResumeUnreaped();

        foreach (IDisposable lease in _leases.Values)
        {
            lease.Dispose();
        }

        if (_ownsRing)
        {
            _ring.Dispose();
        }
        else
        {
            _ring.Unbind();
        }

        Volatile.Write(ref _closer, 0);
    }

    /// <summary>Gives awaiters what nobody has reaped, and closes what was opened for blocks: nobody else knows of it.</summary>
    private void EndUnreaped()
    {
        while (_ring.TryPop(out CompletionEvent completion))
        {
            if (completion.Flags == IoCall.WaitingHint)
            {
                // The end of its call, which follows, resumes who waits.
                continue;
            }

            if (Awaited(completion) is { } call)
            {
                _engine.Resume(call);
            }
            else
            {
                IoCall.DisposeOrphan(completion);
            }
        }
    }

    /// <summary>
    /// Awaiters whose completions nobody reaps any more are resumed by the runtime's own dispatcher. Found in the table and not in the ring, whose events
    /// stay for whoever reaps a ring that is not the context's own.
    /// </summary>
    private void ResumeUnreaped()
    {
        foreach ((Call call, ulong id) in _engine.InFlight.Snapshot())
        {
            if (call.Owner == this && TakeAwaited(id) is { } taken)
            {
                _engine.Resume(taken);
            }
        }
    }

    /// <summary>Looks, after an event for an awaiter was published, whether anyone is left to reap it. A full fence stands between the two.</summary>
    private void ResumeIfOver()
    {
        Interlocked.MemoryBarrier();
        if (Volatile.Read(ref _over) != 0)
        {
            ResumeUnreaped();
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

            _engine.WaitAMoment(PollMs);
        }

        return true;
    }
}
