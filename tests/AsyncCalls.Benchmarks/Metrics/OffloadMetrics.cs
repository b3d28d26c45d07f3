using AsyncCalls.Benchmarks.Counts;
using AsyncCalls.Benchmarks.Fixtures;
using AsyncCalls.Benchmarks.Ratios;

namespace AsyncCalls.Benchmarks.Metrics;

/// <summary>Work that has to be handed to another thread.</summary>
internal static class OffloadMetrics
{
    public static IEnumerable<Metric> All { get; } =
    [
        AgainstTaskRun(1, 1.00, new CallCounts(0, KernelEntries: 0.001, Switches: 0.5)),
        AgainstTaskRun(32, 0.80, new CallCounts(0, KernelEntries: 0.001, Switches: 0.1)),
        Against("body", "the body itself, handed to nobody", Body, 32, 1.25),
    ];

    private static Metric AgainstTaskRun(int depth, double target, CallCounts atMost) => Against("taskrun", "Task.Run of the same body", TaskRun, depth, target, atMost);

    private static Metric Against(string name, string reference, Func<CallQuota, Task> loop, int depth, double target, CallCounts? atMost = null) => new()
    {
        Name = $"offload_qd{depth}_vs_{name}",
        Work = "twin of a short blocking body",
        Reference = reference,
        Depth = depth,
        Target = new Target(target, Bytes: 0),
        AtMost = atMost,
        Open = _ => Open(depth, loop),
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
