using AsyncCalls.Backends.IoUring;
using Microsoft.Extensions.Logging;

namespace AsyncCalls.Runtime.Tests;

/// <summary>Rings that were asked for (a thread of the kernel that takes submissions, queues in memory of the process), and rings that fail.</summary>
public sealed class IoUringKindTests
{
    private const int Eio = 5;
    private const int Eperm = 1;
    private const int Ebadr = 53;

    /// <summary>A polling thread that goes to sleep between calls, one that does not, memory of the process, and both; in a queue of two entries, and in the usual one.</summary>
    public static TheoryData<int, bool, int> Kinds { get; } = new()
    {
        { 1, false, 2 },
        { 1, false, 256 },
        { 1_000, false, 2 },
        { 1_000, false, 256 },
        { 0, true, 2 },
        { 0, true, 256 },
        { 5, true, 16 },
    };

    [Theory, MemberData(nameof(Kinds))]
    public async Task Calls_are_made_cancelled_and_timed_as_on_any_ring(int pollingMs, bool userMemory, int entries)
    {
        SkipWithoutIoUring();
        await using AsyncCallRuntime runtime = NewRuntime(pollingMs, userMemory, entries);
        Assert.True(runtime.Capabilities.IoUring.Available);
        Assert.Equal(pollingMs > 0, runtime.Capabilities.IoUring.Reason.Contains("a thread of the kernel takes submissions", StringComparison.Ordinal));
        Assert.Equal(userMemory, runtime.Capabilities.IoUring.Reason.Contains("the queues lie in memory of the process", StringComparison.Ordinal));

        for (int round = 0; round < 3; round++)
        {
            await Task.WhenAll(Enumerable.Range(0, 300).Select(_ => runtime.NopAsync().AsTask())).Bound();
            using var pipe = new TestPipe();
            byte[] got = new byte[4];
            Task<nint> reading = runtime.ReadAsync(pipe.Reader, got).AsTask();
            await Task.Delay(10);
            Write(pipe, new byte[] { 1, 2 });
            Assert.Equal(2, await reading.Bound());

            using var cancel = new CancellationTokenSource();
            Task<nint>[] waiting = [.. Enumerable.Range(0, 20).Select(_ => runtime.ReadAsync(pipe.Reader, new byte[1], cancel.Token).AsTask())];
            await cancel.CancelAsync();
            foreach (Task<nint> read in waiting)
            {
                await Assert.ThrowsAnyAsync<OperationCanceledException>(() => read.Bound());
            }

            Task<nint>[] timed = [.. Enumerable.Range(0, 20).Select(_ => runtime.WithTimeout(TimeSpan.FromMilliseconds(20)).ReadAsync(pipe.Reader, new byte[1]).AsTask())];
            foreach (Task<nint> read in timed)
            {
                await Assert.ThrowsAsync<AsyncCallTimeoutException>(() => read.Bound());
            }
        }

        Assert.True(runtime.GetStatistics().CompletedByIoUring >= 900);
    }

