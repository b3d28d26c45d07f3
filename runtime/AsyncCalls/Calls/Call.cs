using System.Buffers;
using System.Runtime.InteropServices;
using AsyncCalls.Interop.Linux;

namespace AsyncCalls.Calls;

/// <summary>
/// The record of one call in flight, pooled: owner of its pins and its handle lease, source of the <see cref="ValueTask"/> that its
/// caller awaits. Its states are in <c>Call.State.cs</c>, cancelling in <c>Call.Cancel.cs</c>, its awaiter in <c>Call.Awaiter.cs</c>.
/// </summary>
internal abstract partial class Call
{
    private PinnedMemory _pin;
    private byte _pinCount;
    private bool _ownsLease;
    private SafeHandle? _handle;
    private CancellationTokenRegistration _registration;
    private RareParts? _rareParts;

    /// <summary>The context that the call runs in. Set while it is prepared.</summary>
    public ICallOwner Owner { get; private set; } = null!;

    /// <summary>The token that the twin was given.</summary>
    protected CancellationToken Token { get; private set; }

    /// <summary>The handle that the call is about; kept open until it settles if <see cref="OwnLease"/> gave it.</summary>
    public SafeHandle? Handle => _handle;

    /// <summary>The id in the in-flight table; 0 while it has none.</summary>
    public ulong Id { get; set; }

    /// <summary>The annotated method, for reports.</summary>
    public string Method { get; private set; } = "";

    public abstract CallOperation Operation { get; }

    /// <summary>What cancelling the call can do and leave.</summary>
    public virtual CallTraits Traits => CallTraits.Of(Operation);

    /// <summary>Bytes that it has transferred so far.</summary>
    public virtual long BytesTransferred => 0;

    /// <summary>What the call gave: ≥ 0, or −errno. Valid once it is settled.</summary>
    public long Result { get; private set; }

    /// <summary>The exception that it ended with, if it ended so.</summary>
    protected Exception? Error { get; private set; }

    /// <summary>Whether it ended as cancelled.</summary>
    public bool WasCancelled { get; private set; }

    /// <summary>The backend that has the call. Set before it is accepted, and before it is handed to another.</summary>
    public ICallCarrier? Carrier { get; set; }

    /// <summary>When the call was handed over, in milliseconds of <see cref="Environment.TickCount64"/>. The coarse clock: a precise one costs five times as much.</summary>
    public long StartedMs { get; set; }

    /// <summary>Intrusive link of the one queue that the call waits in. Belongs to that queue.</summary>
    public Call? Next { get; set; }

    /// <summary>The gate of the worker that runs the call, while one does.</summary>
    public IInterruptGate? Gate { get; set; }

    /// <summary>What few calls need, if a call of this record needed it.</summary>
    protected RareParts? ExistingRareParts => _rareParts;

    /// <summary>The same, made if need be. By whoever owns the state of the call.</summary>
    protected RareParts RareParts => _rareParts ??= new RareParts();

    /// <summary>Whether somebody awaits the call, so that it will be dispatched.</summary>
    protected virtual bool IsAwaited => true;

    /// <summary>Whether the call waits for a peer, a terminal or another process: it may never end by itself.</summary>
    public virtual bool IsUnbounded => false;

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
    protected unsafe ulong Pin<T>(ReadOnlyMemory<T> memory)
    {
        MemoryHandle pin = memory.Pin();
        PinAt(_pinCount) = new PinnedMemory { Handle = pin, IsForeign = !MemoryMarshal.TryGetArray(memory, out _) };
        _pinCount++;
        return (ulong)pin.Pointer;
    }

    /// <summary>Keeps the descriptor of a handle from being closed, and so reused, until the call settles. The caller has added the reference.</summary>
    protected void OwnLease(SafeHandle? handle)
    {
        _handle = handle;
        _ownsLease = handle is not null;
    }

