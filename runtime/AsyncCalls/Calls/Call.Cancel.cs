namespace AsyncCalls.Calls;

/// <summary>How a running call can be made to end.</summary>
internal enum Interruption : byte
{
    /// <summary>Not at all.</summary>
    None,

    /// <summary>Its thread is signalled, inside the gate.</summary>
    Signal,

    /// <summary>Its body is told by a token.</summary>
    Token,
}

/// <summary>
/// Cancelling. One path for all who ask (a token, an id, a handle's or a context's calls, a deadline, a teardown): set the flag on the use that is meant, then have the carrier do
/// what it can. The flag alone suffices while the call is on its way to a carrier, which looks at it.
/// </summary>
internal abstract partial class Call
{
    /// <summary>How the call is interrupted when it runs on a worker.</summary>
    public abstract Interruption Interruption { get; }

    /// <summary>Whether a request to cancel means anything to the call. A close that did not run would leave what it was to close.</summary>
    public virtual bool IsCancellable => true;

    /// <summary>
    /// What the token of a running body comes from; null if it has none. Read before the flag is set: then it is the source of the use that is meant, and a source whose use was
    /// flagged never serves another one.
    /// </summary>
    protected virtual CancellationTokenSource? BodySource => null;

    /// <summary>
    /// The present use of the call, if it is the one that has <paramref name="id"/> (0: one that waits for a slot) and it is under way. Null otherwise.
    /// </summary>
    public CallUse? Use(ulong id)
    {
        long epoch = Epoch;
        return Id == id && IsUnderWay(epoch) ? new CallUse(this, epoch) : null;
    }

    /// <summary>
    /// Asks to cancel a use. Any thread; never blocks; the call may end at any moment, and its own result says how.
    /// </summary>
    public CancelOutcome RequestCancel(long epoch, CancelReason reason)
    {
        if (!IsCancellable)
        {
            return IsUnderWay(epoch) ? CancelOutcome.NotPossible : CancelOutcome.NotFound;
        }

        CancellationTokenSource? source = BodySource;
        if (!TryFlagCancel(epoch, reason, out bool before))
        {
            return !before ? CancelOutcome.NotFound
                : Carrier?.CanInterrupt(this) ?? true ? CancelOutcome.InProgress
                : CancelOutcome.NotPossible;
        }

        CancelOutcome outcome = Carry(epoch);
        if (outcome != CancelOutcome.Cancelled && source is not null)
        {
            // Callbacks that the body registered are its user's code: they run on the thread pool.
            _ = source.CancelAsync();
        }

        return outcome;
    }

    /// <summary>
    /// Says of the use that its taker has (Running) that it ran out of time, as the backend that kept its deadline found out. Unless someone cancelled it before.
    /// </summary>
    public void FlagTimedOut() => TryFlagCancel(Epoch, CancelReason.TimedOut, out _);

    // Until the flag is set the use cannot end under the callback: settling waits for it. Afterwards it may end at any moment.
    private void OnTokenFired()
    {
        long epoch = Epoch;
        CancellationTokenSource? source = BodySource;
        if (IsCancellable && TryFlagCancel(epoch, CancelReason.Requested, out _, TokenFlag) && Carry(epoch) != CancelOutcome.Cancelled)
        {
            // As a linked token does: on the thread that cancels.
            source?.Cancel();
        }
    }

    // Before the call is accepted its carrier does not know it yet: the flag alone is seen when it is accepted.
    private CancelOutcome Carry(long epoch) => Carrier?.Cancel(this, epoch) ?? CancelOutcome.InProgress;

    private bool TryFlagCancel(long epoch, CancelReason reason, out bool before, long more = 0) =>
        TryFlag(epoch, CancelFlag, CancelFlag | ((long)reason << ReasonShift) | more, out before);

    /// <summary>Asks to be told of the end of a use. False: it has ended. Called by <see cref="CallObservers"/>, which is told.</summary>
    public bool TryFlagObserved(long epoch) => TryFlag(epoch, ObservedFlag, ObservedFlag, out bool before) || before;

    /// <summary>How a call that ended as cancelled says so.</summary>
    private protected Exception Cancellation()
    {
        CallTraits traits = Traits;
        CancelReason reason = Reason;
        string partly = BytesTransferred > 0 ? $" {BytesTransferred} bytes were transferred before." : "";
        if (reason == CancelReason.TimedOut)
        {
            return new AsyncCallTimeoutException($"The call of {Method} did not complete in the time that it was given, and was cancelled.{partly}", Error, Operation, traits, BytesTransferred);
        }

        string because = reason switch
        {
            CancelReason.HandleClosed => " because its handle was closed",
            CancelReason.Disposed => " because its context or runtime was disposed",
            _ => "",
        };
        CancellationToken token = Token.IsCancellationRequested ? Token : CancellationToken.None;
        return new AsyncCallCanceledException($"The call of {Method} was cancelled{because}.{partly}", Error, Operation, reason, traits, BytesTransferred, token);
    }
}

/// <summary>One use of a pooled record: what a late canceller or observer means.</summary>
internal readonly record struct CallUse(Call Call, long Epoch)
{
    public CancelOutcome RequestCancel(CancelReason reason) => Call.RequestCancel(Epoch, reason);
}
