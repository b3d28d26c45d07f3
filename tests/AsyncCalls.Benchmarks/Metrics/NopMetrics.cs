using AsyncCalls.Benchmarks.Counts;
using AsyncCalls.Benchmarks.Fixtures;
using AsyncCalls.Benchmarks.Native;
using AsyncCalls.Benchmarks.Ratios;

namespace AsyncCalls.Benchmarks.Metrics;

/// <summary>The whole asynchronous way with nothing at its end: what the machinery itself costs.</summary>
internal static class NopMetrics
{
    public static IEnumerable<Metric> All { get; } =
    [
        AtDepth(1, 1.10, new CallCounts(0, KernelEntries: 1.05, Switches: 0.1)),
        AtDepth(32, 1.40, new CallCounts(0, KernelEntries: 1.0 / 16, Switches: 0.02)),
    ];

    private static Metric AtDepth(int depth, double target, CallCounts atMost) => new()
    {
        Name = $"nop_qd{depth}",
        Work = "NopAsync",
        Reference = "C, IORING_OP_NOP",
        Depth = depth,
        Target = new Target(target, Bytes: 0),
        AtMost = atMost,
        Open = resources => Open(resources, depth),
    };

    private static Comparison Open(BenchmarkResources resources, int depth)
    {
        CRing ring = resources.C.OpenRing((uint)depth);
        var runtime = new AsyncCallRuntime();
        return new Comparison(
            new AwaitingLoops(depth, quota => Loop(runtime, quota)),
            new TimedWork(calls => ring.Nop(depth, calls)),
            runtime,
            ring);
    }

    /// <summary>One call after the other.</summary>
    public static async Task Loop(AsyncCallRuntime runtime, CallQuota quota)
    {
        for (int batch = quota.Take(); batch > 0; batch = quota.Take())
        {
            for (int i = 0; i < batch; i++)
            {
                await runtime.NopAsync();
            }
        }
    }
}
