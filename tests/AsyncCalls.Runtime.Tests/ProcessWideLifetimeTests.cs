
namespace AsyncCalls.Runtime.Tests;

/// <summary>What a runtime takes from the process, and that it gives all of it back.</summary>
[Collection(ProcessWide.Name)]
public sealed class ProcessWideLifetimeTests
{
    [Theory, CombinatorialLanes]
    public async Task No_thread_exists_before_the_first_call_nor_after_dispose(Lane lane)
    {
        AsyncCallRuntime runtime = lane.NewRuntime();
        Assert.Equal(0, ProcessWide.ThreadsOf(runtime));
        await Task.WhenAll(Enumerable.Range(0, 200).Select(_ => runtime.NopAsync().AsTask())).Bound();
        await runtime.RunAsync(static _ => { }).Bound();
        Assert.NotEqual(0, ProcessWide.ThreadsOf(runtime));
        await runtime.DisposeAsync().Bound();
        await Bounded.UntilAsync(() => ProcessWide.ThreadsOf(runtime) == 0, "all threads have ended");
    }

    [Theory, CombinatorialLanes]
    public async Task Idle_workers_end(Lane lane)
    {
        await using AsyncCallRuntime runtime = lane.NewRuntime(options => options.WorkerIdleTimeout = TimeSpan.FromMilliseconds(20));
        await Task.WhenAll(Enumerable.Range(0, 200).Select(_ => runtime.RunAsync(static _ => { }).AsTask())).Bound();
        await Bounded.UntilAsync(() => runtime.GetStatistics().WorkerThreads == 0, "no worker is left");
        await runtime.RunAsync(static _ => { }).Bound();
    }

    [Theory, CombinatorialLanes]
    public async Task Twenty_runtimes_under_load_leave_no_descriptor(Lane lane)
    {
        await UseAndDispose(lane);
        Dictionary<int, string> before = ProcessWide.Descriptors();
        for (int i = 0; i < 20; i++)
        {
            await UseAndDispose(lane);
        }

        await Bounded.UntilAsync(
            () => ProcessWide.Descriptors().Values.Count(Ours) <= before.Values.Count(Ours),
            "the descriptors are those of before");

        static bool Ours(string target) => target.StartsWith("anon_inode:", StringComparison.Ordinal) || target.StartsWith("pipe:", StringComparison.Ordinal);
    }

    [Fact]
    public async Task Every_descriptor_of_a_runtime_is_close_on_exec()
    {
        HashSet<int> before = [.. ProcessWide.Descriptors().Keys];
        await using AsyncCallRuntime runtime = Lane.NativeNoInline.NewRuntime();
        await runtime.NopAsync().Bound();
        await runtime.RunAsync(static _ => { }).Bound();
        int found = 0;
        foreach ((int fd, string target) in ProcessWide.Descriptors())
        {
            if (!before.Contains(fd) && target.StartsWith("anon_inode:", StringComparison.Ordinal))
            {
                found++;
                Assert.True((Native.fcntl(fd, Native.GetDescriptorFlags, 0) & 1) == 1, $"{target} is inherited by children.");
            }
        }

        Assert.True(found > 0 || !runtime.Capabilities.IoUring.Available, "The ring's descriptors were not found.");
    }

    private static async Task UseAndDispose(Lane lane)
    {
        AsyncCallRuntime runtime = lane.NewRuntime();
        using var pipe = new TestPipe();
        Task<nint>[] parked = [.. Enumerable.Range(0, 10).Select(_ => runtime.ReadAsync(pipe.Reader, new byte[1]).AsTask())];
        Task[] quick = [.. Enumerable.Range(0, 100).Select(_ => runtime.NopAsync().AsTask())];
        await Task.WhenAll(quick).Bound();
        await runtime.DisposeAsync().Bound();
        foreach (Task<nint> read in parked)
        {
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => read.Bound());
        }
    }
}
