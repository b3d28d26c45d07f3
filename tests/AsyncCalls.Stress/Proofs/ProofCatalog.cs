using AsyncCalls.Stress.Running;

namespace AsyncCalls.Stress.Proofs;

/// <summary>Every proof there is.</summary>
internal static class ProofCatalog
{
    public static IReadOnlyList<Proof> All { get; } =
    [
        new CancelRaces(CancelWay.Mixed),
        new CancelLatency(),
        new Teardowns(),
        new ReusedNumbers(),
        new CompactingCollections(),
        new ChildProcesses(),
        new EndingThreads(),
        new LeakedCalls(),
        new Soak(),
    ];
}
