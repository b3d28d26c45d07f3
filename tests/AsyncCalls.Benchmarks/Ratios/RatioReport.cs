using System.Runtime.InteropServices;
using AsyncCalls.Benchmarks.Fixtures;
using Spectre.Console;

namespace AsyncCalls.Benchmarks.Ratios;

/// <summary>Lines for programs on one stream, as each metric ends, and a table for people on the other.</summary>
internal sealed class RatioReport
{
    /// <summary>Enough for the table, where there is no terminal to ask.</summary>
    private const int WidthWhenRedirected = 190;

    private readonly TextWriter _lines;
    private readonly List<MetricResult> _results = [];

    public RatioReport(TextWriter lines, TextWriter people)
    {
        _lines = lines;
        People = AnsiConsole.Create(new AnsiConsoleSettings { Out = new AnsiConsoleOutput(people) });
        if (Console.IsErrorRedirected)
        {
            People.Profile.Width = WidthWhenRedirected;
            People.Profile.Capabilities.Ansi = false;
        }
    }

    /// <summary>Where people read.</summary>
    public IAnsiConsole People { get; }

    public bool AnyFailed => _results.Any(result => result.Failed is not null);

    public void Begin(BenchmarkResources resources)
    {
        People.WriteLine($"{RuntimeInformation.OSDescription}, {RuntimeInformation.FrameworkDescription}, {Environment.ProcessorCount} processors");
        People.WriteLine($"Files in {resources.Folder.Path} ({resources.Folder.Format})");
    }

    public void Add(MetricResult result)
    {
        _results.Add(result);
        _lines.WriteLine(result.ToJson());
        _lines.Flush();
    }

    public void End()
    {
        var table = new Table().Border(TableBorder.Simple);
        table.AddColumn("metric");
        foreach (string heading in (ReadOnlySpan<string>)["ours", "reference", "ratio", "min … max", "target", "noise", "CPU", "target", "B/call", "switches", "met"])
        {
            table.AddColumn(new TableColumn(heading).RightAligned().NoWrap());
        }

        table.AddColumn("reference is");
        foreach (MetricResult result in _results)
        {
            table.AddRow([.. Cells(result).Select(text => new Text(text))]);
        }

        People.Write(table);
    }

    private static string[] Cells(MetricResult result)
    {
        Metric metric = result.Metric;
        string target = $"{metric.Target.Time:0.00}";
        if (result.Measurement is not { } m)
        {
            string verdict = result.Skipped is null ? "failed" : "skipped";
            return [metric.Name, "", "", "", "", target, "", "", "", "", "", verdict, result.Skipped ?? result.Failed ?? ""];
        }

        return
        [
            metric.Name,
            $"{m.Ours:#,0}",
            $"{m.Reference:#,0}",
            $"{m.Ratio:0.000}",
            $"{m.RatioMin:0.00} … {m.RatioMax:0.00}",
            target,
            $"{m.Noise:0.000}",
            $"{m.CpuRatio:0.000}",
            metric.Target.Cpu is { } cpu ? $"{cpu:0.00}" : "",
            $"{m.BytesPerCall:0.0}",
            $"{m.OursSwitches:0.00}",
            result.Met == true ? "yes" : "no",
            metric.Reference,
        ];
    }
}
