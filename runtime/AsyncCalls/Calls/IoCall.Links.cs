using System.Diagnostics;

namespace AsyncCalls.Calls;

/// <summary>Calls that follow one another.</summary>
internal interface ICallChain
{
    /// <summary>A call of it is about to count as ended. By whoever settled it, before anyone can see that.</summary>
    void Ending();

    /// <summary>A call of it has ended, and its completion is published. By whoever settled it, last of all.</summary>
    void Ended(int place, bool failed);
}

/// <summary>A submitted call's place in a chain.</summary>
internal sealed unsafe partial class IoCall
{
    /// <summary>The chain that the call belongs to; null: it follows nobody, and nobody follows it.</summary>
    public ICallChain? Chain => ExistingRareParts?.Chain;

    /// <summary>Its place there.</summary>
    public int Place => RareParts.Place;

    /// <summary>Whether the settled call breaks a chain: it failed, or transferred less than it was to.</summary>
    public bool BreaksChain => Result < RareParts.WholeBytes;

    /// <summary>Enters the call into a chain. Before it is started.</summary>
    /// <param name="chain">The chain.</param>
    /// <param name="place">The call's place.</param>
    /// <param name="wholeBytes">What a transfer must have transferred to be whole; 0 for other calls.</param>
    public void Join(ICallChain chain, int place, long wholeBytes)
    {
        RareParts parts = RareParts;
        parts.Chain = chain;
        parts.Place = place;
        parts.WholeBytes = wholeBytes;
    }

    /// <summary>The block of a call that has not begun, to begin now: a time that runs from its beginning is set anew.</summary>
    public void BeginSleep(TimeSpan time) => SetMoment(ref _iocb, time);

    /// <summary>Writes the moment when a sleep ends that begins now, as <see cref="CallOperation.Sleep"/> has it.</summary>
    public static void SetMoment(ref Iocb block, TimeSpan time)
    {
        long moment = Stopwatch.GetTimestamp() + (long)((Int128)time.Ticks * Stopwatch.Frequency / TimeSpan.TicksPerSecond);
        (block.Length, block.Offset) = Math.DivRem(moment, Stopwatch.Frequency);
    }
}
