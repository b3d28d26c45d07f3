using System.Diagnostics.Metrics;

namespace AsyncCalls;

/// <summary>
/// What a runtime counts, as instruments of <c>System.Diagnostics.Metrics</c>: meter <c>AsyncCalls</c>, each measurement with the tag
/// <c>asynccalls.runtime</c>. Read when somebody listens; costs nothing otherwise.
/// </summary>
/// <remarks>The list of all meters is static, so the runtime is held weakly: one that nobody disposes can still be collected.</remarks>
internal sealed class RuntimeMetrics : IDisposable
{
    public const string MeterName = "AsyncCalls";

    private readonly Meter _meter = new(MeterName);
    private readonly WeakReference<Func<AsyncCallStatistics>> _read;
    private readonly KeyValuePair<string, object?> _runtime;

    /// <param name="name">The runtime's name.</param>
    /// <param name="read">Takes a snapshot. Kept alive by the runtime.</param>
    public RuntimeMetrics(string name, Func<AsyncCallStatistics> read)
    {
        _read = new WeakReference<Func<AsyncCallStatistics>>(read);
        _runtime = new KeyValuePair<string, object?>("asynccalls.runtime", name);
        _meter.CreateObservableCounter("asynccalls.calls.completed", Completed, "{call}", "Calls that have completed, by the way that they took.");
        _meter.CreateObservableCounter("asynccalls.calls.cancelled", Cancelled, "{call}", "Calls that ended as cancelled.");
        _meter.CreateObservableUpDownCounter("asynccalls.calls.active", Active, "{call}", "Calls in flight.");
        _meter.CreateObservableCounter("asynccalls.kernel.entries", Entries, "{entry}", "How often io_uring was entered.");
        _meter.CreateObservableUpDownCounter("asynccalls.worker.threads", Threads, "{thread}", "Worker threads.");
        _meter.CreateObservableCounter("asynccalls.calls.stalled", Stalled, "{call}", "Calls that were reported because they did not end in time.");
    }

    public void Dispose() => _meter.Dispose();

    private IEnumerable<Measurement<long>> Completed() => Read(statistics =>
    [
        new(statistics.CompletedInline, _runtime, Path("inline")),
        new(statistics.CompletedByIoUring, _runtime, Path("io_uring")),
        new(statistics.CompletedByEpoll, _runtime, Path("epoll")),
        new(statistics.CompletedByLinuxAio, _runtime, Path("linux_aio")),
        new(statistics.CompletedByWorkers, _runtime, Path("workers")),
    ]);

    private IEnumerable<Measurement<long>> Cancelled() => Read(statistics => [new(statistics.Cancelled, _runtime)]);

    private IEnumerable<Measurement<long>> Active() => Read(statistics => [new(statistics.InFlight, _runtime)]);

    private IEnumerable<Measurement<long>> Entries() => Read(statistics => [new(statistics.KernelEntries, _runtime)]);

    private IEnumerable<Measurement<long>> Threads() => Read(statistics => [new(statistics.WorkerThreads, _runtime)]);

    private IEnumerable<Measurement<long>> Stalled() => Read(statistics => [new(statistics.Stalled, _runtime)]);

    private Measurement<long>[] Read(Func<AsyncCallStatistics, Measurement<long>[]> select) =>
        _read.TryGetTarget(out Func<AsyncCallStatistics>? read) ? select(read()) : [];

    private static KeyValuePair<string, object?> Path(string value) => new("asynccalls.path", value);
}
