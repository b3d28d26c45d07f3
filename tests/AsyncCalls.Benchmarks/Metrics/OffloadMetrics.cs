using AsyncCalls.Benchmarks.Counts;
using AsyncCalls.Benchmarks.Fixtures;
using AsyncCalls.Benchmarks.Ratios;

namespace AsyncCalls.Benchmarks.Metrics;

/// <summary>Work that has to be handed to another thread.</summary>
internal static class OffloadMetrics
{
    private const string Work = "twin of a short blocking body";

    public static IEnumerable<Metric> All { get; } =
    [
        AtDepth(1, 1.00, new CallCounts(0, KernelEntries: 0.001, Switches: 0.5)),
        AtDepth(32, 0.80, new CallCounts(0, KernelEntries: 0.001, Switches: 0.1)),
        new()
        {
            Name = "offload_qd32_vs_body",
            Work = Work,
            Reference = "the body itself, handed to nobody",
            Depth = 32,
            Target = new Target(1.25, Bytes: 0),
            Open = _ => Open(32, Body),
        },
    ];

    private static Metric AtDepth(int depth, double target, CallCounts atMost) => new()
    {
        Name = $"offload_qd{depth}_vs_taskrun",
        Work = Work,
        Reference = "Task.Run of the same body",
        Depth = depth,
        Target = new Target(target, Bytes: 0),
        AtMost = atMost,
        Open = _ => Open(depth, TaskRun),
    };

    private static Comparison Open(int depth, Func<CallQuota, Task> reference)
    {
        var runtime = new AsyncCallRuntime();
        var twins = new FileTwins(runtime);
        return new Comparison(
            new AwaitingLoops(depth, quota => Twin(twins, quota)),
            new AwaitingLoops(depth, reference),
            runtime);
    }

    private static async Task Twin(FileTwins twins, CallQuota quota)
    {
        for (int batch = quota.Take(); batch > 0; batch = quota.Take())
        {
            for (int i = 0; i < batch; i++)
            {
                await twins.WorkAsync();
            }
        }
    }

    private static Task Body(CallQuota quota)
    {
        for (int batch = quota.Take(); batch > 0; batch = quota.Take())
        {
            for (int i = 0; i < batch; i++)
            {
                ShortBody.Run();
            }
        }

        return Task.CompletedTask;
    }

    private static async Task TaskRun(CallQuota quota)
    {
        for (int batch = quota.Take(); batch > 0; batch = quota.Take())
        {
            for (int i = 0; i < batch; i++)
            {
                await Task.Run(ShortBody.Run);
            }
        }
    }
}
