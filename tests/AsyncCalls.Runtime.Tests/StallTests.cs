using System.Diagnostics.Metrics;
using AsyncCalls.CompilerServices;
using Microsoft.Extensions.Logging;

namespace AsyncCalls.Runtime.Tests;

/// <summary>Calls that should have ended are reported, each once; those that are parked on a peer are not.</summary>
public sealed class StallTests
{
    private static readonly TimeSpan Soon = TimeSpan.FromMilliseconds(40);

    [Theory, CombinatorialLanes]
    public async Task A_call_that_does_not_end_is_reported_once(Lane lane)
    {
        using var log = new RecordingLog();
        await using AsyncCallRuntime runtime = NewRuntime(lane, log);
        using var gate = new ManualResetEventSlim();
        using var pipe = new TestPipe();
        Task stuck = WorkerCalls.Run(runtime, "Library.Scan", gate, static state => Assert.True(state.Wait(Bounded.Limit)), CancellationToken.None, pipe.Reader).AsTask();
        await Bounded.UntilAsync(() => !log.Entries.IsEmpty, "it is reported");
        (LogLevel level, string text) = Assert.Single(log.Entries);
        PendingCall call = Assert.Single(runtime.PendingCalls);
        Assert.Equal(LogLevel.Warning, level);
        Assert.Contains("Library.Scan", text, StringComparison.Ordinal);
        Assert.Contains("Body", text, StringComparison.Ordinal);
        Assert.Contains("SafeFileHandle", text, StringComparison.Ordinal);
        Assert.Contains("workers", text, StringComparison.Ordinal);
        Assert.Contains("Running", text, StringComparison.Ordinal);
        Assert.Contains($"{call.Id.Value:x}", text, StringComparison.Ordinal);

        // A second one, later, says that the calls were looked at again.
        Task second = runtime.RunAsync(_ => Assert.True(gate.Wait(Bounded.Limit))).AsTask();
        await Bounded.UntilAsync(() => log.Entries.Count >= 2, "the second is reported");
        Assert.Equal(2, log.Entries.Count);
        Assert.Equal(2, runtime.GetStatistics().Stalled);
        Assert.Equal(2, Measure(runtime.Name));
        gate.Set();
        await Task.WhenAll(stuck, second).Bound();
    }

    [Theory, CombinatorialLanes]
    public async Task A_call_that_is_parked_on_a_peer_is_no_stall(Lane lane)
    {
        using var log = new RecordingLog();
        await using AsyncCallRuntime runtime = NewRuntime(lane, log);
        using var pipe = new TestPipe();
        using var gate = new ManualResetEventSlim();
        byte[] buffer = new byte[1];
        Task<nint> parked = runtime.ReadAsync(pipe.Reader, buffer).AsTask();
        Task stuck = runtime.RunAsync(_ => Assert.True(gate.Wait(Bounded.Limit))).AsTask();
        await Bounded.UntilAsync(() => !log.Entries.IsEmpty, "the other is reported");
        Assert.Contains("body", Assert.Single(log.Entries).Text, StringComparison.Ordinal);
        Native.WriteAll(pipe.Writer, [1]);
        Assert.Equal(1, await parked.Bound());
        gate.Set();
        await stuck.Bound();
    }

    [Theory, CombinatorialLanes]
    public async Task A_call_that_was_cancelled_and_does_not_end_is_reported(Lane lane)
    {
        using var log = new RecordingLog();
        await using AsyncCallRuntime runtime = NewRuntime(lane, log);
        using var gate = new ManualResetEventSlim();
        using var cancel = new CancellationTokenSource();
        Task<int> deaf = WorkerCalls.RunImport(
            runtime,
            "deaf",
            AsyncCallErrors.ReturnValue,
            interruptible: true,
            gate,
            static state =>
            {
                Bounded.Until(() => state.IsSet, "the gate is open");
                return 7;
            },
            cancel.Token).AsTask();
        await Bounded.UntilAsync(() => runtime.PendingCalls is [{ State: PendingCallState.Running }], "it runs");
        Assert.Empty(log.Entries);
        await cancel.CancelAsync();
        await Bounded.UntilAsync(() => !log.Entries.IsEmpty, "it is reported");
        string text = Assert.Single(log.Entries).Text;
        Assert.Contains("deaf", text, StringComparison.Ordinal);
        Assert.Contains("Cancelling", text, StringComparison.Ordinal);
        gate.Set();
        Assert.Equal(7, await deaf.Bound());
    }

