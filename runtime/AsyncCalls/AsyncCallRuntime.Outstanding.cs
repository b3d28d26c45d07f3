using System.Runtime.InteropServices;
using AsyncCalls.Contexts;

namespace AsyncCalls;

/// <summary>Calls that have not completed: listed, cancelled, brought to rest.</summary>
public sealed partial class AsyncCallRuntime
{
    /// <summary>
    /// The calls of this runtime and its contexts that have not completed (of a context's <see cref="AsyncCallContext.Runtime"/>: those of that context), as they are seen now: nothing is
    /// stopped, so some may have completed by the time that the list is read. In no order. Looks at every slot.
    /// </summary>
    public IReadOnlyList<PendingCall> PendingCalls => Scope.Pending();

    private CallScope Scope => _boundTo is null ? Engine.Everything : new CallScope(Engine, _boundTo);

    /// <summary>Asks to cancel a call, by an id of <see cref="PendingCalls"/>. Never blocks. The call still completes, and its own result says what happened.</summary>
    public CancelOutcome Cancel(CallId id) => Scope.Cancel(id, CancelReason.Requested);

    /// <inheritdoc cref="AsyncCallContext.Cancel(CallId, TimeSpan)"/>
    public CancelOutcome Cancel(CallId id, TimeSpan timeout) => Scope.Cancel(id, timeout);

    /// <summary>Asks to cancel all calls that are about a handle. Never blocks.</summary>
    public CancelSummary Cancel(SafeHandle handle) => Scope.Cancel(handle, CancelReason.Requested);

    /// <summary>Asks to cancel every call. Never blocks. New calls may come meanwhile and are not met.</summary>
    public CancelSummary CancelAll() => Scope.CancelAll();

    /// <summary>
    /// Closes a handle in order: no new call on it (<see cref="ObjectDisposedException"/>), its calls are cancelled, and when the last of them has ended its descriptor is closed. Until then the
    /// number is not free, so no call can meet another file.
    /// </summary>
    /// <param name="handle">The handle. It is disposed.</param>
    /// <param name="timeout">How long to wait for its calls; <see cref="Timeout.InfiniteTimeSpan"/> for ever.</param>
    /// <param name="cancellationToken">Ends the wait. The handle is disposed all the same.</param>
    /// <returns>False: the time is up and some calls still run; the descriptor is closed when they end. (A lease of a context keeps it open, too.)</returns>
    /// <remarks>
    /// A handle that is simply disposed is safe as well: its descriptor stays open as long as calls use it, and those that wait for ever on it are cancelled within about 20 milliseconds.
    /// </remarks>
    public Task<bool> CloseAsync(SafeHandle handle, TimeSpan timeout, CancellationToken cancellationToken = default)
    {
        if (_boundTo is not null)
        {
            return _boundTo.CloseAsync(handle, timeout, cancellationToken);
        }

        ArgumentNullException.ThrowIfNull(handle);
        CallScope.RequireTimeout(timeout);
        return Engine.Everything.CloseAsync(handle, timeout, cancellationToken);
    }

    /// <summary>
    /// Brings the runtime to rest: calls that may wait for ever (streams, locks, system calls) are cancelled, the others are waited for. Stop calling first: what is called meanwhile is
    /// treated in the same way. The runtime can be used again afterwards.
    /// </summary>
    /// <param name="timeout">How long to wait; <see cref="Timeout.InfiniteTimeSpan"/> for ever.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <returns>False: the time is up; <see cref="PendingCalls"/> has what is left.</returns>
    public Task<bool> RestAsync(TimeSpan timeout, CancellationToken cancellationToken = default) =>
        _boundTo is null ? Scope.RestAsync(timeout, cancellationToken) : _boundTo.RestAsync(timeout, cancellationToken);
}
