using AsyncCalls.Stress.Proofs;
using AsyncCalls.Stress.Running;

[assembly: Xunit.v3.Parallelization(Mode = Xunit.Sdk.ParallelMode.None)]

namespace AsyncCalls.Stress.Tests;

/// <summary>
/// Every proof of the stress program, with small counts: what must hold is the same code. Times are told and not judged here. Each runs alone, since descriptors and threads of the process are counted.
/// </summary>
public sealed class ProofTests
{
    /// <summary>The same choices at each run; the stress program takes others.</summary>
    private const int Seed = 4;

    private static readonly CancelWay[] OneWay = [CancelWay.Token, CancelWay.Id, CancelWay.IdAndWait, CancelWay.Handle, CancelWay.Context];

    public static TheoryData<string, string, long> Small()
    {
        var rows = new TheoryData<string, string, long>();
        foreach (Proof proof in ProofCatalog.All)
        {
            foreach (Lane lane in proof.Lanes)
            {
                rows.Add(proof.Name, lane.Name(), SmallCount(proof));
            }
        }

        return rows;
    }

    public static MatrixTheoryData<string, string> Ways() => new(
        [.. OneWay.Select(static way => way.ToString())],
        [.. Enum.GetValues<Lane>().Select(static lane => lane.Name())]);

    [Theory, MemberData(nameof(Small))]
    public Task It_holds(string proof, string lane, long count) => RunAsync(ProofCatalog.All.Single(one => one.Name == proof), lane, count);

    [Theory, MemberData(nameof(Ways))]
    public Task Cancels_of_one_way_race_with_completions(string way, string lane) => RunAsync(new CancelRaces(Enum.Parse<CancelWay>(way)), lane, 2_000);

    private static async Task RunAsync(Proof proof, string laneName, long count)
    {
        Lane lane = Enum.GetValues<Lane>().Single(one => one.Name() == laneName);
        if ((proof.Unavailable ?? lane.Unavailable()) is { } reason)
        {
            Assert.Skip(reason);
        }

        var run = new ProofRun(proof, lane, count, Seed);
        await Task.Run(() => proof.RunAsync(run), TestContext.Current.CancellationToken);
        TestContext.Current.TestOutputHelper?.WriteLine(run.ToString());
        Assert.Empty(run.Violations);
        Assert.True(run.Done >= count, $"Only {run.Done} of {count} were done.");
    }

    private static long SmallCount(Proof proof) => proof switch
    {
        CancelRaces => 10_000,
        CancelLatency => 300,
        Teardowns => 20,
        ReusedNumbers => 20_000,
        CompactingCollections => 50,
        ChildProcesses => 6,
        EndingThreads => 160,
        LeakedCalls => 2,
        Soak => 20_000,
        _ => throw new InvalidOperationException($"{proof.Name} has no small count."),
    };
}
