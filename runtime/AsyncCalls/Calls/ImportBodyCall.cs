using System.Runtime.InteropServices;
using System.Threading.Tasks.Sources;
using AsyncCalls.Interop.Linux;

namespace AsyncCalls.Calls;

/// <summary>
/// A call of an annotated import that has no native path: the import itself, on a worker. Its error number travels from that thread to the
/// one that resumes. An import that is known to be safe to interrupt is interrupted by a signal when it is cancelled.
/// </summary>
internal sealed class ImportBodyCall<TState, TResult> : Call, IValueTaskSource<TResult>, IValueTaskSource
{
    private Func<TState, TResult> _import = null!;
    private TState _state = default!;
    private TResult _value = default!;
    private AsyncCallErrors _errors;
    private bool _interruptible;
    private int _errno;

    public override CallOperation Operation => CallOperation.Import;

    public override Interruption Interruption => _interruptible ? Interruption.Signal : Interruption.None;

    public override CallTraits Traits => new(_interruptible ? CallCancellation.WhileItRuns : CallCancellation.UntilItBegins, true);

    /// <summary>What may be interrupted is what may wait for others (flock, accept, …).</summary>
    public override bool IsUnbounded => _interruptible;

    public static ImportBodyCall<TState, TResult> Rent(
        ICallOwner owner, string method, AsyncCallErrors errors, bool interruptible, SafeHandle? handle, TState state, Func<TState, TResult> import)
    {
        ImportBodyCall<TState, TResult> call = CallPool<ImportBodyCall<TState, TResult>>.Rent();
        call.Prepare(owner, method);
        call.Concern(handle);
        call._state = state;
        call._import = import;
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

        if (error is null && Failed(_value))
        {
            if (_errno == Errno.EINTR && IsCancelRequested)
            {
                Settle(-Errno.ECANCELED, cancelled: true);
                return;
            }

            error = _errors == AsyncCallErrors.Exception ? FileErrors.FromErrno(_errno, path: null) : null;
        }

        Settle(error is null ? 0 : -1, error);
    }

    public TResult GetResult(short token)
    {
        CheckCompleted(token);
        TResult value = _value;
        int errno = _errno;
        Recycle();
        Marshal.SetLastPInvokeError(errno);
        return value;
    }

    void IValueTaskSource.GetResult(short token) => GetResult(token);

    protected override void ReturnToPool()
    {
        _import = null!;
        _state = default!;
        _value = default!;
        CallPool<ImportBodyCall<TState, TResult>>.Return(this);
    }

    /// <summary>A system call fails with −1, whatever integer its import returns. The comparisons fold away for each type.</summary>
    private static bool Failed(TResult value) => value switch
    {
        int result => result == -1,
        nint result => result == -1,
        long result => result == -1,
        _ => false,
    };
}
