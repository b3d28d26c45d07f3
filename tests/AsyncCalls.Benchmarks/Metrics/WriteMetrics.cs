using AsyncCalls.Benchmarks.Fixtures;
using AsyncCalls.Benchmarks.Ratios;
using Microsoft.Win32.SafeHandles;

namespace AsyncCalls.Benchmarks.Metrics;

/// <summary>Writes into the page cache, and writes that are brought to the disk.</summary>
internal static class WriteMetrics
{
    private const int BlockBytes = 4096;

    /// <summary>64 MiB a slice: the kernel does not begin to write so little back by itself.</summary>
    private const int MostAppends = 16_384;

    private const int SyncDepth = 8;

    /// <summary>Written over and over, so that syncing it does not also have to record how long it is.</summary>
    private const int SyncFileBytes = 1 << 20;

    public static IEnumerable<Metric> All { get; } =
    [
        Against("buffered_write_qd1_vs_randomaccess", "RandomAccess.WriteAsync", 0.85, static (file, block, offset) => RandomAccess.WriteAsync(file, block, offset)),

        // Less than this no thread can take: what is over it is the way to a worker and back.
        Against("buffered_write_qd1_vs_blocking", "RandomAccess.Write", 1.15, static (file, block, offset) =>
        {
            RandomAccess.Write(file, block.Span, offset);
            return ValueTask.CompletedTask;
        }),
        new()
        {
            Name = $"fsync_qd{SyncDepth}_vs_taskrun",
            Work = "twins of a 4 KiB write and of fdatasync, a file for each loop",
            Reference = "Task.Run of RandomAccess.Write and fdatasync",
            Depth = SyncDepth,
            Target = new Target(0.90, Bytes: 0),
            Open = OpenSync,
        },
    ];

    private static Metric Against(string name, string reference, double target, Func<SafeFileHandle, ReadOnlyMemory<byte>, long, ValueTask> write) => new()
    {
        Name = name,
        Work = "twin of a 4 KiB append",
        Reference = reference,
        Target = new Target(target, Bytes: 0),
        Open = resources => OpenAppend(resources, write),
    };

    private static Comparison OpenAppend(BenchmarkResources resources, Func<SafeFileHandle, ReadOnlyMemory<byte>, long, ValueTask> reference)
    {
        SafeFileHandle[] files = resources.Folder.OpenAndDelete(0, OpenForWriting, OpenAnotherForWriting);
        var runtime = new AsyncCallRuntime();
        var twins = new FileTwins(runtime);
        return new Comparison(
            Appends(files[0], (file, block, offset) => twins.WriteBlockAsync(file, block, offset)),
            Appends(files[1], reference),
            [runtime, .. files]);
    }

    private static AwaitingLoops Appends(SafeFileHandle file, Func<SafeFileHandle, ReadOnlyMemory<byte>, long, ValueTask> write)
    {
        byte[] block = new byte[BlockBytes];
        return new AwaitingLoops(1, quota => Append(file, block, write, quota), prepare: () => RandomAccess.SetLength(file, 0)) { MostCalls = MostAppends };
    }

    private static async Task Append(SafeFileHandle file, ReadOnlyMemory<byte> block, Func<SafeFileHandle, ReadOnlyMemory<byte>, long, ValueTask> write, CallQuota quota)
    {
        long offset = 0;
        for (int batch = quota.Take(); batch > 0; batch = quota.Take())
        {
            for (int i = 0; i < batch; i++, offset += BlockBytes)
            {
                await write(file, block, offset);
            }
        }
    }

    private static Comparison OpenSync(BenchmarkResources resources)
    {
        SafeFileHandle[] ours = OpenSyncFiles(resources.Folder);
        SafeFileHandle[] reference = OpenSyncFiles(resources.Folder);
        var runtime = new AsyncCallRuntime();
        var twins = new FileTwins(runtime);
        byte[] block = new byte[BlockBytes];
        return new Comparison(
            new AwaitingLoops(SyncDepth, quota => SyncTwins(twins, runtime, ours[quota.Loop], block, quota)),
            new AwaitingLoops(SyncDepth, quota => SyncTaskRun(reference[quota.Loop], block, quota)),
            [runtime, .. ours, .. reference]);
    }

    private static SafeFileHandle[] OpenSyncFiles(BenchmarkFolder folder)
        => [.. Enumerable.Range(0, SyncDepth).Select(_ => folder.OpenAndDelete(SyncFileBytes, OpenForWriting)[0])];

    private static async Task SyncTwins(
        FileTwins twins, AsyncCallRuntime runtime, SafeFileHandle file, ReadOnlyMemory<byte> block, CallQuota quota)
    {
        long offset = 0;
        for (int batch = quota.Take(); batch > 0; batch = quota.Take())
        {
            for (int i = 0; i < batch; i++, offset = (offset + BlockBytes) % SyncFileBytes)
            {
                await twins.WriteBlockAsync(file, block, offset);
                RequireSynced(await LibcTwins.fdatasyncAsync(file, runtime: runtime));
            }
        }
    }

    private static async Task SyncTaskRun(SafeFileHandle file, ReadOnlyMemory<byte> block, CallQuota quota)
    {
        long offset = 0;
        for (int batch = quota.Take(); batch > 0; batch = quota.Take())
        {
            for (int i = 0; i < batch; i++, offset = (offset + BlockBytes) % SyncFileBytes)
            {
                long here = offset;
                RequireSynced(await Task.Run(() =>
                {
                    RandomAccess.Write(file, block.Span, here);
                    return LibcTwins.fdatasync(file);
                }));
            }
        }
    }

    private static void RequireSynced(int result)
    {
        if (result != 0)
        {
            throw new IOException("fdatasync failed.");
        }
    }

    private static SafeFileHandle OpenForWriting(string path)
        => File.OpenHandle(path, FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite | FileShare.Delete, FileOptions.Asynchronous);

    /// <summary>A file of its own: two appenders of one file would measure each other's lock.</summary>
    private static SafeFileHandle OpenAnotherForWriting(string path)
    {
        string another = path + ".reference";
        SafeFileHandle file = File.OpenHandle(
            another, FileMode.CreateNew, FileAccess.ReadWrite, FileShare.ReadWrite | FileShare.Delete, FileOptions.Asynchronous);
        File.Delete(another);
        return file;
    }
}
