using AsyncCalls.CompilerServices;
using Microsoft.Win32.SafeHandles;

namespace AsyncCalls.Runtime.Tests;

/// <summary>Where io_uring is not to be had, everything works on workers, and the reason is said.</summary>
[Collection(ProcessWide.Name)]
public sealed class CapabilitiesTests
{
    private const string Policy = "/proc/sys/kernel/io_uring_disabled";

    [Fact]
    public async Task A_runtime_of_workers_only_says_so()
    {
        await using AsyncCallRuntime runtime = Lane.Workers.NewRuntime();
        Assert.False(runtime.Capabilities.IoUring.Available);
        Assert.Contains("Backends", runtime.Capabilities.IoUring.Reason, StringComparison.Ordinal);
        Assert.True(runtime.Capabilities.Workers.Available);
        Assert.Contains("signal", runtime.Capabilities.Workers.Reason, StringComparison.Ordinal);
        await WorksOnWorkers(runtime);
    }

    [Fact]
    public async Task A_runtime_that_uses_io_uring_says_what_it_found()
    {
        await using AsyncCallRuntime runtime = Lane.NativeNoInline.NewRuntime();
        if (!runtime.Capabilities.IoUring.Available)
        {
            Assert.Skip(runtime.Capabilities.IoUring.Reason);
        }

        await runtime.NopAsync().Bound();
        Assert.Equal(1, runtime.GetStatistics().CompletedByIoUring);
        Assert.Equal(0, runtime.GetStatistics().CompletedByWorkers);
    }

    [Fact]
    public async Task Io_uring_that_is_switched_off_is_a_reason_and_no_failure()
    {
        string before;
        try
        {
            before = File.ReadAllText(Policy).Trim();
            File.WriteAllText(Policy, "2");
        }
        catch (Exception exception) when (exception is UnauthorizedAccessException or IOException)
        {
            Assert.Skip($"{Policy} cannot be written here: {exception.Message}");
            return;
        }

        AsyncCallRuntime runtime;
        try
        {
            runtime = Lane.Native.NewRuntime();
        }
        finally
        {
            File.WriteAllText(Policy, before);
        }

        await using (runtime)
        {
            Assert.False(runtime.Capabilities.IoUring.Available);
            Assert.Contains(Policy, runtime.Capabilities.IoUring.Reason, StringComparison.Ordinal);
            await WorksOnWorkers(runtime);
            Assert.True(runtime.Capabilities.Epoll.Available, runtime.Capabilities.Epoll.Reason);
            Assert.True(runtime.GetStatistics().CompletedByEpoll > 0, "The pipe waited elsewhere.");
        }
    }

    /// <summary>No descriptor for the ring, or one for the ring and none for what wakes it: both are refusals, and neither leaks.</summary>
    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    public async Task No_more_descriptors_is_a_reason_and_no_failure(int left)
    {
        AsyncCallRuntime warm = await MakeWarm();
        await warm.DisposeAsync().Bound();
        if (!warm.Capabilities.IoUring.Available)
        {
            Assert.Skip(warm.Capabilities.IoUring.Reason);
        }

        int before = ProcessWide.Descriptors().Count;
        Native.Limits limits = Native.GetLimit(Native.FileLimit);
        int free = Native.open("/dev/null", Native.CloseOnExec, 0);
        Native.close(free);
        var low = new Native.Limits { Current = (ulong)(free + left), Most = limits.Most };
        AsyncCallRuntime runtime;
        try
        {
            Native.SetLimit(Native.FileLimit, low);
            runtime = Lane.Native.NewRuntime();
        }
        finally
        {
            Native.SetLimit(Native.FileLimit, limits);
        }

        Assert.False(runtime.Capabilities.IoUring.Available);
        Assert.Contains("RLIMIT_NOFILE", runtime.Capabilities.IoUring.Reason, StringComparison.Ordinal);
        await WorksOnWorkers(runtime);
        await runtime.DisposeAsync().Bound();
        Assert.Equal(before, ProcessWide.Descriptors().Count);
    }