    [Fact]
    public async Task A_call_that_finds_no_worker_is_reported()
    {
        using var log = new RecordingLog();
        await using AsyncCallRuntime runtime = NewRuntime(Lane.WorkersNoInline, log, static options => options.MaxWorkers = 1);
        using var held = new HeldLock();
        Task<int> parked = held.WaitAsync(runtime, CancellationToken.None);
        await Bounded.UntilAsync(() => runtime.PendingCalls is [{ State: PendingCallState.Running }], "it has the worker");
        Task<int> behind = held.WaitAsync(runtime, CancellationToken.None);
        await Bounded.UntilAsync(() => !log.Entries.IsEmpty, "the other is reported");
        Assert.Contains("Queued", Assert.Single(log.Entries).Text, StringComparison.Ordinal);
        held.Release();
        Assert.Equal(0, await parked.Bound());
        Assert.Equal(0, await behind.Bound());
    }

    /// <summary>More than one look reports at once: the rest follows, and none is told twice.</summary>
    [Fact]
    public async Task Many_stalls_are_all_reported_once_each()
    {
        const int Count = 80;
        using var log = new RecordingLog();
        await using AsyncCallRuntime runtime = NewRuntime(Lane.WorkersNoInline, log, static options => options.MaxWorkersPerHandle = 1);
        using var pipe = new TestPipe();
        using var gate = new ManualResetEventSlim();
        Task[] stuck = [.. Enumerable.Range(0, Count).Select(_ =>
            WorkerCalls.Run(runtime, "stuck", gate, static state => Assert.True(state.Wait(Bounded.Limit)), CancellationToken.None, pipe.Reader).AsTask())];
        await Bounded.UntilAsync(() => log.Entries.Count >= Count, "all are reported");
        Task later = runtime.RunAsync(_ => Assert.True(gate.Wait(Bounded.Limit))).AsTask();
        await Bounded.UntilAsync(() => log.Entries.Any(static entry => entry.Text.Contains("body", StringComparison.Ordinal)), "the later one is reported");
        Assert.Equal(Count + 1, log.Entries.Count);
        Assert.Equal(Count + 1, log.Entries.Select(static entry => entry.Text).Distinct().Count());
        gate.Set();
        await Task.WhenAll([.. stuck, later]).Bound();
    }

    /// <summary>The look rests when no call is there, and begins again with the next one.</summary>
    [Fact]
    public async Task After_a_rest_stalls_are_reported_again()
    {
        using var log = new RecordingLog();
        await using AsyncCallRuntime runtime = NewRuntime(Lane.Workers, log);
        for (int round = 1; round <= 3; round++)
        {
            using var gate = new ManualResetEventSlim();
            Task stuck = runtime.RunAsync(_ => Assert.True(gate.Wait(Bounded.Limit))).AsTask();
            await Bounded.UntilAsync(() => log.Entries.Count == round, "it is reported");
            gate.Set();
            await stuck.Bound();
            await Bounded.UntilAsync(() => !runtime.Engine.LooksForStalls, "nobody looks");
        }
    }

    [Fact]
    public async Task Without_a_timeout_nothing_is_reported()
    {
        using var log = new RecordingLog();
        await using AsyncCallRuntime runtime = NewRuntime(Lane.Workers, log, static options => options.StallTimeout = Timeout.InfiniteTimeSpan);
        await runtime.RunAsync(static _ => Thread.Sleep(2 * Soon)).Bound();
        Assert.Empty(log.Entries);
        Assert.False(runtime.Engine.LooksForStalls);
        Assert.Equal(0, runtime.GetStatistics().Stalled);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(-2)]
    public void A_timeout_out_of_its_range_is_refused(int timeoutMs) =>
        Assert.Contains(
            nameof(AsyncCallOptions.StallTimeout),
            Assert.Single(new AsyncCallOptions { StallTimeout = TimeSpan.FromMilliseconds(timeoutMs) }.Validate()),
            StringComparison.Ordinal);

    private static AsyncCallRuntime NewRuntime(Lane lane, RecordingLog log, Action<AsyncCallOptions>? configure = null) => lane.NewRuntime(options =>
    {
        options.StallTimeout = Soon;
        options.LoggerFactory = log;
        configure?.Invoke(options);
    });

    private static long Measure(string runtime)
    {
        long found = 0;
        using var listener = new MeterListener
        {
            InstrumentPublished = static (instrument, listener) =>
            {
                if (instrument is { Meter.Name: "AsyncCalls", Name: "asynccalls.calls.stalled" })
                {
                    listener.EnableMeasurementEvents(instrument);
                }
            },
        };
        listener.SetMeasurementEventCallback<long>((_, value, tags, _) => found += tags[0].Value is string name && name == runtime ? value : 0);
        listener.Start();
        listener.RecordObservableInstruments();
        return found;
    }
}
