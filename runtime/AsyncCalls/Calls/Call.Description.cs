namespace AsyncCalls.Calls;

/// <summary>What a call in flight is seen to do, without stopping it.</summary>
internal abstract partial class Call
{
    /// <summary>The offset at which it is, if it has one.</summary>
    protected virtual long? CurrentOffset => null;

    /// <summary>The bytes that it has left, if it has some.</summary>
    protected virtual long? CurrentLength => null;

    /// <summary>
    /// Describes a use. Null: it was not accepted yet, has ended, or ended while it was looked at. Fields are read while their owner may change them and count only if the use is still under way
    /// afterwards; a transfer that goes on meanwhile may be seen between two of its parts.
    /// </summary>
    public PendingCall? Describe(long epoch, ulong id)
    {
        long word = Volatile.Read(ref _word);
        if (!IsUnderWay(word, epoch) || (word & StateMask) == Prepared)
        {
            return null;
        }

        var description = new PendingCall(
            new CallId(id),
            Operation,
            Method,
            Handle,
            CurrentOffset,
            CurrentLength,
            TimeSpan.FromMilliseconds(Math.Max(0, Environment.TickCount64 - StartedMs)),
            Carrier?.Name ?? "none",
            StateSeen(word, id),
            Traits);
        return IsStillUnderWay(epoch) ? description : null;
    }

    /// <summary>Whether what was read of a use before was its own: it is under way still.</summary>
    public bool IsStillUnderWay(long epoch)
    {
        Interlocked.MemoryBarrier();
        return IsUnderWay(epoch);
    }

    private static PendingCallState StateSeen(long word, ulong id) =>
        (word & CancelFlag) != 0 ? PendingCallState.Cancelling
        : id == 0 ? PendingCallState.WaitingForSlot
        : (word & StateMask) == Running ? PendingCallState.Running
        : PendingCallState.Queued;
}
