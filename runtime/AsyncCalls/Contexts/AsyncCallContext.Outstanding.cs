using System.Runtime.InteropServices;
using AsyncCalls.Contexts;

namespace AsyncCalls;

/// <summary>Calls that have not completed: listed, cancelled, brought to rest.</summary>
public sealed partial class AsyncCallContext
{
    /// <summary>
    /// The calls of this context that have not completed, as they are seen now: nothing is stopped, so some may have completed by the time that the list is read. In no order. Looks at
    /// every slot of the runtime.
    /// </summary>
    public IReadOnlyList<PendingCall> PendingCalls => Scope.Pending();

    private CallScope Scope => new(_engine, this);

    /// <summary>
    /// Asks to cancel a call. Never blocks. Its completion still comes, and says what happened.
    /// </summary>
    public CancelOutcome Cancel(CallId id) => Scope.Cancel(id, CancelReason.Requested);

    /// <summary>Asks to cancel a call and waits until it has ended, on whatever thread that happens. Takes no event.</summary>
    /// <param name="id">The call.</param>
    /// <param name="timeout">How long to wait; <see cref="Timeout.InfiniteTimeSpan"/> for ever.</param>
    /// <returns>
    /// <see cref="CancelOutcome.Cancelled"/>: it ended as cancelled. <see cref="CancelOutcome.NotFound"/>: it had completed, or completed in its own way.
    /// <see cref="CancelOutcome.InProgress"/> or <see cref="CancelOutcome.NotPossible"/>: the time is up and it has not ended.
    /// </returns>
    /// <exception cref="ArgumentOutOfRangeException">The timeout is negative, or longer than 49 days.</exception>
    public CancelOutcome Cancel(CallId id, TimeSpan timeout)
    {
        CancelOutcome outcome = Scope.Cancel(id, timeout);
        if (outcome is CancelOutcome.Cancelled or CancelOutcome.NotFound)
        {
            AwaitEvent(id);
        }

        return outcome;
    }

    /// <summary>Asks to cancel the calls of this context that are about a handle. Never blocks.</summary>
    public CancelSummary Cancel(SafeHandle handle) => Scope.Cancel(handle, CancelReason.Requested);

    /// <summary>Asks to cancel every call of this context. Never blocks. New calls may come meanwhile and are not met.</summary>
    public CancelSummary CancelAll() => Scope.CancelAll();

    /// <summary>
    /// Closes a handle in order: no new call on it (<see cref="ObjectDisposedException"/>), its leases of this context end, its calls are cancelled, whatever context of the runtime they are
    /// of, and when the last of them has ended its descriptor is closed. Until then the number is not free, so no call can meet another file.
    /// </summary>
    /// <param name="handle">The handle. It is disposed.</param>
    /// <param name="timeout">How long to wait for its calls; <see cref="Timeout.InfiniteTimeSpan"/> for ever.</param>
    /// <param name="cancellationToken">Ends the wait. The handle is disposed all the same.</param>
    /// <returns>
    /// False: the time is up and some calls still run; the descriptor is closed when they end. (A lease of another context keeps it open, too.)
    /// </returns>
    /// <remarks>Go on reaping: the calls end, and their events arrive, as always. Awaiters of twins see <see cref="AsyncCallCanceledException"/> with <see cref="CancelReason.HandleClosed"/>.</remarks>
    public Task<bool> CloseAsync(SafeHandle handle, TimeSpan timeout, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(handle);
        CallScope.RequireTimeout(timeout);
        Task<bool> closed = _engine.Everything.CloseAsync(handle, timeout, cancellationToken);

        // The handle is disposed by now: it can be leased no more.
        foreach (IDisposable lease in _leases.Values)
        {
            if (lease is HandleLease named && named.Handle == handle)
            {
                named.Dispose();
            }
        }

        return closed;
    }

    /// <summary>
    /// Brings the context to rest: calls that may wait for ever (streams, locks, system calls) are cancelled, the others are waited for. Stop submitting first, and go on reaping: what
    /// is submitted meanwhile is treated in the same way.
    /// </summary>
    /// <param name="timeout">How long to wait; <see cref="Timeout.InfiniteTimeSpan"/> for ever.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <returns>False: the time is up; <see cref="PendingCalls"/> has what is left.</returns>
    public async Task<bool> RestAsync(TimeSpan timeout, CancellationToken cancellationToken = default)
    {
        if (!await Scope.RestAsync(timeout, cancellationToken).ConfigureAwait(false))
        {
            return false;
        }

        // The last calls have ended; what they publish is a few instructions away.
        while (Volatile.Read(ref _references) > 1 && !Scope.IsAnyUnderWay)
        {
            await Task.Yield();
        }

        return true;
    }
}
