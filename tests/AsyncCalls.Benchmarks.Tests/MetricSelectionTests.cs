using AsyncCalls.Benchmarks.Metrics;
using AsyncCalls.Benchmarks.Ratios;

namespace AsyncCalls.Benchmarks.Tests;

public sealed class MetricSelectionTests
{
    [Fact]
    public void Without_names_everything_runs()
        => Assert.Equal(MetricCatalog.All, MetricSelection.Select(MetricCatalog.All, []));

    [Fact]
    public void Names_are_separated_by_commas_and_run_in_the_order_of_the_table()
    {
        IReadOnlyList<Metric> chosen = MetricSelection.Select(MetricCatalog.All, ["nop_qd32, nop_qd1", "offload_qd1_vs_taskrun"]);

        Assert.Equal(["nop_qd1", "nop_qd32", "offload_qd1_vs_taskrun"], chosen.Select(metric => metric.Name));
    }

    [Fact]
    public void An_unknown_name_is_named_and_the_known_ones_are_listed()
    {
        string? complaint = MetricSelection.Complaint(MetricCatalog.All, ["nop_qd1,nop_qd2"]);

        Assert.NotNull(complaint);
        Assert.StartsWith("Unknown metric: nop_qd2.", complaint, StringComparison.Ordinal);
        Assert.All(MetricCatalog.All, metric => Assert.Contains(metric.Name, complaint, StringComparison.Ordinal));
    }

    [Fact]
    public void Known_names_are_fine_and_none_at_all_is_not()
    {
        Assert.Null(MetricSelection.Complaint(MetricCatalog.All, ["nop_qd1,nop_qd32"]));
        Assert.NotNull(MetricSelection.Complaint(MetricCatalog.All, [","]));
    }

    [Fact]
    public void Every_metric_has_a_name_of_its_own()
        => Assert.Equal(MetricCatalog.All.Count, MetricCatalog.All.Select(metric => metric.Name).Distinct().Count());
}
