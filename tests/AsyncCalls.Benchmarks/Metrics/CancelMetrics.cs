using AsyncCalls.Benchmarks.Fixtures;
using AsyncCalls.Benchmarks.Native;
using AsyncCalls.Benchmarks.Ratios;

namespace AsyncCalls.Benchmarks.Metrics;

/// <summary>How soon a cancelled call that is blocked in the kernel comes back.</summary>
internal static class CancelMetrics
{
    /// <summary>
    /// Before each sample, on both sides: long enough for the read to be parked, the futex to be waited for and both processors
    /// to have gone idle.
    /// </summary>
    private static readonly TimeSpan Idle = TimeSpan.FromMilliseconds(1);

    public static IEnumerable<Metric> All { get; } =
    [
        new()
        {
            Name = "cancel_pipe_p50_vs_wake",
            Unit = "ns (p50)",
            Work = "from Cancel() to the awaiter resumed, a pipe read parked on a worker",
            Reference = "C, futex wake, one way",
            Target = new Target(1.5),
            Open = Open,
        },
    ];

    private static Comparison Open(BenchmarkResources resources)
    {
        CReferences c = resources.C;
        var runtime = new AsyncCallRuntime(new AsyncCallOptions { Backends = AsyncCallBackends.WorkersOnly });
        var pipe = new ParkedPipe();
        var cancel = new CancelledRead(runtime, pipe, Idle);
        return new Comparison(
            new SampledWork(cancel.Sample),
            new SampledWork(samples => c.Wake(Idle, samples)),
            runtime,
            cancel,
            pipe);
    }
}
