using System.CommandLine;

namespace AsyncCalls.Benchmarks.Ratios;

/// <summary>What <c>--only</c> means.</summary>
internal static class MetricSelection
{
    /// <summary>The option itself, which refuses names that there are not.</summary>
    public static Option<string[]> Option(IReadOnlyList<Metric> all)
    {
        var only = new Option<string[]>("--only")
        {
            Description = "Only these metrics, separated by commas.",
            HelpName = "NAME,…",
            DefaultValueFactory = _ => [],
        };
        only.Validators.Add(option =>
        {
            // An option that was not given is checked as well, with its default value.
            string? error = option.Implicit ? null : Complaint(all, option.Tokens.Select(t => t.Value));
            if (error is not null)
            {
                option.AddError(error);
            }
        });
        return only;
    }

    /// <summary>The metrics that were named, in the order of the table; all of them if none was.</summary>
    public static IReadOnlyList<Metric> Select(IReadOnlyList<Metric> all, IEnumerable<string> only)
    {
        HashSet<string> names = [.. Split(only)];
        return names.Count == 0 ? all : [.. all.Where(metric => names.Contains(metric.Name))];
    }

    /// <summary>What is wrong with the names, or null.</summary>
    public static string? Complaint(IReadOnlyList<Metric> all, IEnumerable<string> only)
    {
        string[] names = [.. Split(only)];
        string[] unknown = [.. names.Except(all.Select(metric => metric.Name))];
        string known = string.Join(Environment.NewLine, all.Select(metric => "  " + metric.Name));
        if (names.Length == 0)
        {
            return $"--only names no metric. The metrics are:{Environment.NewLine}{known}";
        }

        return unknown.Length == 0
            ? null
            : $"Unknown metric: {string.Join(", ", unknown)}. The metrics are:{Environment.NewLine}{known}";
    }

    private static IEnumerable<string> Split(IEnumerable<string> only)
        => only.SelectMany(names => names.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries));
}
