using System.Diagnostics.Metrics;

namespace AsyncCalls.Runtime.Tests;

/// <summary>The meter says what the runtime counts.</summary>
public sealed class MetricsTests
{
    [Fact]
    public async Task Completed_calls_are_measured_by_path()
    {
        await using AsyncCallRuntime runtime = Lane.Workers.NewRuntime();
        for (int i = 0; i < 10; i++)
        {
            await runtime.NopAsync(TestContext.Current.CancellationToken);
        }

        Assert.Equal(10, Measure(runtime.Name, "workers"));
        Assert.Equal(0, Measure(runtime.Name, "io_uring"));
        Assert.Equal(0, Measure(runtime.Name, "epoll"));

        await using AsyncCallRuntime waiting = Lane.Epoll.NewRuntime();
        await waiting.NopAsync(TestContext.Current.CancellationToken);
        Assert.Equal(1, Measure(waiting.Name, "epoll"));
    }

    [Fact]
    public async Task A_runtime_that_was_disposed_is_measured_no_more()
    {
        AsyncCallRuntime runtime = Lane.Workers.NewRuntime();
        Assert.NotNull(Measure(runtime.Name, "workers"));
        await runtime.DisposeAsync();
        Assert.Null(Measure(runtime.Name, "workers"));
    }

    [Fact]
    public async Task Entries_of_the_kernel_are_measured()
    {
        await using AsyncCallRuntime runtime = Lane.Native.NewRuntime();
        Assert.Equal(0, Measure(runtime.Name, path: null, "asynccalls.kernel.entries"));
        await runtime.NopAsync(TestContext.Current.CancellationToken);
        Assert.Equal(runtime.Capabilities.IoUring.Available, Measure(runtime.Name, path: null, "asynccalls.kernel.entries") > 0);
    }

    private static long? Measure(string runtime, string? path, string name = "asynccalls.calls.completed")
    {
        long? found = null;
        using var listener = new MeterListener
        {
            InstrumentPublished = (instrument, listener) =>
            {
                if (instrument.Meter.Name == "AsyncCalls" && instrument.Name == name)
                {
                    listener.EnableMeasurementEvents(instrument);
                }
            },
        };
        listener.SetMeasurementEventCallback<long>((_, value, tags, _) =>
        {
            var all = tags.ToArray().ToDictionary(tag => tag.Key, tag => tag.Value);
            if (runtime.Equals(all["asynccalls.runtime"]) && Equals(path, all.GetValueOrDefault("asynccalls.path")))
            {
                found = value;
            }
        });
        listener.Start();
        listener.RecordObservableInstruments();
        return found;
    }
}
