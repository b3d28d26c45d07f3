using System.Threading.Tasks.Sources;

namespace AsyncCalls.Calls;

/// <summary>A call of an annotated method that has a body of its own: it runs unchanged on a worker, with the twin's token.</summary>
internal sealed class BodyCall<TState, TResult> : Call, IValueTaskSource<TResult>, IValueTaskSource
{
    private Func<TState, CancellationToken, TResult> _body = null!;
    private TState _state = default!;
    private TResult _value = default!;

    public override CallOperation Operation => CallOperation.Body;

    public static BodyCall<TState, TResult> Rent(
        ICallOwner owner, string method, TState state, Func<TState, CancellationToken, TResult> body)
    {
        BodyCall<TState, TResult> call = CallPool<BodyCall<TState, TResult>>.Rent();
        call.Prepare(owner, method);
        call._state = state;
        call._body = body;
        return call;
    }

    public override void Execute(IInterruptGate gate)
    {
        try
        {
            _value = _body(_state, Token);
            Settle(0);
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

    protected override void ReturnToPool()
    {
        _body = null!;
        _state = default!;
        _value = default!;
        CallPool<BodyCall<TState, TResult>>.Return(this);
    }
}
