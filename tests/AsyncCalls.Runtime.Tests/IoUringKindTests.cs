using System.Security.Cryptography;
using AsyncCalls.Backends.IoUring;
using AsyncCalls.CompilerServices;
using Microsoft.Extensions.Logging;
using Microsoft.Win32.SafeHandles;

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
            Assert.Equal(2, Native.WriteOnce(pipe.Writer, [1, 2]));
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

    /// <summary>
    /// Whether this machine's device can be polled or not, the results are the same. Where it cannot, each handle is asked once, and its calls go the ordinary way.
    /// </summary>
    [Fact]
    public async Task Files_whose_device_is_polled_read_and_write_as_any()
    {
        SkipWithoutIoUring();
        await using var runtime = new AsyncCallRuntime(new AsyncCallOptions { IoUringCompletionPolling = true, InlineAttempts = false });
        Assert.Contains("are polled for", runtime.Capabilities.IoUring.Reason, StringComparison.Ordinal);
        const int Block = 4_096;
        string path = Path.Combine(AppContext.BaseDirectory, $"polled-{Guid.NewGuid():N}");
        await File.WriteAllBytesAsync(path, [], TestContext.Current.CancellationToken);
        using var file = new SafeFileHandle(Native.open(path, Native.ReadWrite | Native.CloseOnExec | Native.Direct, 0), ownsHandle: true);
        File.Delete(path);
        Assert.SkipWhen(file.IsInvalid, "The file system of the tests has no O_DIRECT.");
        using var memory = new Pages(64);
        RandomNumberGenerator.Fill(memory.Memory.Span);
        for (int round = 0; round < 3; round++)
        {
            await Task.WhenAll(Enumerable.Range(0, 32).Select(i => WriteAsync(runtime, file, memory.Memory.Slice(i * Block, Block), i * Block).AsTask())).Bound();
            nint[] read = await Task.WhenAll(Enumerable.Range(0, 32).Select(i => ReadAsync(runtime, file, memory.Memory.Slice((32 + i) * Block, Block), i * Block).AsTask())).Bound();
            Assert.All(read, count => Assert.Equal(Block, count));
            Assert.True(memory.Memory.Span[..(32 * Block)].SequenceEqual(memory.Memory.Span[(32 * Block)..]));
        }

        // Misaligned: what the device says, and not that it cannot be polled.
        Assert.Equal(-1, await ReadAsync(runtime, file, memory.Memory.Slice(1, 100), 1).Bound());
        Assert.Equal(0, await ReadAsync(runtime, file, memory.Memory[..Block], 32 * Block).Bound());
        Assert.True(runtime.GetStatistics().CompletedByIoUring >= 192);
        Assert.Equal(0, runtime.GetStatistics().InFlight);
    }

    [Fact]
    public async Task A_runtime_that_polls_for_nothing_is_disposed()
    {
        SkipWithoutIoUring();
        var runtime = new AsyncCallRuntime(new AsyncCallOptions { IoUringCompletionPolling = true });
        await runtime.NopAsync().Bound();
        await runtime.DisposeAsync().Bound();
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
        Assert.Equal(3, Native.WriteOnce(pipe.Writer, [1, 2, 3]));
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
        Assert.Equal(10, Native.WriteOnce(pipe.Writer, new byte[10]));
        Bounded.Until(() => reads.Count(read => read.IsCompleted) >= 10 - lost && !runtime.Capabilities.IoUring.Available, "the others are complete");

        // As long as another call runs, nobody knows whose the lost results are.
        Assert.Equal(10 - lost, reads.Count(read => read.IsCompleted));
        Assert.Contains("EBADR", runtime.Capabilities.IoUring.Reason, StringComparison.Ordinal);
        Assert.Single(log.Entries, entry => entry.Level == LogLevel.Critical && entry.Text.Contains("EBADR", StringComparison.Ordinal));

        // New calls go elsewhere, and those that were made before are still cancelled.
        await runtime.NopAsync().Bound();
        Assert.Equal(1, Native.WriteOnce(other.Writer, [4]));
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

    private static ValueTask<nint> ReadAsync(AsyncCallRuntime runtime, SafeFileHandle file, Memory<byte> buffer, long offset) =>
        LibcCalls.PRead(runtime, "test", AsyncCallErrors.ReturnValue, file, buffer, (nuint)buffer.Length, offset, default).AsIntPtr();

    private static ValueTask<nint> WriteAsync(AsyncCallRuntime runtime, SafeFileHandle file, Memory<byte> buffer, long offset) =>
        LibcCalls.PWrite(runtime, "test", AsyncCallErrors.ReturnValue, file, buffer, (nuint)buffer.Length, offset, default).AsIntPtr();

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
