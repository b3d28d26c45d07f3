using System.Diagnostics;
using System.Runtime.InteropServices;
using AsyncCalls.Calls;

namespace AsyncCalls.Contexts;

/// <summary>
/// Calls that have not completed, of one owner or of all that share an engine: to list, to cancel, to wait for. All of it looks through the in-flight table, so that calls
/// pay nothing for it.
/// </summary>
/// <param name="engine">Whose calls.</param>
/// <param name="owner">Only those that complete through this owner; null for all.</param>
internal readonly struct CallScope(CallEngine engine, ICallOwner? owner)
{
    private static readonly Func<Call, bool> Any = static _ => true;

    /// <summary>Every call of the scope, as it is seen now.</summary>
    public List<PendingCall> Pending()
    {
        var pending = new List<PendingCall>();
        foreach ((CallUse use, ulong id) in UnderWay())
        {
            if (use.Call.Describe(use.Epoch, id) is { } call)
            {
                pending.Add(call);
            }
        }

        return pending;
    }

    /// <summary>Whether any call is there.</summary>
    public bool IsAnyUnderWay => UnderWay().Any();

    public CancelOutcome Cancel(CallId id, CancelReason reason) => Find(id)?.RequestCancel(reason) ?? CancelOutcome.NotFound;

    /// <summary>Cancels, and waits for the end. The outcome of the request stays where the time is up.</summary>
    public CancelOutcome Cancel(CallId id, TimeSpan timeout)
    {
        RequireTimeout(timeout);
        if (Find(id) is not { } use)
        {
            return CancelOutcome.NotFound;
        }

        Task<CallEnd>? end = CallObservers.Observe(use);
        CancelOutcome outcome = use.RequestCancel(CancelReason.Requested);
        return end is null ? CancelOutcome.NotFound
            : !end.Wait(timeout) ? outcome
            : end.Result.WasCancelled ? CancelOutcome.Cancelled
            : CancelOutcome.NotFound;
    }

    public CancelSummary Cancel(CancelReason reason, Func<Call, bool> condition)
    {
        var summary = default(CancelSummary);
        foreach ((CallUse use, ulong _) in UnderWay())
        {
            if (condition(use.Call))
            {
                // Should the record be another use's by now, the request finds that out.
                summary = summary.With(use.RequestCancel(reason));
            }
        }

        return summary;
    }

    public CancelSummary Cancel(SafeHandle handle, CancelReason reason)
    {
        ArgumentNullException.ThrowIfNull(handle);
        return Cancel(reason, call => call.Handle == handle);
    }

    public CancelSummary CancelAll() => Cancel(CancelReason.Requested, Any);

    /// <summary>Cancels all that waits for others, waits for the rest. False: the time is up.</summary>
    public async Task<bool> RestAsync(TimeSpan timeout, CancellationToken cancellationToken)
    {
        RequireTimeout(timeout);
        CallScope scope = this;
        return await scope.DrainAsync(
            Any,
            () => scope.Cancel(CancelReason.Requested, static call => call.IsUnbounded),
            timeout,
            cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Disposes a handle, so that no new call on it can begin, cancels its calls, waits for the last of them and closes the descriptor.</summary>
    public async Task<bool> CloseAsync(SafeHandle handle, TimeSpan timeout, CancellationToken cancellationToken)
    {
        using HandleState.Closing closing = HandleState.Close(handle);

        // Makes every processor pass a fence: a call that found the handle open is in the table, or finds it closed before it goes on.
        Interlocked.MemoryBarrierProcessWide();
        CallScope scope = this;
        return await scope.DrainAsync(
            call => call.Handle == handle,
            () => scope.Cancel(handle, CancelReason.HandleClosed),
            timeout,
            cancellationToken).ConfigureAwait(false);
    }

    public static void RequireTimeout(TimeSpan timeout)
    {
        if (timeout != Timeout.InfiniteTimeSpan && (timeout < TimeSpan.Zero || timeout > Call.LongestTimeout))
        {
            throw new ArgumentOutOfRangeException(nameof(timeout), timeout, $"A time to wait is zero to {Call.LongestTimeout}, or {nameof(Timeout)}.{nameof(Timeout.InfiniteTimeSpan)}.");
        }
    }

    /// <summary>Waits until no call that meets the condition is there, whatever comes meanwhile.</summary>
    private async Task<bool> DrainAsync(Func<Call, bool> condition, Action cancel, TimeSpan timeout, CancellationToken cancellationToken)
    {
        long start = Stopwatch.GetTimestamp();
        while (true)
        {
            cancel();
            List<Task<CallEnd>> ends = Observe(condition, out int found);
            if (found == 0)
            {
                return true;
            }

            TimeSpan left = timeout == Timeout.InfiniteTimeSpan ? timeout : timeout - Stopwatch.GetElapsedTime(start);
            if (timeout != Timeout.InfiniteTimeSpan && left <= TimeSpan.Zero)
            {
                return false;
            }

            try
            {
                await Task.WhenAll(ends).WaitAsync(left, cancellationToken).ConfigureAwait(false);
            }
            catch (TimeoutException)
            {
                return false;
            }
        }
    }

    private List<Task<CallEnd>> Observe(Func<Call, bool> condition, out int found)
    {
        var ends = new List<Task<CallEnd>>();
        found = 0;
        foreach ((CallUse use, ulong _) in UnderWay())
        {
            if (condition(use.Call))
            {
                found++;
                if (CallObservers.Observe(use) is { } end)
                {
                    ends.Add(end);
                }
            }
        }

        return ends;
    }

    private CallUse? Find(CallId id) =>
        engine.InFlight.Find(id.Value) is { } call && call.Use(id.Value) is { } use && IsMine(call) ? use : null;

    private IEnumerable<(CallUse Use, ulong Id)> UnderWay()
    {
        CallScope scope = this;
        return engine.UnderWay().Where(entry => scope.IsMine(entry.Use.Call));
    }

    private bool IsMine(Call call)
    {
        ICallOwner of = call.Owner;
        return owner is not null ? of == owner : of == engine || (of is AsyncCallContext context && context.IsOf(engine));
    }
}
