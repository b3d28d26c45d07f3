using System.Diagnostics;

namespace AsyncCalls.Calls;

/// <summary>
/// The state of a call, one 64-bit word: an epoch (the upper 56 bits, new at each use of the object), a state, and what was asked of it: to end (and why), to tell when it
/// has ended.
/// </summary>
/// <remarks>
/// <code>
///            prepare            accept                take                 settle             dispatch
///   Pooled ─────────► Prepared ────────► Queued ─────────────► Running ─────────────► Settled ─────────► (awaiter) ─► Pooled
///            caller              caller         backend, or the           the taker             dispatcher
///                                               canceller that claims it
/// </code>
/// <para><b>Who writes what.</b> Until Queued all fields belong to the caller that prepares the call. Whoever moves the word from Queued
/// to Running (a compare-and-swap, so exactly one: a worker, the io_uring pump, or the canceller of a call that still waits) owns the
/// call until it settles it, and settles it once. From Settled on the fields belong to the awaiter, which pools the object in
/// GetResult.</para>
/// <para><b>Cancel</b> sets its flag by compare-and-swap in the epoch of the use that it means: an object that was pooled and used again has another one and the swap
/// fails, so a late cancel meets nobody. Once set the flag stays until the object is pooled, and the first reason counts.</para>
/// <para><b>The token's callback</b> sets one flag more in the same swap. An end of the use that finds the flag missing waits for the callback, which may be about to set it. Once
/// it is set, the callback knows its epoch and touches nothing else of the use: an end that finds it so does not wait for what the callback still does, which may be the signal that has just ended the call.</para>
/// <para><b>Observers</b> wait for the end of a use. One that wants to know enters itself in <see cref="CallObservers"/> and then sets the flag, in the same way; the swap to
/// Settled sees the flag, or the observer sees Settled.</para>
/// </remarks>
internal abstract partial class Call
{
    private const long StateMask = 0x07;
    private const long TokenFlag = 0x08;
    private const long CancelFlag = 0x10;
    private const int ReasonShift = 5;
    private const long ReasonMask = 3 << ReasonShift;
    private const long ObservedFlag = 0x80;
    private const int EpochShift = 8;

    private const long Pooled = 0;
    private const long Prepared = 1;
    private const long Queued = 2;
    private const long Running = 3;
    private const long Settled = 4;

    private long _word;

    /// <summary>Whether someone asked to cancel this call. Stays true until the object is pooled.</summary>
    public bool IsCancelRequested => (Volatile.Read(ref _word) & CancelFlag) != 0;

    /// <summary>Whether the backend that has the call is to end it, for whatever reason.</summary>
    public virtual bool IsToEnd => IsCancelRequested;

    /// <summary>Why someone asked, if someone did.</summary>
    private CancelReason Reason => (CancelReason)((Volatile.Read(ref _word) & ReasonMask) >> ReasonShift);

    /// <summary>Whether the call has ended and its result is there.</summary>
    public bool IsSettled => (Volatile.Read(ref _word) & StateMask) == Settled;

    /// <summary>Whether its taker has the call.</summary>
    public bool IsRunning => (Volatile.Read(ref _word) & StateMask) == Running;

    /// <summary>Whether a use waits to be taken.</summary>
    public bool IsQueued(long epoch)
    {
        long word = Volatile.Read(ref _word);
        return word >> EpochShift == epoch && (word & StateMask) == Queued;
    }

    /// <summary>The epoch of this use, to find out later whether an entry of a queue still means it.</summary>
    public long Epoch => Volatile.Read(ref _word) >> EpochShift;

    /// <summary>Pooled → Prepared, by the thread that rented the object.</summary>
    protected void BeginUse()
    {
        Debug.Assert((_word & StateMask) == Pooled, "Only a pooled object is rented.");
        Volatile.Write(ref _word, (((_word >> EpochShift) + 1) << EpochShift) | Prepared);
    }

    /// <summary>Prepared → Queued: from here on a backend, or a canceller, may take it.</summary>
    public void Accept() => Change(Prepared, Queued);

    /// <summary>Queued → Running for one taker. False: the entry is of an earlier use, or someone else took the call.</summary>
    public bool TryTake(long epoch)
    {
        while (true)
        {
            long word = Volatile.Read(ref _word);
            if (word >> EpochShift != epoch || (word & StateMask) != Queued)
            {
                return false;
            }

            if (Interlocked.CompareExchange(ref _word, (word & ~StateMask) | Running, word) == word)
            {
                return true;
            }
        }
    }

    /// <summary>Running → Queued: its taker hands it to another backend, or to the same one again.</summary>
    public void HandBack() => Change(Running, Queued);

    /// <summary>Whether a use is still on its way: accepted or about to be, and not settled.</summary>
    private bool IsUnderWay(long epoch) => IsUnderWay(Volatile.Read(ref _word), epoch);

    private static bool IsUnderWay(long word, long epoch) => word >> EpochShift == epoch && (word & StateMask) is not (Pooled or Settled);

    /// <summary>Sets a flag, or flags, on a use that is under way. False: it has ended, or the flag was set before (see <paramref name="before"/>).</summary>
    private bool TryFlag(long epoch, long flag, long flags, out bool before)
    {
        while (true)
        {
            long word = Volatile.Read(ref _word);
            before = false;
            if (!IsUnderWay(word, epoch))
            {
                return false;
            }

            if ((word & flag) != 0)
            {
                before = true;
                return false;
            }

            if (Interlocked.CompareExchange(ref _word, word | flags, word) == word)
            {
                return true;
            }
        }
    }

    private void EndUse()
    {
        Debug.Assert((_word & StateMask) is Settled or Prepared, "Only a settled call, or one that was never accepted, is pooled.");
        Volatile.Write(ref _word, ((_word >> EpochShift) << EpochShift) | Pooled);
    }

    /// <summary>Changes the state and keeps the flags, which others may set meanwhile. Answers what the word became.</summary>
    private long Change(long from, long to)
    {
        while (true)
        {
            long word = Volatile.Read(ref _word);
            Debug.Assert((word & StateMask) == from, "The owner of a call changes its state from what it made it.");
            long changed = (word & ~StateMask) | to;
            if (Interlocked.CompareExchange(ref _word, changed, word) == word)
            {
                return changed;
            }
        }
    }
}
