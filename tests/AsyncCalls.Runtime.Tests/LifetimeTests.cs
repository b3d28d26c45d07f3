using AsyncCalls.CompilerServices;
using Microsoft.Extensions.Logging;

namespace AsyncCalls.Runtime.Tests;

/// <summary>Buffers, handles and runtimes end when nobody uses them any more, and not before.</summary>
public sealed class LifetimeTests
{
    [Theory, CombinatorialLanes]
    public async Task Buffers_stay_where_they_are_while_the_collector_moves_everything_else(Lane lane)
    {
        await using AsyncCallRuntime runtime = lane.NewRuntime();
        await Task.WhenAll(Enumerable.Range(0, 4).Select(number => Task.Run(async () =>
        {
            using var pipe = new TestPipe();
            var random = new Random(number);
            for (int i = 0; i < 8; i++)
            {
                // Garbage around the buffer, so that compaction has a reason to move it.
                byte[][] garbage = [.. Enumerable.Range(0, 20).Select(_ => new byte[random.Next(10, 3_000)])];
                byte[] buffer = new byte[random.Next(100, 4_000)];
                byte[] data = new byte[buffer.Length];
                random.NextBytes(data);
                ValueTask<nint> read = runtime.ReadAsync(pipe.Reader, buffer);
                garbage = [];
                GC.Collect(2, GCCollectionMode.Forced, blocking: true, compacting: true);
                Native.WriteAll(pipe.Writer, data);
                Assert.Equal(data.Length, await read.Bound());
                Assert.Equal(data, buffer);
                Assert.Empty(garbage);
            }
        }))).Bound();
    }

    [Theory, CombinatorialLanes]
    public async Task A_descriptor_is_not_reused_while_a_call_uses_its_handle(Lane lane)
    {
        await using AsyncCallRuntime runtime = lane.NewRuntime();
        var pipe = new TestPipe();
        int fd = (int)pipe.Reader.DangerousGetHandle();
        byte[] buffer = new byte[1];
        Task<nint> read = runtime.ReadAsync(pipe.Reader, buffer).AsTask();
        pipe.Reader.Dispose();
        bool open = Native.fcntl(fd, Native.GetDescriptorFlags, 0) != -1;
        Assert.True(open || read.IsCompleted, "The descriptor was closed under the call.");
        Native.WriteOnce(pipe.Writer, [9]);
        try
        {
            Assert.Equal(1, await read.Bound());
            Assert.Equal(9, buffer[0]);
        }
        catch (AsyncCallCanceledException cancelled)
        {
            // The disposed handle was found before the data came.
            Assert.Equal(CancelReason.HandleClosed, cancelled.Reason);
        }

        // Released with the call: writing finds no reader any more.
        Task<nint> write = runtime.WriteAsync(pipe.Writer, new byte[1]).AsTask();
        Assert.Equal(-1, await write.Bound());
        pipe.Dispose();
    }

    [Theory, CombinatorialLanes]
    public async Task A_cancelled_call_gives_its_handle_back(Lane lane)
    {
        await using AsyncCallRuntime runtime = lane.NewRuntime();
        var pipe = new TestPipe();
        using var cancel = new CancellationTokenSource();
        Task<nint> read = runtime.ReadAsync(pipe.Reader, new byte[1], cancel.Token).AsTask();
        pipe.Reader.Dispose();
        await cancel.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => read.Bound());
        Assert.Equal(-1, Native.WriteOnce(pipe.Writer, [1]));

