using AsyncCalls.Benchmarks.Ratios;

namespace AsyncCalls.Benchmarks.Counts;

/// <summary>Counts what the library's side of a metric costs: the least of a few slices, after as many that warm it up.</summary>
internal static class CountRunner
{
    private const int Slices = 5;

    /// <summary>Calls of a slice for each loop: enough for what starting the loops costs to vanish in the third digit.</summary>
    private const int CallsPerLoop = 2_000;

    public static CallCounts Count(Metric metric, Comparison comparison)
    {
        IMeasured work = comparison.Ours;
        int calls = Math.Min(metric.Depth * CallsPerLoop, work.MostCalls);
        for (int i = 0; i < Slices; i++)
        {
            work.Prepare();
            work.Run(calls);
        }

        Slice shortest = Slice.Take(work, metric.Depth);
        var least = new CallCounts(double.MaxValue, double.MaxValue, double.MaxValue);
        for (int i = 0; i < Slices; i++)
        {
            long entries = Entries(comparison);
            Slice slice = Slice.Take(work, calls);
            entries = Entries(comparison) - entries;
            least = CallCounts.Least(least, new CallCounts(slice.BytesPerCallBeyond(shortest), (double)entries / calls, slice.SwitchesPerCall));
        }

        return least;
    }

    private static long Entries(Comparison comparison) => comparison.Runtime?.GetStatistics().KernelEntries ?? 0;
}
