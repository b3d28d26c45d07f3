using System.Buffers;
using System.Runtime.InteropServices;

namespace AsyncCalls.Calls;

/// <summary>
/// The record of one call in flight, pooled: owner of its pins and its handle lease, source of the <see cref="ValueTask"/> that its
/// caller awaits. Its states are in <c>Call.State.cs</c>, its awaiter in <c>Call.Awaiter.cs</c>.
/// </summary>
internal abstract partial class Call
{
    private MemoryHandle _pin;
    private bool _pinIsForeign;
    private SafeHandle? _lease;
    private CancellationTokenRegistration _registration;

    /// <summary>The context that the call runs in. Set while it is prepared.</summary>
    public ICallOwner Owner { get; private set; } = null!;

    /// <summary>The token that the twin was given.</summary>
    protected CancellationToken Token { get; private set; }

    /// <summary>The handle that the call keeps open, until it settles.</summary>
    protected SafeHandle? Lease => _lease;

    /// <summary>The id in the in-flight table; 0 while it has none.</summary>
    public ulong Id { get; set; }

    /// <summary>The annotated method, for reports.</summary>
    public string Method { get; private set; } = "";

    public abstract CallOperation Operation { get; }

    /// <summary>What the call gave: ≥ 0, or −errno. Valid once it is settled.</summary>
    public long Result { get; private set; }

    /// <summary>The exception that it ended with, if it ended so.</summary>
    protected Exception? Error { get; private set; }

    /// <summary>Whether it ended as cancelled.</summary>
    public bool WasCancelled { get; private set; }

    /// <summary>The backend that has the call. Set before it is accepted, and before it is handed to another.</summary>
    public ICallCarrier? Carrier { get; set; }

    /// <summary>Intrusive link of the one queue that the call waits in. Belongs to that queue.</summary>
    public Call? Next { get; set; }

    /// <summary>The gate of the worker that runs the call, while one does.</summary>
    public IInterruptGate? Gate { get; set; }

    /// <summary>Whether the call waits for a peer, a terminal or another process: it may never end by itself.</summary>
    public virtual bool IsUnbounded => false;

    /// <summary>Whether a request to cancel means anything to the call. A close that did not run would leave what it was to close.</summary>
    public virtual bool IsCancellable => true;

    /// <summary>
    /// Makes the call on the current thread, which may block. Ends with <see cref="Settle"/> and nothing after it. On a worker.
    /// </summary>
    public abstract void Execute(IInterruptGate gate);

    protected void Prepare(ICallOwner owner, string method)
    {
        BeginUse();
        Owner = owner;
        Method = method;
    }

    /// <summary>Keeps a buffer where it is until the call settles.</summary>
    protected unsafe ulong Pin(ReadOnlyMemory<byte> memory)
    {
        _pin = memory.Pin();
        _pinIsForeign = !MemoryMarshal.TryGetArray(memory, out _);
        return (ulong)_pin.Pointer;
    }

    /// <summary>Keeps the descriptor of a handle from being closed, and so reused, until the call settles. The caller has added the reference.</summary>
    protected void OwnLease(SafeHandle? handle) => _lease = handle;

    /// <summary>
    /// Ties the call to a token. Before it is accepted; the callback may run inside, and then only sets the flag.
    /// </summary>
    public void Observe(CancellationToken cancellationToken)
    {
        Token = cancellationToken;
        if (cancellationToken.CanBeCanceled)
        {
            _registration = cancellationToken.UnsafeRegister(static state => ((Call)state!).OnTokenFired(), this);
        }
    }

    /// <summary>
    /// Ends the call: releases what it owns, in this order: pins and lease (the kernel is done with them), the registration. Called once, by
    /// the owner of the Running state; nothing of the call may be touched afterwards but to publish it.
    /// </summary>
    public void Settle(long result, Exception? error = null, bool cancelled = false)
    {
        Result = result;
        Error = error;
        WasCancelled = cancelled;
        Gate = null;
        Release();

        // Waits for a callback that runs on another thread at this moment, which is short and waits for nobody: afterwards no
        // callback of this use can meet the next one.
        _registration.Dispose();
        Change(Running, Settled);
    }

    /// <summary>The notification of a settled call.</summary>
    public CompletionEvent ToEvent() => new() { Result = Result, Operation = (uint)Operation, CallId = Id };

    /// <summary>
    /// Lets go of pins, lease and native memory. Runs on threads that must not run foreign code, the one that completes everybody's calls among them: a pin that a
    /// memory manager of the user's undoes waits for <see cref="ReleaseForeignPin"/>.
    /// </summary>
    protected virtual void Release()
    {
        if (!_pinIsForeign)
        {
            _pin.Dispose();
            _pin = default;
        }

        if (_lease is { IsClosed: true } closed)
        {
            // Disposed while the call was in flight: this is the last reference, and closing may block or run code of the handle's own. The thread here
            // may be the one that everybody's completions wait for.
            _ = ThreadPool.UnsafeQueueUserWorkItem(static handle => handle.DangerousRelease(), closed, preferLocal: false);
        }
        else
        {
            _lease?.DangerousRelease();
        }

        _lease = null;
    }

    /// <summary>Clears the object for its next use and puts it back. By the awaiter, or by a caller whose call was never accepted.</summary>
    protected void Recycle()
    {
        EndUse();
        _registration = default;
        Token = default;
        Owner = null!;
        Error = null;
        WasCancelled = false;
        Carrier = null;
        Id = 0;
        ResetAwaiter();
        ReturnToPool();
    }

    /// <summary>Undoes the pin of a user's memory manager. Where continuations run: before the awaiter sees its call completed.</summary>
    private void ReleaseForeignPin()
    {
        if (_pinIsForeign)
        {
            MemoryHandle pin = _pin;
            _pinIsForeign = false;
            _pin = default;
            pin.Dispose();
        }
    }

    /// <summary>Undoes a preparation: the call was refused before anyone else saw it.</summary>
    public void Abandon()
    {
        Release();
        ReleaseForeignPin();
        _registration.Dispose();
        Recycle();
    }

    protected abstract void ReturnToPool();

    /// <summary>
    /// Asks to cancel the use that has <paramref name="id"/>. Any thread; never blocks; the call may end at any moment, and its own result says how.
    /// False: that use has ended, is another owner's, or was asked before.
    /// </summary>
    public bool RequestCancel(ICallOwner? owner, ulong id)
    {
        if (id == 0 || !IsCancellable || !TryFlagCancel(owner, id, out long epoch))
        {
            return false;
        }

        // Before the call is accepted its carrier does not know it yet: the flag alone is seen when it is accepted.
        Carrier?.Cancel(this, epoch);
        return true;
    }

    // This use cannot end under the callback: settling waits for it.
    private void OnTokenFired()
    {
        if (IsCancellable && TryFlagCancel(owner: null, id: null, out long epoch))
        {
            Carrier?.Cancel(this, epoch);
        }
    }

    /// <summary>How a call that ended as cancelled says so.</summary>
    private OperationCanceledException Cancellation() =>
        Token.IsCancellationRequested
            ? new OperationCanceledException($"The call of {Method} was cancelled.", Token)
            : new OperationCanceledException($"The call of {Method} was cancelled because its runtime was disposed.");
}
