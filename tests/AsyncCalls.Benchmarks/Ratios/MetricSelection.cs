namespace AsyncCalls.Benchmarks.Ratios;

/// <summary>What <c>--only</c> means.</summary>
internal static class MetricSelection
{
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
