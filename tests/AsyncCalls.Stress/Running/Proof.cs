namespace AsyncCalls.Stress.Running;

/// <summary>
/// Something that must hold, tried so many times. The stress program runs it with its full count, the ordinary tests with a small one.
/// </summary>
/// <param name="name">Its name on the command line and in the report.</param>
/// <param name="claim">What must hold, in one sentence.</param>
/// <param name="unit">What is counted.</param>
/// <param name="fullCount">How many times, on each lane.</param>
internal abstract class Proof(string name, string claim, string unit, long fullCount)
{
    public string Name { get; } = name;

    public string Claim { get; } = claim;

    public string Unit { get; } = unit;

    public long FullCount { get; } = fullCount;

    /// <summary>The lanes that it means something on.</summary>
    public virtual IReadOnlyList<Lane> Lanes => [Lane.IoUring, Lane.Workers, Lane.Epoll];

    /// <summary>Why it cannot run on this machine; null if it can.</summary>
    public virtual string? Unavailable => null;

    /// <summary>Tries until the run says that it is enough, and tells it what did not hold.</summary>
    public abstract Task RunAsync(ProofRun run);
}
