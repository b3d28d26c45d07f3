using System.Runtime.InteropServices;
using System.Threading.Tasks.Sources;
using AsyncCalls.Interop.Linux;

namespace AsyncCalls.Calls;

/// <summary>
/// A call of an annotated import that has no native path: the import itself, on a worker. Its error number travels from that thread to the
/// one that resumes. An import that is known to be safe to interrupt is interrupted by a signal when it is cancelled.
/// </summary>
internal sealed class ImportBodyCall<TState, TResult> : Call, IValueTaskSource<TResult>, IValueTaskSource<AsyncCallResult<TResult>>, IValueTaskSource
{
    private Func<TState, TResult> _import = null!;
    private TState _state = default!;
    private TResult _value = default!;
    private Func<TResult, bool>? _hasFailed;
    private AsyncCallErrors _errors;
    private bool _failed;
    private bool _interruptible;
    private int _errno;

    public override CallOperation Operation => CallOperation.Import;

    public override Interruption Interruption => _interruptible ? Interruption.Signal : Interruption.None;

    public override CallTraits Traits => new(_interruptible ? CallCancellation.WhileItRuns : CallCancellation.UntilItBegins, true);

    /// <summary>What may be interrupted is what may wait for others (flock, accept, …).</summary>
    public override bool IsUnbounded => _interruptible;

    /// <param name="owner">Whose call it is.</param>
    /// <param name="method">The annotated method.</param>
    /// <param name="errors">How an error is reported.</param>
    /// <param name="interruptible">Whether a signal may interrupt it.</param>
    /// <param name="handle">What it is about, if anything.</param>
    /// <param name="state">The arguments.</param>
    /// <param name="import">The import itself.</param>
    /// <param name="hasFailed">Whether a result is an error's; null where <see cref="ImportFailure"/> can tell by the type.</param>
    public static ImportBodyCall<TState, TResult> Rent(
        ICallOwner owner,
        string method,
        AsyncCallErrors errors,
        bool interruptible,
        SafeHandle? handle,
        TState state,
        Func<TState, TResult> import,
        Func<TResult, bool>? hasFailed)
    {
        ImportBodyCall<TState, TResult> call = CallPool<ImportBodyCall<TState, TResult>>.Rent();
        call.Prepare(owner, method);
        call.Concern(handle);
        call._state = state;
        call._import = import;
        call._hasFailed = hasFailed;
        call._errors = errors;
        call._interruptible = interruptible;
        return call;
    }

    public override void Execute(IInterruptGate gate)
    {
        if (_interruptible && !gate.Enter(this))
        {
            Settle(-Errno.ECANCELED, cancelled: true);
            return;
        }

        Exception? error = null;
        try
        {
            _value = _import(_state);
            _errno = Marshal.GetLastPInvokeError();
        }
        catch (Exception exception)
        {
            error = exception;
        }
        finally
        {
            if (_interruptible)
            {
                gate.Leave();
            }
        }

        _failed = error is null && (_hasFailed is null ? ImportFailure.Is(_value) : _hasFailed(_value));
        if (_failed)
        {
            if (_errno == Errno.EINTR && IsCancelRequested)
            {
                Settle(-Errno.ECANCELED, cancelled: true);
                return;
            }

            error = _errors == AsyncCallErrors.Exception ? FileErrors.FromErrno(_errno, path: null) : null;
        }
        else if (_value is SafeHandle produced && IsCancelRequested)
        {
            // Whoever cancelled does not look for what the call brings any more.
            produced.Dispose();
            Settle(-Errno.ECANCELED, cancelled: true);
            return;
        }

        Settle(error is null ? 0 : -1, error);
    }

    public TResult GetResult(short token) => Take(token).Value;

    AsyncCallResult<TResult> IValueTaskSource<AsyncCallResult<TResult>>.GetResult(short token) => Take(token);

    void IValueTaskSource.GetResult(short token) => GetResult(token);

    protected override void ReturnToPool()
    {
        _import = null!;
        _state = default!;
        _value = default!;
        _hasFailed = null;
        CallPool<ImportBodyCall<TState, TResult>>.Return(this);
    }

    private AsyncCallResult<TResult> Take(short token)
    {
        CheckCompleted(token);
        int errno = _errno;
        var result = new AsyncCallResult<TResult>(_value, _failed ? errno : 0);
        Recycle();
        Marshal.SetLastPInvokeError(errno);
        return result;
    }
}
