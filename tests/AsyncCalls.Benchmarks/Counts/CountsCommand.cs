using System.CommandLine;
using System.Globalization;
using AsyncCalls.Benchmarks.Fixtures;
using AsyncCalls.Benchmarks.Metrics;
using AsyncCalls.Benchmarks.Ratios;

namespace AsyncCalls.Benchmarks.Counts;

/// <summary><c>counts</c>: a line for each metric that has limits.</summary>
internal static class CountsCommand
{
    private const int Exceeded = 1;

    /// <summary>The metrics whose costs are counted and limited.</summary>
    public static IEnumerable<Metric> Counted => MetricCatalog.All.Where(metric => metric.AtMost is not null);

    public static Command Create()
    {
        Option<string[]> only = MetricSelection.Option([.. Counted]);
        var command = new Command("counts", "What a call costs in memory, entries of the kernel and context switches, against the limits. Ends with 1 where one is exceeded.") { only };
        command.SetAction(arguments =>
        {
            using var resources = new BenchmarkResources();
            int exitCode = 0;
            foreach (Metric metric in MetricSelection.Select([.. Counted], arguments.GetValue(only) ?? []))
            {
                exitCode |= Report(metric, resources);
            }

            return exitCode;
        });
        return command;
    }

    private static int Report(Metric metric, BenchmarkResources resources)
    {
        try
        {
            using Comparison comparison = metric.Open(resources);
            CallCounts counts = CountRunner.Count(metric, comparison);
            string[] beyond = [.. counts.Beyond(metric.AtMost!.Value)];
            Console.Out.WriteLine(string.Create(
                CultureInfo.InvariantCulture,
                $"{metric.Name,-36} {counts.Bytes,6:f2} B {counts.KernelEntries,8:f4} entries {counts.Switches,8:f4} switches  {(beyond.Length == 0 ? "ok" : string.Join("; ", beyond))}"));
            return beyond.Length == 0 ? 0 : Exceeded;
        }
        catch (ReferenceUnavailableException exception)
        {
            Console.Out.WriteLine($"{metric.Name,-36} skipped: {exception.Message}");
            return 0;
        }
    }
}
