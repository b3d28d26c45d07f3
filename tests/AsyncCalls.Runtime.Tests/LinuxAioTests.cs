using System.Globalization;
using AsyncCalls.Backends.LinuxAio;
using AsyncCalls.CompilerServices;
using AsyncCalls.Interop.Linux;
using Microsoft.Win32.SafeHandles;

namespace AsyncCalls.Runtime.Tests;

/// <summary>Files with O_DIRECT where io_uring is not used: no thread with each call, as many calls as one likes, a budget that may be used up.</summary>
[Collection(ProcessWide.Name)]
public sealed class LinuxAioTests : IDisposable
{
    private const int Block = 4_096;
    private const int Blocks = 64;

    private readonly string _folder = Directory.CreateTempSubdirectory("asynccalls").FullName;
    private readonly SafeFileHandle _file;

    public LinuxAioTests()
    {
        string path = Path.Combine(_folder, "data");
        File.WriteAllBytes(path, [.. Enumerable.Range(0, Blocks * Block).Select(i => (byte)((i / Block) + 1))]);
        int fd = Native.open(path, Native.ReadWrite | Native.CloseOnExec | Syscalls.Direct, 0);
        Assert.True(fd >= 0, "The file system of the temporary folder takes no O_DIRECT.");
        _file = new SafeFileHandle(fd, ownsHandle: true);
    }

