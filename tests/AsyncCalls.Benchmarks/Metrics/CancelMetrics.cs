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
        Against("cancel_pipe_p50_vs_wake", "C, futex wake, one way", 1.5, static (c, samples) => c.Wake(Idle, samples)),
        Against("cancel_pipe_p50_vs_signal", "C, tgkill until read has ended", 1.5, static (c, samples) => c.Interrupt(Idle, samples)),
    ];

    private static Metric Against(string name, string reference, double target, Action<CReferences, double[]> sample) => new()
    {
        Name = name,
        Unit = "ns (p50)",
        Work = "from Cancel() to the awaiter resumed, a pipe read parked on a worker",
        Reference = reference,
        Target = new Target(target),
        Open = resources => Open(resources, sample),
    };

    private static Comparison Open(BenchmarkResources resources, Action<CReferences, double[]> sample)
    {
        CReferences c = resources.C;
        var runtime = new AsyncCallRuntime(new AsyncCallOptions { Backends = AsyncCallBackends.WorkersOnly });
        var pipe = new ParkedPipe();
        var cancel = new CancelledRead(runtime, pipe, Idle);
        return new Comparison(
            new SampledWork(cancel.Sample),
            new SampledWork(samples => sample(c, samples)),
            runtime,
            cancel,
            pipe);
    }
}
