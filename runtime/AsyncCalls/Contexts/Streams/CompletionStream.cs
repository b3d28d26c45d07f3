using System.Runtime.InteropServices;
using System.Threading.Tasks.Sources;
using AsyncCalls.Calls;

namespace AsyncCalls.Contexts.Streams;

/// <summary>
/// One enumeration of results of the same call, again and again: one multishot request of io_uring that gives many, or a single call for each.
/// </summary>
/// <remarks>
/// <code>
///            consumer wants more                 its end comes
///    Idle ───────────────────────► Armed ─────────────────────────► Idle, or Ended
///     ▲                              │ its end comes: no buffer
///     │ a buffer is given back       ▼
///     └─────────────────────────  Starved
/// </code>
/// <para><b>One call at most</b> is in flight (Armed). All fields are under <see cref="_gate"/>; no call is started, cancelled or resumed under it. Who makes Idle Armed starts the call.</para>
/// <para><b>Items.</b> Results of a multishot request come from the pump by <see cref="Take"/>, in order; the end of the call comes from a dispatching thread, after all of them. Both enter
/// <see cref="_items"/>. A consumer that waits is resumed where continuations run: by a hint through the ring, of which one is on the way at a time, or by the end of the call. A hint that
/// comes late finds nobody waiting, or nothing to give, and does nothing.</para>
/// <para><b>Back-pressure.</b> Single calls: the next one is made when the consumer asks for it. Multishot: at <see cref="HighMark"/> items the request is stopped (not cancelled: that would be
/// somebody's who wants the stream to end), at <see cref="LowMark"/> another one begins; received data is bounded by its buffers. What came meanwhile is kept.</para>
/// <para><b>A request ends</b> for many reasons. Stopped, interrupted, ended by the kernel for reasons of its own (also with a last result): another begins. No buffer: Starved. Refused in
/// its multishot form: single calls from here on, whose answer is the truth. Cancelled by somebody, end of data, an error: the stream has Ended, and says so after its last item.</para>
/// <para><b>The end</b> by dispose or token: the call is cancelled, and Ended is reached when its own end has come. What nobody took is then discarded: descriptors closed, buffers given back.</para>
/// </remarks>
internal abstract partial class CompletionStream<T> : IAsyncEnumerator<T>, IShotSink, IBufferWaiter, IValueTaskSource<bool>
{
    private const int HighMark = 64;
    private const int LowMark = 16;
    private const int PollIn = 0x1; // POLLIN

    private static readonly Action<object?> CallEnded = static state => ((CompletionStream<T>)state!).OnCallEnded();

    private readonly Lock _gate = new();
    private readonly AsyncCallRuntime _runtime;
    private readonly SafeHandle _handle;
    private readonly CallOperation _operation;
    private readonly string _method;
    private readonly Queue<T> _items = new();
    private readonly CancellationToken _token;
    private readonly CancellationToken _secondToken;
    private CancellationTokenRegistration _registration;
    private CancellationTokenRegistration _secondRegistration;
    private ManualResetValueTaskSourceCore<bool> _waiter;
    private Phase _phase;
    private IoCall? _call;
    private CallUse _use;
    private T? _current;
    private Exception? _error;
    private TaskCompletionSource? _disposal;
    private bool _begun;
    private bool _waiting;
    private bool _hinted;
    private bool _stopping;
    private bool _ending;
    private bool _polling;
    private bool _discarded;
    private bool _hadCall;

    protected CompletionStream(AsyncCallRuntime runtime, SafeHandle handle, CallOperation operation, string method, CancellationToken token, CancellationToken secondToken)
    {
        _runtime = runtime;
        _handle = handle;
        _operation = operation;
        _method = method;
        _token = token;
        _secondToken = secondToken;
        IsSingle = runtime.Engine.MultishotBackend is null;
    }

    private enum Phase
    {
        Idle,
        Armed,
        Starved,
        Ended,
    }

    public T Current => _current!;

