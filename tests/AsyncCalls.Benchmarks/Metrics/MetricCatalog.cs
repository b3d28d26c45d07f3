using AsyncCalls.Benchmarks.Ratios;

namespace AsyncCalls.Benchmarks.Metrics;

/// <summary>All rows, in the order in which they run and are printed.</summary>
internal static class MetricCatalog
{
    public static IReadOnlyList<Metric> All { get; } =
    [
        .. NopMetrics.All,
        .. CachedReadMetrics.All,
        .. DirectReadMetrics.All,
        .. WriteMetrics.All,
        .. EchoMetrics.All,
        .. PingPongMetrics.All,
        .. OffloadMetrics.All,
        .. CancelMetrics.All,
        .. CallMetrics.All,
        .. RingMetrics.All,
        .. GeneratorMetrics.All,
    ];
}