    public void Dispose()
    {
        _file.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    [Fact]
    public async Task Reads_wait_in_the_kernel_and_have_no_threads()
    {
        await using AsyncCallRuntime runtime = NewRuntime();
        using var memory = new Pages(Blocks);
        Task<int>[] reads = [.. Enumerable.Range(0, Blocks).Select(i => Read(runtime, memory[i], i))];
        for (int i = 0; i < Blocks; i++)
        {
            Assert.Equal(Block, await reads[i].Bound());
            Assert.Equal(-1, memory[i].Span.IndexOfAnyExcept((byte)(i + 1)));
        }

        AsyncCallStatistics statistics = runtime.GetStatistics();
        Assert.Equal((Blocks, 0), (statistics.CompletedByLinuxAio, statistics.WorkerThreads));
    }

    /// <summary>More at once than the kernel is given.</summary>
    [Fact]
    public async Task More_calls_than_the_context_has_places_all_complete()
    {
        const int Calls = 4 * LinuxAioBackend.RequestsMax;
        await using AsyncCallRuntime runtime = NewRuntime();
        using var memory = new Pages(Calls);
        Task<int>[] reads = [.. Enumerable.Range(0, Calls).Select(i => Read(runtime, memory[i], i % Blocks))];
        for (int i = 0; i < Calls; i++)
        {
            Assert.Equal(Block, await reads[i].Bound());
            Assert.Equal((byte)((i % Blocks) + 1), memory[i].Span[Block - 1]);
        }

        Assert.Empty(runtime.PendingCalls);
    }

    [Fact]
    public async Task Writes_and_several_buffers_go_the_same_way()
    {
        await using AsyncCallRuntime runtime = NewRuntime();
        using var memory = new Pages(3);
        memory[0].Span.Fill(201);
        memory[1].Span.Fill(202);
        await RandomAccessCalls.Write(runtime, "write", _file, memory[0], 5 * Block, default).Bound();
        await VectoredCalls.Write(runtime, "write", _file, [memory[1], memory[0]], 6 * Block, default).Bound();
        Assert.Equal(2L * Block, await VectoredCalls.Read(runtime, "read", _file, [memory[2], memory[1]], 5 * Block, default).Bound());

        Assert.Equal((201, 202), (memory[2].Span[Block - 1], memory[1].Span[0]));
        Assert.Equal(3, runtime.GetStatistics().CompletedByLinuxAio + runtime.GetStatistics().CompletedByWorkers);
        Assert.True(runtime.GetStatistics().CompletedByLinuxAio > 0, "All of them were refused.");
    }

    /// <summary>What the kernel would have to wait for at once, such as blocks that a file does not have yet, a worker does.</summary>
    [Fact]
    public async Task What_the_kernel_refuses_a_worker_makes()
    {
        await using AsyncCallRuntime runtime = NewRuntime();
        using var memory = new Pages(1);
        memory[0].Span.Fill(77);
        await RandomAccessCalls.Write(runtime, "write", _file, memory[0], 10_000L * Block, default).Bound();
        await Assert.ThrowsAsync<IOException>(() => RandomAccessCalls.Read(runtime, "read", _file, memory[0][..100], 3, default).AsTask().Bound());
        memory[0].Span.Clear();
        Assert.Equal(Block, await Read(runtime, memory[0], 10_000).Bound());
        Assert.Equal(77, memory[0].Span[Block / 2]);
    }

    [Fact]
    public async Task A_cancel_ends_what_the_kernel_has_not_and_leaves_the_rest_to_the_device()
    {
        const int Calls = 2_000;
        await using AsyncCallRuntime runtime = NewRuntime();
        using var source = new CancellationTokenSource();
        using var memory = new Pages(Calls);
        Task<int>[] reads = [.. Enumerable.Range(0, Calls).Select(i => Read(runtime, memory[i], i % Blocks, source.Token))];
        await source.CancelAsync();
        int cancelled = 0;
        for (int i = 0; i < Calls; i++)
        {
            try
            {
                Assert.Equal(Block, await reads[i].Bound());
                Assert.Equal((byte)((i % Blocks) + 1), memory[i].Span[0]);
            }
            catch (OperationCanceledException)
            {
                cancelled++;
            }
        }

        Assert.Equal(cancelled, runtime.GetStatistics().Cancelled);
        Assert.Empty(runtime.PendingCalls);
    }

    [Fact]
    public async Task The_budget_is_reported_and_not_taken_before_it_is_needed()
    {
        long before = Spoken();
        await using AsyncCallRuntime runtime = NewRuntime();
        Assert.Contains("fs.aio-max-nr", runtime.Capabilities.LinuxAio.Reason, StringComparison.Ordinal);
        Assert.Contains(runtime.Capabilities.Routes, static route => route is { Operation: CallOperation.ReadAt, Handle: "file with O_DIRECT", Backend: "Linux AIO" });
        Assert.Equal(before, Spoken());

        using var memory = new Pages(1);
        Assert.Equal(Block, await Read(runtime, memory[0], 0).Bound());
        Assert.True(Spoken() >= before + LinuxAioBackend.RequestsMax, "No context was made.");
        await runtime.DisposeAsync();
        await Bounded.UntilAsync(() => Spoken() == before, "the context was given back");
    }

    /// <summary>Another process has what there is: workers serve, and the reason says what to change.</summary>
    [Fact]
    public async Task A_budget_that_is_used_up_leaves_the_calls_to_workers()
    {
        await using AsyncCallRuntime early = NewRuntime();
        Assert.True(early.Capabilities.LinuxAio.Available, early.Capabilities.LinuxAio.Reason);
        using var hog = new Hog();

        await using AsyncCallRuntime late = new(new AsyncCallOptions { Backends = AsyncCallBackends.LinuxAio });
        Assert.False(late.Capabilities.LinuxAio.Available);
        Assert.Contains("raise fs.aio-max-nr", late.Capabilities.LinuxAio.Reason, StringComparison.Ordinal);
        var error = Assert.Throws<NotSupportedException>(() => new AsyncCallRuntime(new AsyncCallOptions
        {
            Backends = AsyncCallBackends.LinuxAio,
            RequiredBackends = AsyncCallBackends.LinuxAio,
        }));
        Assert.Contains("raise fs.aio-max-nr", error.Message, StringComparison.Ordinal);

        using var memory = new Pages(2);
        Assert.Equal(Block, await Read(early, memory[0], 3).Bound());
        Assert.Equal(Block, await Read(late, memory[1], 4).Bound());
        Assert.Equal((4, 5), (memory[0].Span[7], memory[1].Span[7]));
        Assert.False(early.Capabilities.LinuxAio.Available);
        Assert.Contains("raise fs.aio-max-nr", early.Capabilities.LinuxAio.Reason, StringComparison.Ordinal);
        Assert.Equal(1, early.GetStatistics().CompletedByWorkers);
    }

    [Fact]
    public async Task A_disposed_handle_ends_nothing_early_and_its_descriptor_is_not_used_again()
    {
        await using AsyncCallRuntime runtime = NewRuntime();
        using var memory = new Pages(Blocks);
        Task<int>[] reads = [.. Enumerable.Range(0, Blocks).Select(i => Read(runtime, memory[i], i))];
        _file.Dispose();
        for (int i = 0; i < Blocks; i++)
        {
            Assert.Equal(Block, await reads[i].Bound());
            Assert.Equal((byte)(i + 1), memory[i].Span[0]);
        }
    }

    private static AsyncCallRuntime NewRuntime() => Lane.LinuxAio.NewRuntime();

    private static long Spoken() => long.Parse(File.ReadAllText("/proc/sys/fs/aio-nr"), CultureInfo.InvariantCulture);

    private Task<int> Read(AsyncCallRuntime runtime, Memory<byte> memory, int block, CancellationToken token = default) =>
        RandomAccessCalls.Read(runtime, "read", _file, memory, (long)block * Block, token).AsTask();

    /// <summary>Takes all of the machine's budget but less than a context needs.</summary>
    private sealed class Hog : IDisposable
    {
        private readonly List<nuint> _contexts = [];

        public Hog()
        {
            for (uint wanted = 1 << 16; wanted >= LinuxAioBackend.RequestsMax / 4;)
            {
                if (Syscalls.IoSetup(wanted, out nuint context) < 0)
                {
                    wanted /= 2;
                }
                else
                {
                    _contexts.Add(context);
                }
            }
        }

        public void Dispose() => _contexts.ForEach(Syscalls.IoDestroy);
    }
}