    /// <summary>Whether each item is a call of its own.</summary>
    protected bool IsSingle { get; set; }

    private CallEngine Engine => _runtime.Engine;

    /// <summary>Completes a call whose handle is set, in the form of the moment. False: there is no buffer; <see cref="TryWaitForBuffer"/>.</summary>
    protected abstract bool TryDescribe(IoCall call);

    /// <summary>Makes an item of a result ≥ 0. False: it says that the data has ended.</summary>
    protected abstract bool TryMake(long result, uint flags, out T item);

    /// <summary>Lets go of an item that nobody takes.</summary>
    protected abstract void Discard(T item);

    /// <summary>Lets go of the buffer of a call that gave no item. Outside the lock: others may be waiting for it.</summary>
    protected virtual void GiveBack(uint flags)
    {
    }

    /// <summary>Has the stream told when a buffer is free. False: one is.</summary>
    protected virtual bool TryWaitForBuffer() => false;

    /// <summary>Forgets to be told.</summary>
    protected virtual void StopWaitingForBuffer()
    {
    }

    /// <summary>Puts an item and the one before it, which nobody has taken yet, into one. False: both are to be told.</summary>
    protected virtual bool TryMerge(T earlier, T later, out T merged)
    {
        merged = later;
        return false;
    }

    /// <summary>Begins and ends the use of what the stream shares with others.</summary>
    protected virtual void Begin()
    {
    }

    /// <inheritdoc cref="Begin"/>
    protected virtual void End()
    {
    }

    public ValueTask<bool> MoveNextAsync()
    {
        bool arm;
        bool has;
        lock (_gate)
        {
            if (_waiting)
            {
                throw new InvalidOperationException("The stream is asked for one item at a time: await the one before.");
            }

            ObjectDisposedException.ThrowIf(_disposal is not null, this);
            if (!_begun)
            {
                BeginLocked();
            }

            has = TryTakeLocked();
            if (!has && _phase == Phase.Ended)
            {
                return _error is null ? new ValueTask<bool>(false) : ValueTask.FromException<bool>(_error);
            }

            if (!has)
            {
                _waiter.Reset();
                _waiting = true;
                _hinted = false;
            }

            arm = TryArmLocked();
        }

        if (arm)
        {
            Arm();
        }

        return has ? new ValueTask<bool>(true) : new ValueTask<bool>(this, _waiter.Version);
    }

    public ValueTask DisposeAsync()
    {
        CallUse? use;
        TaskCompletionSource disposal;
        lock (_gate)
        {
            if (_disposal is not null)
            {
                return new ValueTask(_disposal.Task);
            }

            disposal = _disposal = new TaskCompletionSource();
            use = EndLocked(null);
        }

        // Waits for callbacks that run at this moment; they take the lock.
        _registration.Dispose();
        _secondRegistration.Dispose();
        if (use is { } armed)
        {
            _ = armed.RequestCancel(CancelReason.Requested);
        }
        else
        {
            Settle(elsewhere: true);
        }

        return new ValueTask(disposal.Task);
    }

    /// <summary>A result of a multishot request. On the thread that pumps.</summary>
    public bool Take(long result, uint flags)
    {
        IoCall? stopped = null;
        bool hint;
        lock (_gate)
        {
            if (result >= 0 && TryMake(result, flags, out T item))
            {
                AddLocked(item);
            }

            if (_items.Count >= HighMark && !_stopping)
            {
                _stopping = true;
                stopped = _call;
            }

            hint = _waiting && !_hinted && _items.Count > 0;
            _hinted |= hint;
        }

        stopped?.Stop();
        return hint;
    }

    public void ResumeWaiting() => Settle(elsewhere: false);

    public void OnBufferFree()
    {
        bool arm;
        lock (_gate)
        {
            if (_phase != Phase.Starved)
            {
                return;
            }

            _phase = Phase.Idle;
            arm = TryArmLocked();
        }

        if (arm)
        {
            Arm();
        }
    }

    bool IValueTaskSource<bool>.GetResult(short token) => _waiter.GetResult(token);

