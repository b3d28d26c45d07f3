using System.Diagnostics;
using AsyncCalls.Calls;

namespace AsyncCalls;

/// <summary>
/// Waiting for calls by id. Who waits counts itself in <see cref="_waiters"/>, full fence, then looks at the table; who completes a call takes it out of the table, full
/// fence, then looks at the count: one of the two sees the other.
/// </summary>
public sealed unsafe partial class AsyncCallContext
{
    private static readonly TimeSpan LongestWait = TimeSpan.FromMilliseconds(int.MaxValue);

    private readonly object _completed = new();
    private int _waiters;

    /// <summary>Completions that have left the table and are on their way into the ring.</summary>
    private int _publishing;

    /// <summary>
    /// Waits until one of the calls is no longer in flight: its record, if it has one, is filled, and its event is published. Takes no event: reap as usual.
    /// </summary>
    /// <param name="ids">The calls. An id that is not in flight counts as completed.</param>
    /// <param name="timeout">How long to wait; <see cref="Timeout.InfiniteTimeSpan"/> for ever.</param>
    /// <param name="cancellationToken">Ends the wait, not the calls.</param>
    /// <returns>The position of the first that has completed, or −1 when the time is up.</returns>
    /// <exception cref="OperationCanceledException">The token fired.</exception>
    /// <exception cref="ObjectDisposedException">The context was disposed.</exception>
    public int WaitAny(ReadOnlySpan<CallId> ids, TimeSpan timeout, CancellationToken cancellationToken = default) =>
        Wait(ids, all: false, timeout, cancellationToken);

    /// <summary>Waits until none of the calls is in flight any more.</summary>
    /// <returns>False: the time is up.</returns>
    /// <inheritdoc cref="WaitAny"/>
    public bool WaitAll(ReadOnlySpan<CallId> ids, TimeSpan timeout, CancellationToken cancellationToken = default) =>
        Wait(ids, all: true, timeout, cancellationToken) >= 0;

    private int Wait(ReadOnlySpan<CallId> ids, bool all, TimeSpan timeout, CancellationToken cancellationToken)
    {
        if (timeout < TimeSpan.Zero && timeout != Timeout.InfiniteTimeSpan)
        {
            throw new ArgumentOutOfRangeException(nameof(timeout), timeout, "A time to wait is not negative.");
        }

        ThrowIfDead();
        long start = Stopwatch.GetTimestamp();
        Interlocked.Increment(ref _waiters);
        using CancellationTokenRegistration registration = cancellationToken.UnsafeRegister(static state => ((AsyncCallContext)state!).PulseWaiters(), this);
        try
        {
            lock (_completed)
            {
                while (true)
                {
                    ThrowIfDead();
                    cancellationToken.ThrowIfCancellationRequested();
                    int answer = Look(ids, all);
                    if (answer >= 0)
                    {
                        AwaitPublication();
                        return answer;
                    }

                    TimeSpan left = timeout == Timeout.InfiniteTimeSpan ? timeout : timeout - Stopwatch.GetElapsedTime(start);
                    if (timeout != Timeout.InfiniteTimeSpan && left <= TimeSpan.Zero)
                    {
                        return -1;
                    }

                    // Woken early at worst: a month is all that a wait takes at once.
                    Monitor.Wait(_completed, timeout == Timeout.InfiniteTimeSpan || left < LongestWait ? left : LongestWait);
                }
            }
        }
        finally
        {
            Interlocked.Decrement(ref _waiters);
        }
    }

    /// <summary>
    /// A call that left the table publishes next, a few instructions later on a thread of the runtime: these are waited for, whichever call they are of.
    /// </summary>
    private void AwaitPublication()
    {
        var spinner = default(SpinWait);
        while (Volatile.Read(ref _publishing) != 0)
        {
            spinner.SpinOnce();
        }
    }

    /// <summary>Waits until the event of a call that has ended is there: it is published a few instructions later, by the thread that ended it.</summary>
    private void AwaitEvent(CallId id)
    {
        var spinner = default(SpinWait);
        while (Look([id], all: true) < 0)
        {
            spinner.SpinOnce();
        }

        AwaitPublication();
    }

    private int Look(ReadOnlySpan<CallId> ids, bool all)
    {
        for (int i = 0; i < ids.Length; i++)
        {
            // A block's call leaves the table when its record is filled. A twin's is complete when it is settled, and stays until it is
            // reaped. A call of another context is nobody's here.
            bool inFlight = _engine.InFlight.Find(ids[i].Value) is { } call && call.Owner == this && !(call.IsSettled && call is not IoCall { IsSubmitted: true });
            if (inFlight == all)
            {
                return all ? -1 : i;
            }
        }

        return all ? 0 : -1;
    }

    private void WakeWaiters()
    {
        Interlocked.MemoryBarrier();
        if (Volatile.Read(ref _waiters) != 0)
        {
            PulseWaiters();
        }
    }

    private void PulseWaiters()
    {
        lock (_completed)
        {
            Monitor.PulseAll(_completed);
        }
    }
}
