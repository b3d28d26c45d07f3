using System.CommandLine;
using AsyncCalls.Benchmarks.Fixtures;
using AsyncCalls.Benchmarks.Metrics;
using AsyncCalls.Benchmarks.Scale;

namespace AsyncCalls.Benchmarks.Ratios;

/// <summary><c>ratios [--quick] [--only NAME,…] [--list]</c></summary>
internal static class RatiosCommand
{
    /// <summary>The command line was wrong.</summary>
    public const int UsageError = 2;

    /// <summary>The library failed where it was to be measured.</summary>
    private const int Failure = 1;

    public static Command Create()
    {
        var quick = new Option<bool>("--quick") { Description = "Three rounds and shorter slices: under a minute for all." };
        var list = new Option<bool>("--list") { Description = "Print the names of the metrics, one per line, and measure nothing." };
        var scale = new Option<bool>("--scale")
        {
            Description = "Not the metrics: what a call costs with up to 65,536 in flight, from up to 64 threads, on up to 10,000 handles.",
        };
        Option<string[]> only = MetricSelection.Option(MetricCatalog.All);
        var command = new Command("ratios", "One JSON object per metric on standard output; a table on standard error.") { quick, only, scale, list };
        command.SetAction(arguments =>
        {
            IReadOnlyList<Metric> metrics = MetricSelection.Select(MetricCatalog.All, arguments.GetValue(only) ?? []);
            RunSettings settings = arguments.GetValue(quick) ? RunSettings.Quick : RunSettings.Full;
            return arguments.GetValue(list) ? List(metrics)
                : arguments.GetValue(scale) ? MeasureScale(settings)
                : Measure(metrics, settings);
        });
        return command;
    }

    private static int List(IReadOnlyList<Metric> metrics)
    {
        foreach (Metric metric in metrics)
        {
            Console.Out.WriteLine(metric.Name);
        }

        return 0;
    }

    private static int MeasureScale(RunSettings settings)
    {
        using var resources = new BenchmarkResources();
        var report = new RatioReport(Console.Out, Console.Error);
        report.Begin(resources);
        new ScaleRun(settings, Console.Out, report.People).Measure(resources);
        return 0;
    }

    private static int Measure(IReadOnlyList<Metric> metrics, RunSettings settings)
    {
        using var resources = new BenchmarkResources();
        var runner = new MetricRunner(settings);
        var report = new RatioReport(Console.Out, Console.Error);
        report.Begin(resources);
        foreach (Metric metric in metrics)
        {
            report.Add(Measure(metric, runner, resources));
        }

        report.End();
        return report.AnyFailed ? Failure : 0;
    }

    private static MetricResult Measure(Metric metric, MetricRunner runner, BenchmarkResources resources)
    {
        try
        {
            using Comparison comparison = metric.Open(resources);
            return MetricResult.Measured(metric, runner.Measure(metric, comparison));
        }
        catch (ReferenceUnavailableException e)
        {
            return MetricResult.SkippedBecause(metric, e.Message);
        }
        catch (Exception e)
        {
            // One broken row must not hide the others; the exit code and the row itself say that it is broken.
            Exception cause = e is AggregateException loops ? loops.Flatten().InnerExceptions[0] : e;
            return MetricResult.FailedBecause(metric, $"{cause.GetType().Name}: {cause.Message}");
        }
    }
}