    /// <summary>
    /// The kernel stops to accept submissions while the runtime runs, here because the ring's number means another file, and the thread that has a place for the ring in its own table is in a
    /// continuation: the one that leads instead is refused.
    /// </summary>
    [Fact]
    public async Task Io_uring_that_fails_later_hands_over_to_workers()
    {
        HashSet<int> before = [.. ProcessWide.Descriptors().Keys];
        AsyncCallRuntime runtime = Lane.NativeNoInline.NewRuntime();
        if (!runtime.Capabilities.IoUring.Available)
        {
            Assert.Skip(runtime.Capabilities.IoUring.Reason);
        }

        int ring = RingSince(before);
        using SafeFileHandle other = Native.OpenFile("/dev/null", Native.ReadOnly);
        using var pipe = new TestPipe();
        using var inside = new ManualResetEventSlim();
        using var gate = new ManualResetEventSlim();

        // Not awaited, so that this test does not go on on the thread that leads, which another one would replace.
        Task first = runtime.NopAsync().AsTask();
        Bounded.Until(() => first.IsCompleted, "the thread that leads has entered the ring");
        Assert.Equal(ring, Native.dup2((int)other.DangerousGetHandle(), ring));
        Task<bool> busy = BlockAsync();
        Native.WriteAll(pipe.Writer, [1]);
        Assert.True(inside.Wait(Bounded.Limit));
        for (int i = 0; i < 200; i++)
        {
            await runtime.NopAsync().Bound();
        }

        await Bounded.UntilAsync(() => !runtime.Capabilities.IoUring.Available, "the capabilities say so");
        Assert.Equal(200, runtime.GetStatistics().CompletedByWorkers);
        Assert.Contains("workers", runtime.Capabilities.IoUring.Reason, StringComparison.Ordinal);
        await WorksOnWorkers(runtime);
        gate.Set();
        Assert.True(await busy.Bound());
        await runtime.DisposeAsync().Bound();

        async Task<bool> BlockAsync()
        {
            await runtime.ReadAsync(pipe.Reader, new byte[1]).ConfigureAwait(false);
            inside.Set();
            return gate.Wait(Bounded.Limit);
        }
    }

    /// <summary>
    /// Somebody closed the ring's descriptor, and its number means another file. A thread that has entered the ring goes on by the place in its own table; one that comes later is refused by the kernel,
    /// and the calls go to workers. No call is lost either way.
    /// </summary>
    [Fact]
    public async Task A_ring_whose_number_means_another_file_loses_no_call()
    {
        const int Calls = 200;
        HashSet<int> before = [.. ProcessWide.Descriptors().Keys];
        AsyncCallRuntime runtime = Lane.NativeNoInline.NewRuntime();
        if (!runtime.Capabilities.IoUring.Available)
        {
            Assert.Skip(runtime.Capabilities.IoUring.Reason);
        }

        int ring = RingSince(before);
        using SafeFileHandle other = Native.OpenFile("/dev/null", Native.ReadOnly);
        await runtime.NopAsync().Bound();
        Assert.Equal(ring, Native.dup2((int)other.DangerousGetHandle(), ring));
        for (int i = 0; i < Calls; i++)
        {
            await runtime.NopAsync().Bound();
        }

        AsyncCallStatistics statistics = runtime.GetStatistics();
        Assert.Equal(1 + Calls, statistics.CompletedByIoUring + statistics.CompletedByWorkers);
        Assert.Equal(runtime.Capabilities.IoUring.Available, statistics.CompletedByWorkers == 0);
        await runtime.DisposeAsync().Bound();
    }

    /// <summary>The descriptor of the ring that was made since then.</summary>
    private static int RingSince(HashSet<int> before) =>
        ProcessWide.Descriptors().Single(entry => entry.Value == "anon_inode:[io_uring]" && !before.Contains(entry.Key)).Key;

    private static async Task<AsyncCallRuntime> MakeWarm()
    {
        AsyncCallRuntime runtime = Lane.Native.NewRuntime();
        await WorksOnWorkers(runtime, count: false);
        return runtime;
    }

    private static async Task WorksOnWorkers(AsyncCallRuntime runtime, bool count = true)
    {
        long before = runtime.GetStatistics().CompletedByIoUring;
        string path = Path.GetTempFileName();
        try
        {
            using SafeFileHandle file = File.OpenHandle(path, FileMode.Open, FileAccess.ReadWrite);
            await RandomAccessCalls.Write(runtime, "test", file, new byte[] { 1, 2, 3 }, 0, default).Bound();
            byte[] back = new byte[10];
            Assert.Equal(3, await RandomAccessCalls.Read(runtime, "test", file, back, 0, default).Bound());
            using var pipe = new TestPipe();
            Task<nint> read = runtime.ReadAsync(pipe.Reader, back).AsTask();
            Native.WriteAll(pipe.Writer, [7]);
            Assert.Equal(1, await read.Bound());
            using var cancel = new CancellationTokenSource();
            Task<nint> parked = runtime.ReadAsync(pipe.Reader, back, cancel.Token).AsTask();
            await cancel.CancelAsync();
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => parked.Bound());
            await runtime.NopAsync().Bound();
        }
        finally
        {
            File.Delete(path);
        }

        if (count)
        {
            Assert.Equal(before, runtime.GetStatistics().CompletedByIoUring);
        }
    }
}
