using System.Runtime.CompilerServices;
using AsyncCalls.Benchmarks.Counts;
using AsyncCalls.Benchmarks.Fixtures;
using AsyncCalls.Benchmarks.Native;
using AsyncCalls.Benchmarks.Ratios;
using Microsoft.Win32.SafeHandles;

namespace AsyncCalls.Benchmarks.Metrics;

/// <summary>4 KiB that are in memory already: in the page cache of a disk file system, or in tmpfs.</summary>
internal static class CachedReadMetrics
{
    private const string ReadAsyncName = "RandomAccess.ReadAsync";

    public static IEnumerable<Metric> All { get; } =
    [
        new()
        {
            Name = "cached_read_qd1_vs_c",
            Work = "twin of a 4 KiB read, in page cache",
            Reference = "C, pread",
            Target = new Target(1.15, Bytes: 0),
            AtMost = new CallCounts(0, KernelEntries: 0.001, Switches: 0.01),
            Open = OpenAgainstC,
        },
        AgainstRandomAccess(1, new Target(0.75, Cpu: 0.45, Bytes: 0)),
        AgainstRandomAccess(32, new Target(0.65, Cpu: 0.70, Bytes: 0)),
        AgainstNoWait(1),
        AgainstNoWait(32),
        new()
        {
            Name = "tmpfs_read_qd1_vs_randomaccess",
            Work = "twin of a 4 KiB read, tmpfs",
            Reference = ReadAsyncName,
            Target = new Target(0.80, Bytes: 0),
            Open = OpenOnTmpfs,
        },
    ];

    private static Metric AgainstRandomAccess(int depth, Target target) => new()
    {
        Name = $"cached_read_qd{depth}_vs_randomaccess",
        Work = "twin of a 4 KiB read, in page cache",
        Reference = ReadAsyncName,
        Depth = depth,
        Target = target,
        Open = resources =>
        {
            CachedFile file = resources.CachedFile;
            return Against(depth, file.Ours, file.Reference);
        },
    };

    /// <summary>With what the kernel takes for an attempt that waits for nothing: less than this no call can take that does not block its thread.</summary>
    private static Metric AgainstNoWait(int depth) => new()
    {
        Name = $"cached_read_qd{depth}_vs_nowait",
        Work = "twin of a 4 KiB read, in page cache",
        Reference = "C, preadv2 with RWF_NOWAIT",
        Depth = depth,
        Target = new Target(1.15, Bytes: 0),
        Open = resources => OpenAgainstNoWait(resources, depth),
    };

    private static unsafe Comparison OpenAgainstNoWait(BenchmarkResources resources, int depth)
    {
        CReferences c = resources.C;
        CachedFile file = resources.CachedFile;
        AlignedBuffer[] buffers = [.. Enumerable.Range(0, depth).Select(_ => new AlignedBuffer(CachedFile.BlockBytes))];
        var runtime = new AsyncCallRuntime();
        return new Comparison(Twin(runtime, file.Ours, Blocks(depth)), new AwaitingLoops(depth, Loop), [runtime, .. buffers]);

        Task Loop(CallQuota quota)
        {
            ulong next = (ulong)ReadLoops.FirstBlock(quota.Loop, CachedFile.Blocks);
            for (int batch = quota.Take(); batch > 0; batch = quota.Take())
            {
                c.Pread(file.Reference, buffers[quota.Loop].Address, CachedFile.BlockBytes, CachedFile.Blocks, ref next, noWait: true, batch);
            }

            return Task.CompletedTask;
        }
    }

    private static unsafe Comparison OpenAgainstC(BenchmarkResources resources)
    {
        CReferences c = resources.C;
        CachedFile file = resources.CachedFile;
        var buffer = new AlignedBuffer(CachedFile.BlockBytes);
        var runtime = new AsyncCallRuntime();
        return new Comparison(
            Twin(runtime, file.Ours, Blocks(1)),
            new TimedWork(Read),
            runtime,
            buffer);

        void Read(int calls)
        {
            ulong next = 0;
            c.Pread(file.Reference, buffer.Address, CachedFile.BlockBytes, CachedFile.Blocks, ref next, noWait: false, calls);
        }
    }

    private static Comparison OpenOnTmpfs(BenchmarkResources resources)
    {
        BenchmarkFolder folder = BenchmarkFolder.InSharedMemory()
            ?? throw new ReferenceUnavailableException("there is no tmpfs at /dev/shm");
        SafeFileHandle[] files = folder.OpenAndDelete((long)CachedFile.Blocks * CachedFile.BlockBytes, CachedFile.Open, CachedFile.Open);
        return Against(1, files[0], files[1], files);
    }

    private static Comparison Against(int depth, SafeFileHandle ours, SafeFileHandle reference, params IDisposable[] owned)
    {
        var runtime = new AsyncCallRuntime();
        return new Comparison(Twin(runtime, ours, Blocks(depth)), ReadAsync(reference, Blocks(depth)), [runtime, .. owned]);
    }

    private static AwaitingLoops Twin(AsyncCallRuntime runtime, SafeFileHandle file, Memory<byte>[] blocks)
    {
        var twins = new FileTwins(runtime);
        return new AwaitingLoops(
            blocks.Length, quota => ReadLoops.SequentialTwin(twins, file, blocks[quota.Loop], CachedFile.Blocks, quota));
    }

    private static AwaitingLoops ReadAsync(SafeFileHandle file, Memory<byte>[] blocks) => new(
        blocks.Length, quota => ReadLoops.SequentialRandomAccess(file, blocks[quota.Loop], CachedFile.Blocks, quota));

    /// <summary>
    /// Parts of arrays that begin with a page, as the buffers of the references in C do. An array begins at any multiple of 8, by chance, and the kernel copies 8 % slower to one that lies 16 bytes
    /// behind a multiple of 32.
    /// </summary>
    private static unsafe Memory<byte>[] Blocks(int depth) => [.. Enumerable.Range(0, depth).Select(_ =>
    {
        byte[] two = GC.AllocateArray<byte>(2 * CachedFile.BlockBytes, pinned: true);
        int beyond = (int)((nuint)Unsafe.AsPointer(ref two[0]) % CachedFile.BlockBytes);
        return two.AsMemory(CachedFile.BlockBytes - beyond, CachedFile.BlockBytes);
    })];
}