    [Theory, MemberData(nameof(Kinds))]
    public async Task Dispose_ends_what_waits(int pollingMs, bool userMemory, int entries)
    {
        SkipWithoutIoUring();
        using var pipe = new TestPipe();
        AsyncCallRuntime runtime = NewRuntime(pollingMs, userMemory, entries);
        Task<nint>[] waiting = [.. Enumerable.Range(0, 20).Select(_ => runtime.ReadAsync(pipe.Reader, new byte[1]).AsTask())];
        await runtime.DisposeAsync().Bound();
        foreach (Task<nint> read in waiting)
        {
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => read.Bound());
        }
    }

    [Fact]
    public void Options_are_checked()
    {
        Assert.Contains(nameof(AsyncCallOptions.IoUringSubmissionPolling), Assert.Single(new AsyncCallOptions { IoUringSubmissionPolling = TimeSpan.Zero }.Validate()), StringComparison.Ordinal);
        Assert.Contains(nameof(AsyncCallOptions.IoUringSubmissionPolling), Assert.Single(new AsyncCallOptions { IoUringSubmissionPolling = TimeSpan.FromDays(50) }.Validate()), StringComparison.Ordinal);
        Assert.Empty(new AsyncCallOptions { IoUringSubmissionPolling = TimeSpan.FromTicks(1), IoUringUserMemory = true }.Validate());
    }

    /// <summary>The thread of the kernel takes entries while it is awake: far fewer system calls than submissions.</summary>
    [Fact]
    public async Task A_polled_ring_is_hardly_ever_entered_to_submit()
    {
        SkipWithoutIoUring();
        const int Calls = 2_000;
        await using AsyncCallRuntime runtime = NewRuntime(1_000, userMemory: false, 256);
        using AsyncCallContext context = runtime.CreateContext();
        context.Submit(Iocb.Nop());
        context.ReapOne();
        long before = runtime.GetStatistics().KernelEntries;
        for (int i = 0; i < Calls / 100; i++)
        {
            Assert.Equal(100, context.Submit(Blocks.Nops(100)));
            context.ReapExactly(100);
        }

        Assert.InRange(runtime.GetStatistics().KernelEntries - before, 0, Calls / 10);
    }

    [Fact]
    public async Task A_ring_that_cannot_be_entered_any_more_loses_nothing()
    {
        SkipWithoutIoUring();
        var fault = new IoUringFault();
        using var log = new RecordingLog();
        await using var runtime = new AsyncCallRuntime(new AsyncCallOptions { IoUringFault = fault, InlineAttempts = false, LoggerFactory = log });
        using var pipe = new TestPipe();
        byte[] got = new byte[4];
        Task<nint> parked = runtime.ReadAsync(pipe.Reader, got).AsTask();
        await runtime.NopAsync().Bound();
        fault.Errno = Eperm;
        await Task.WhenAll(Enumerable.Range(0, 50).Select(_ => runtime.NopAsync().AsTask())).Bound();

        Assert.False(runtime.Capabilities.IoUring.Available);
        Assert.Contains("it failed with errno 1", runtime.Capabilities.IoUring.Reason, StringComparison.Ordinal);
        Assert.Single(log.Entries, entry => entry.Level == LogLevel.Warning);
        Assert.True(runtime.GetStatistics().CompletedByWorkers >= 50);
        Write(pipe, new byte[] { 1, 2, 3 });
        Assert.Equal(3, await parked.Bound());
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(7)]
    public async Task Lost_completions_are_told_aloud_and_end_their_calls(int lost)
    {
        SkipWithoutIoUring();
        var fault = new IoUringFault();
        using var log = new RecordingLog();
        AsyncCallRuntime runtime = new(new AsyncCallOptions { IoUringFault = fault, InlineAttempts = false, LoggerFactory = log });
        using var pipe = new TestPipe();
        using var other = new TestPipe();
        byte[] got = new byte[4];
        Task<nint> parked = runtime.ReadAsync(other.Reader, got).AsTask();
        Task<nint>[] reads = [.. Enumerable.Range(0, 10).Select(_ => runtime.ReadAsync(pipe.Reader, new byte[1]).AsTask())];
        await runtime.NopAsync().Bound();
        fault.ToLose = lost;
        fault.Errno = Ebadr;
        Write(pipe, new byte[10]);
        Bounded.Until(() => reads.Count(read => read.IsCompleted) >= 10 - lost && !runtime.Capabilities.IoUring.Available, "the others are complete");

        // As long as another call runs, nobody knows whose the lost results are.
        Assert.Equal(10 - lost, reads.Count(read => read.IsCompleted));
        Assert.Contains("EBADR", runtime.Capabilities.IoUring.Reason, StringComparison.Ordinal);
        Assert.Single(log.Entries, entry => entry.Level == LogLevel.Critical && entry.Text.Contains("EBADR", StringComparison.Ordinal));

        // New calls go elsewhere, and those that were made before are still cancelled.
        await runtime.NopAsync().Bound();
        Write(other, new byte[] { 4 });
        Assert.Equal(1, await parked.Bound());
        int ended = 0;
        foreach (Task<nint> read in reads)
        {
            nint result = await read.Bound();
            ended += result == -1 ? 1 : 0;
        }

        Assert.Equal(lost, ended);
        await runtime.DisposeAsync().Bound();
        Assert.DoesNotContain(log.Entries, entry => entry.Text.Contains("did not end", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_call_is_cancelled_on_a_ring_that_has_lost_completions()
    {
        SkipWithoutIoUring();
        var fault = new IoUringFault();
        await using var runtime = new AsyncCallRuntime(new AsyncCallOptions { IoUringFault = fault, InlineAttempts = false });
        using var pipe = new TestPipe();
        using var cancel = new CancellationTokenSource();
        Task<nint> parked = runtime.ReadAsync(pipe.Reader, new byte[1], cancel.Token).AsTask();
        await runtime.NopAsync().Bound();
        fault.Errno = Ebadr;
        await runtime.NopAsync().Bound();
        await cancel.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => parked.Bound());
    }

    private static unsafe void Write(TestPipe pipe, byte[] data)
    {
        fixed (byte* first = data)
        {
            Assert.Equal(data.Length, Native.write((int)pipe.Writer.DangerousGetHandle(), first, (nuint)data.Length));
        }
    }

    private static void SkipWithoutIoUring()
    {
        using AsyncCallRuntime runtime = Lane.Native.NewRuntime();
        Assert.SkipUnless(runtime.Capabilities.IoUring.Available, runtime.Capabilities.IoUring.Reason);
    }

    private static AsyncCallRuntime NewRuntime(int pollingMs, bool userMemory, int entries) => new(new AsyncCallOptions
    {
        IoUringSubmissionPolling = pollingMs == 0 ? null : TimeSpan.FromMilliseconds(pollingMs),
        IoUringUserMemory = userMemory,
        IoUringEntries = entries,
        InlineAttempts = false,
    });
}