        pipe.Dispose();
    }

    [Theory, CombinatorialLanes]
    public async Task A_buffer_that_cannot_be_pinned_costs_no_lease(Lane lane)
    {
        await using AsyncCallRuntime runtime = lane.NewRuntime();
        var pipe = new TestPipe();
        using var memory = new UnpinnableMemory();
        Assert.Throws<NotSupportedException>(() => { _ = runtime.ReadAsync(pipe.Reader, memory.Memory).AsTask(); });
        pipe.Reader.Dispose();
        Assert.Equal(-1, Native.WriteOnce(pipe.Writer, [1]));

        pipe.Dispose();
    }

    [Theory, CombinatorialLanes]
    public async Task Dispose_twice_and_from_many_threads_is_one_dispose(Lane lane)
    {
        AsyncCallRuntime runtime = lane.NewRuntime();
        await runtime.NopAsync();
        Bounded.OnThreads(4, _ => runtime.Dispose());
        await runtime.DisposeAsync().Bound();
        runtime.Dispose();
    }

    [Theory, CombinatorialLanes]
    public void A_runtime_that_was_never_used_is_disposed(Lane lane) => lane.NewRuntime().Dispose();

    [Theory, CombinatorialLanes]
    public async Task Dispose_from_a_continuation_works(Lane lane)
    {
        AsyncCallRuntime runtime = lane.NewRuntime(options => options.MaxWorkers = 2);
        using var pipe = new TestPipe();
        Task<nint> parked = runtime.ReadAsync(pipe.Reader, new byte[1]).AsTask();
        await Task.Run(async () =>
        {
            await runtime.NopAsync().ConfigureAwait(false);
            runtime.Dispose();
        }).Bound();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => parked.Bound());
    }

    [Theory, CombinatorialLanes]
    public async Task Dispose_cancels_what_may_never_end_and_waits_for_the_rest(Lane lane)
    {
        AsyncCallRuntime runtime = lane.NewRuntime();
        using var pipe = new TestPipe();
        using var gate = new ManualResetEventSlim();
        using var running = new ManualResetEventSlim();
        byte[] buffer = new byte[1];
        Task<nint>[] parked = [.. Enumerable.Range(0, 20).Select(_ => runtime.ReadAsync(pipe.Reader, buffer).AsTask())];
        Task body = runtime.RunAsync(_ =>
        {
            running.Set();
            Assert.True(gate.Wait(Bounded.Limit));
        }).AsTask();
        Assert.True(running.Wait(Bounded.Limit));
        Task disposing = runtime.DisposeAsync().AsTask();
        foreach (Task<nint> read in parked)
        {
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => read.Bound());
        }

        Assert.False(disposing.IsCompleted);
        gate.Set();
        await body.Bound();
        await disposing.Bound();
    }

    [Theory, CombinatorialLanes]
    public async Task A_disposed_runtime_refuses_calls(Lane lane)
    {
        AsyncCallRuntime runtime = lane.NewRuntime();
        using var pipe = new TestPipe();
        await runtime.DisposeAsync().Bound();
        Assert.Throws<ObjectDisposedException>(() => { _ = runtime.NopAsync().AsTask(); });
        Assert.Throws<ObjectDisposedException>(() => { _ = runtime.ReadAsync(pipe.Reader, new byte[1]).AsTask(); });
        Assert.Throws<ObjectDisposedException>(() => { _ = runtime.RunAsync(static _ => { }).AsTask(); });
        Assert.Throws<ObjectDisposedException>(() => { _ = runtime.FlockAsync(0, 0).AsTask(); });
        Assert.Throws<ObjectDisposedException>(() => { _ = RandomAccessCalls.Read(runtime, "t", pipe.Reader, new byte[1], 0, default).AsTask(); });
        Assert.Throws<ObjectDisposedException>(() => { _ = RandomAccessCalls.Write(runtime, "t", pipe.Writer, new byte[1], 0, default).AsTask(); });
        Assert.Throws<ObjectDisposedException>(() => { _ = RandomAccessCalls.FlushToDisk(runtime, "t", pipe.Writer, default).AsTask(); });
        Assert.Equal(0, runtime.GetStatistics().InFlight);
    }

    /// <summary>Callers that start while others dispose: each call completes, is cancelled or is refused, and the dispose ends.</summary>
    [Theory, CombinatorialLanes]
    public async Task Dispose_races_with_callers(Lane lane)
    {
        for (int round = 0; round < 25; round++)
        {
            AsyncCallRuntime runtime = lane.NewRuntime(options => options.MaxInFlight = round % 2 == 0 ? 3 : 1_000);
            using var pipe = new TestPipe();
            using var started = new CountdownEvent(3);
            Task[] users = [.. Enumerable.Range(0, 3).Select(number => Task.Run(async () =>
            {
                started.Signal();
                byte[] buffer = new byte[1];
                while (true)
                {
                    try
                    {
                        await (number == 0 ? runtime.NopAsync() : new ValueTask(runtime.ReadAsync(pipe.Reader, buffer).AsTask())).ConfigureAwait(false);
                    }
                    catch (Exception exception) when (exception is ObjectDisposedException or OperationCanceledException)
                    {
                        return;
                    }
                }
            }))];
            Assert.True(started.Wait(Bounded.Limit));
            Native.WriteAll(pipe.Writer, new byte[round * 3]);
            Thread.SpinWait(round * 500);
            await runtime.DisposeAsync().Bound();
            await Task.WhenAll(users).Bound();
        }
    }

    [Theory, CombinatorialLanes]
    public async Task What_does_not_end_is_leaked_and_logged_as_critical(Lane lane)
    {
        var log = new RecordingLog();
        AsyncCallRuntime runtime = lane.NewRuntime(options =>
        {
            options.DrainTimeout = TimeSpan.FromMilliseconds(20);
            options.LoggerFactory = log;
        });
        using var gate = new ManualResetEventSlim();
        using var running = new ManualResetEventSlim();
        Task body = RunStubbornly(runtime, gate, running);
        Assert.True(running.Wait(Bounded.Limit));
        await runtime.DisposeAsync().Bound();
        Assert.Contains(log.Entries, entry => entry.Level == LogLevel.Critical && entry.Text.Contains("TheStubbornOne", StringComparison.Ordinal));
        Assert.False(body.IsCompleted);
        gate.Set();
        await body.Bound();
    }

    [Theory, CombinatorialLanes]
    public async Task A_context_that_gives_up_on_a_call_says_so_too(Lane lane)
    {
        var log = new RecordingLog();
        await using AsyncCallRuntime runtime = lane.NewRuntime(options =>
        {
            options.DrainTimeout = TimeSpan.FromMilliseconds(20);
            options.LoggerFactory = log;
        });
        AsyncCallContext context = runtime.CreateContext();
        using var gate = new ManualResetEventSlim();
        using var running = new ManualResetEventSlim();
        Task body = RunStubbornly(context.Runtime, gate, running);
        Assert.True(running.Wait(Bounded.Limit));
        await context.DisposeAsync().Bound();
        Assert.Contains(log.Entries, entry => entry.Level == LogLevel.Critical && entry.Text.Contains("TheStubbornOne", StringComparison.Ordinal));
        Assert.False(body.IsCompleted);
        gate.Set();
        await body.Bound();
    }

    /// <summary>A body that takes no token, and ends when the gate opens.</summary>
    private static Task RunStubbornly(AsyncCallRuntime runtime, ManualResetEventSlim gate, ManualResetEventSlim running) =>
        WorkerCalls.Run(
            runtime,
            "TheStubbornOne",
            (gate, running),
            static (state, _) =>
            {
                state.running.Set();
                Assert.True(state.gate.Wait(Bounded.Limit * 2));
            },
            CancellationToken.None).AsTask();

    private sealed class UnpinnableMemory : System.Buffers.MemoryManager<byte>
    {
        private readonly byte[] _bytes = new byte[8];

        public override Span<byte> GetSpan() => _bytes;

        public override System.Buffers.MemoryHandle Pin(int elementIndex = 0) => throw new NotSupportedException();

        public override void Unpin()
        {
        }

        protected override void Dispose(bool disposing)
        {
        }
    }
}