    /// <summary>
    /// Says which handle the call is about, for those who cancel or list a handle's calls. The called code keeps it open itself while it uses it. Of one that was disposed before, nobody
    /// cancels calls any more: the called code finds it so, and says what it says of that.
    /// </summary>
    protected void Concern(SafeHandle? handle) => _handle = handle is null || HandleState.IsDisposed(handle) ? null : handle;

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
        Result = cancelled && Reason == CancelReason.TimedOut ? -Errno.ETIME : result;
        Error = error;
        WasCancelled = cancelled;
        Gate = null;
        Release();
        Timer?.Remove(this);

        if ((Volatile.Read(ref _word) & TokenFlag) == 0)
        {
            // Waits for a callback that runs on another thread at this moment and had not set its flag yet: afterwards no callback of
            // this use can meet the next one.
            _registration.Dispose();
        }

        long settled = Change(Running, Settled);
        if ((settled & ObservedFlag) != 0)
        {
            CallObservers.Complete(new CallUse(this, settled >> EpochShift), cancelled);
        }
    }

    /// <summary>The notification of a settled call.</summary>
    public CompletionEvent ToEvent() => new() { Result = Result, Operation = (uint)Operation, CallId = Id };

    /// <summary>
    /// Lets go of pins, lease and native memory. Runs on threads that must not run foreign code, the one that completes everybody's calls among them: a pin that a
    /// memory manager of the user's undoes, and a handle that may close, wait for <see cref="ReleaseForeign"/>.
    /// </summary>
    protected virtual void Release()
    {
        ReleasePins(foreign: false);
        if (_ownsLease)
        {
            _ownsLease = false;
            if (IsAwaited && Owner.DispatchesByItself && HandleState.MayCloseAtRelease(_handle!))
            {
                // Disposed while the call was in flight, and perhaps this is the last reference: closing may block or run code of the handle's own.
                RareParts.Closing = _handle;
            }
            else
            {
                HandleState.ReleaseReference(_handle!);
            }
        }

        _handle = null;
    }

    /// <summary>Clears the object for its next use and puts it back. By the awaiter, or by a caller whose call was never accepted.</summary>
    protected void Recycle()
    {
        Forget(IsCancelRequested);
        EndUse();
        _registration = default;
        Token = default;
        Owner = null!;
        Error = null;
        WasCancelled = false;
        Carrier = null;
        Id = 0;
        ForgetDeadline();
        ResetAwaiter();
        ReturnToPool();
    }

    /// <summary>Lets go of what must not serve another use if somebody may still be cancelling this one.</summary>
    protected virtual void Forget(bool wasCancelRequested)
    {
    }

    /// <summary>
    /// Does what <see cref="Release"/> left: undoes the pin of a user's memory manager, closes a handle. Where continuations run: before the awaiter sees its call completed.
    /// </summary>
    private void ReleaseForeign()
    {
        ReleasePins(foreign: true);
        _pinCount = 0;
        if (_rareParts is { Closing: { } closing } parts)
        {
            parts.Closing = null;
            closing.DangerousRelease();
        }
    }

    /// <summary>The same for a call that nobody awaits, and so nobody dispatches: on the thread pool.</summary>
    protected void ReleaseForeignElsewhere()
    {
        ReleasePins(foreign: true, elsewhere: true);
        _pinCount = 0;
    }

    private void ReleasePins(bool foreign, bool elsewhere = false)
    {
        for (int i = 0; i < _pinCount; i++)
        {
            ref PinnedMemory place = ref PinAt(i);
            PinnedMemory pin = place;
            if (pin.IsForeign != foreign)
            {
                continue;
            }

            place = default;
            if (elsewhere)
            {
                _ = ThreadPool.UnsafeQueueUserWorkItem(static handle => handle.Dispose(), pin.Handle, preferLocal: false);
            }
            else
            {
                pin.Handle.Dispose();
            }
        }
    }

    private ref PinnedMemory PinAt(int number)
    {
        if (number == 0)
        {
            return ref _pin;
        }

        return ref RareParts.Pins[number - 1];
    }

    /// <summary>Undoes a preparation: the call was refused before anyone else saw it.</summary>
    public void Abandon()
    {
        Release();
        ReleaseForeign();
        Timer?.Remove(this);
        _registration.Dispose();
        Recycle();
    }

    protected abstract void ReturnToPool();
}
