using System.Globalization;
using System.Text.Json;
using AsyncCalls.Benchmarks.Fixtures;
using AsyncCalls.Benchmarks.Ratios;
using Spectre.Console;

namespace AsyncCalls.Benchmarks.Scale;

/// <summary>Measures each series with all of its points interleaved, round by round: a drift of the machine hits them alike.</summary>
internal sealed class ScaleRun(RunSettings settings, TextWriter lines, IAnsiConsole people)
{
    public void Measure(BenchmarkResources resources)
    {
        foreach (ScaleSeries series in ScaleCatalog.All)
        {
            Measure(series, resources);
        }
    }

    private void Measure(ScaleSeries series, BenchmarkResources resources)
    {
        var runner = new MetricRunner(settings);
        var points = new List<(int At, ScalePoint Point, int Calls, List<Slice> Slices)>();
        foreach (int at in series.Points)
        {
            try
            {
                ScalePoint point = series.Open(resources, at);
                points.Add((at, point, runner.Prepare(point.LeastCalls, point.Work), []));
            }
            catch (ReferenceUnavailableException exception)
            {
                lines.WriteLine(JsonSerializer.Serialize(new { series = series.Name, at, skipped = exception.Message }));
            }
        }

        for (int round = 0; round < settings.Rounds; round++)
        {
            foreach ((_, ScalePoint point, int calls, List<Slice> slices) in points)
            {
                slices.Add(Slice.Take(point.Work, calls));
            }
        }

        Report(series, points.ConvertAll(point => (point.At, point.Slices)));
        points.ForEach(point => point.Point.Dispose());
    }

    private void Report(ScaleSeries series, List<(int At, List<Slice> Slices)> points)
    {
        var chart = new BarChart().Label($"{series.Name}: ns a call. {series.Work}");
        double? first = null;
        foreach ((int at, List<Slice> slices) in points)
        {
            double ns = Statistics.Median(slices.Select(slice => slice.Figure));
            first ??= ns;
            lines.WriteLine(JsonSerializer.Serialize(new
            {
                series = series.Name,
                at,
                unit = "ns/call",
                value = Math.Round(ns, 1),
                min = Math.Round(slices.Min(slice => slice.Figure), 1),
                max = Math.Round(slices.Max(slice => slice.Figure), 1),
                to_first = Math.Round(ns / first.Value, 3),
                cpu_ns = Math.Round(Statistics.Median(slices.Select(slice => slice.CpuNsPerCall)), 1),
                rounds = slices.Count,
            }));
            chart.AddItem(at.ToString("#,0", CultureInfo.InvariantCulture), Math.Round(ns));
        }

        people.Write(chart);
        people.WriteLine();
    }
}
