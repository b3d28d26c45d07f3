using System.Runtime.InteropServices;
using System.Threading.Tasks.Sources;
using AsyncCalls.Interop.Linux;

namespace AsyncCalls.Calls;

/// <summary>
/// A call of an annotated method that has a body of its own: it runs unchanged on a worker. A body that takes a token gets one of the call's own, which fires with the twin's and also
/// when the call is cancelled in another way: by its handle, its deadline, a teardown.
/// </summary>
/// <remarks>The token's source is used again for the next call, unless this one was cancelled: its canceller may still be at it. A body does not keep its token.</remarks>
internal sealed class BodyCall<TState, TResult> : Call, IValueTaskSource<TResult>, IValueTaskSource
{
    private Func<TState, CancellationToken, TResult> _body = null!;
    private TState _state = default!;
    private TResult _value = default!;
    private CancellationTokenSource? _source;
    private bool _takesToken;

    public override CallOperation Operation => CallOperation.Body;

    public override Interruption Interruption => _takesToken ? Interruption.Token : Interruption.None;

    public override CallTraits Traits => new(_takesToken ? CallCancellation.ByItsToken : CallCancellation.UntilItBegins, true);

    protected override CancellationTokenSource? BodySource => _takesToken ? _source : null;

    public static BodyCall<TState, TResult> Rent(
        ICallOwner owner, string method, SafeHandle? handle, TState state, Func<TState, CancellationToken, TResult> body, bool takesToken)
    {
        BodyCall<TState, TResult> call = CallPool<BodyCall<TState, TResult>>.Rent();
        call.Prepare(owner, method);
        call.Concern(handle);
        call._state = state;
        call._body = body;
        call._takesToken = takesToken;
        if (takesToken)
        {
            call._source ??= new CancellationTokenSource();
        }

        return call;
    }

    public override void Execute(IInterruptGate gate)
    {
        try
        {
            _value = _body(_state, BodySource?.Token ?? CancellationToken.None);
            Settle(0);
        }
        catch (OperationCanceledException exception) when (IsCancelRequested)
        {
            Settle(-Errno.ECANCELED, exception, cancelled: true);
        }
        catch (Exception exception)
        {
            Settle(-1, exception);
        }
    }

    public TResult GetResult(short token)
    {
        CheckCompleted(token);
        TResult value = _value;
        Recycle();
        return value;
    }

    void IValueTaskSource.GetResult(short token) => GetResult(token);

    protected override void Forget(bool wasCancelRequested)
    {
        if (wasCancelRequested || _source?.TryReset() == false)
        {
            _source = null;
        }
    }

    protected override void ReturnToPool()
    {
        _body = null!;
        _state = default!;
        _value = default!;
        CallPool<BodyCall<TState, TResult>>.Return(this);
    }
}