    ValueTaskSourceStatus IValueTaskSource<bool>.GetStatus(short token) => _waiter.GetStatus(token);

    void IValueTaskSource<bool>.OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        _waiter.OnCompleted(continuation, state, token, flags);

    private void BeginLocked()
    {
        _begun = true;
        try
        {
            Begin();
        }
        catch (ObjectDisposedException exception)
        {
            _error = exception;
            _phase = Phase.Ended;
            return;
        }

        _registration = _token.UnsafeRegister(static state => ((CompletionStream<T>)state!).OnToken(((CompletionStream<T>)state!)._token), this);
        _secondRegistration = _secondToken.UnsafeRegister(static state => ((CompletionStream<T>)state!).OnToken(((CompletionStream<T>)state!)._secondToken), this);
    }

    private void OnToken(CancellationToken token)
    {
        CallUse? use;
        lock (_gate)
        {
            use = EndLocked(Cancelled("", CancelReason.Requested, token));
        }

        if (use is { } armed)
        {
            _ = armed.RequestCancel(CancelReason.Requested);
        }
        else
        {
            Settle(elsewhere: true);
        }
    }

    /// <summary>Has the stream end, with an error or without. The use of the call that is to be cancelled for it, and whose end then is the stream's; null: it has ended.</summary>
    private CallUse? EndLocked(Exception? error)
    {
        if (_phase == Phase.Ended)
        {
            return null;
        }

        _error ??= error;
        _ending = true;
        if (_phase == Phase.Armed)
        {
            // Without a call: whoever is about to start it looks at the flag first.
            return _call is null ? default(CallUse?) : _use;
        }

        if (_phase == Phase.Starved)
        {
            StopWaitingForBuffer();
        }

        EndedLocked();
        return null;
    }

    private void EndedLocked()
    {
        _phase = Phase.Ended;
        if (_begun)
        {
            End();
        }
    }

    private bool TryTakeLocked() => _items.TryDequeue(out _current);

    private void AddLocked(T item)
    {
        // Only what merges at all is ever merged, and of that there is one item at most.
        if (_items.Count == 1 && TryMerge(_items.Peek(), item, out T merged))
        {
            _items.Dequeue();
            item = merged;
        }

        _items.Enqueue(item);
    }

    /// <summary>Idle → Armed, where a call is wanted. True: the caller starts it.</summary>
    private bool TryArmLocked()
    {
        bool wanted = IsSingle ? _waiting && _items.Count == 0 : _items.Count <= LowMark;
        if (_phase != Phase.Idle || !wanted)
        {
            return false;
        }

        _phase = Phase.Armed;
        return true;
    }

    /// <summary>Gives the consumer that waits what there is, and ends a dispose that waits for the end.</summary>
    /// <param name="elsewhere">Whether this is somebody else's thread, whose continuations run on the thread pool.</param>
    private void Settle(bool elsewhere)
    {
        bool resumed;
        bool has = false;
        bool arm = false;
        Exception? error = null;
        TaskCompletionSource? disposal = null;
        lock (_gate)
        {
            if (_phase == Phase.Ended && _disposal is not null && !_discarded)
            {
                _discarded = true;
                disposal = _disposal;
            }

            resumed = _waiting && ((has = _disposal is null && TryTakeLocked()) || _phase == Phase.Ended);
            if (resumed)
            {
                _waiting = false;
                error = has ? null : _error;
                arm = TryArmLocked();
            }
        }

        if (arm)
        {
            Arm();
        }

        if (resumed)
        {
            _waiter.RunContinuationsAsynchronously = elsewhere;
            if (error is not null)
            {
                _waiter.SetException(error);
            }
            else
            {
                _waiter.SetResult(has);
            }
        }

        if (disposal is not null)
        {
            // Nothing adds an item any more, and nobody takes one.
            foreach (T item in _items)
            {
                Discard(item);
            }

            _items.Clear();
            disposal.SetResult();
        }
    }
}
