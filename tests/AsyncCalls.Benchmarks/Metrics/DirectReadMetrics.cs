using AsyncCalls.Benchmarks.Counts;
using AsyncCalls.Benchmarks.Fixtures;
using AsyncCalls.Benchmarks.Native;
using AsyncCalls.Benchmarks.Ratios;

namespace AsyncCalls.Benchmarks.Metrics;

/// <summary>4 KiB from the disk itself, at random places, past the page cache.</summary>
internal static class DirectReadMetrics
{
    public static IEnumerable<Metric> All { get; } =
    [
        AgainstC(1, 1.05, new CallCounts(0, KernelEntries: 1.05, Switches: 1.5)),
        AgainstC(32, 1.02, new CallCounts(0, KernelEntries: 1.0 / 16, Switches: 0.2)),
        AgainstC(128, 1.00, new CallCounts(0, KernelEntries: 1.0 / 16, Switches: 0.2)),
        AgainstRandomAccess(32, new Target(0.28, Cpu: 0.16, Bytes: 0)),
        AgainstRandomAccess(128, new Target(0.28, Cpu: 0.13, Bytes: 0)),
        new()
        {
            Name = "default_vs_inline_direct_qd32",
            Work = "twin of a 4 KiB read, O_DIRECT, on a runtime of default options",
            Reference = "the same twin on a context, continued by the thread that reaps it",
            Depth = 32,
            Target = new Target(1.20, Bytes: 0),
            Open = resources => OpenAgainstInline(resources, 32),
        },
    ];

    private static Metric AgainstC(int depth, double target, CallCounts atMost) => new()
    {
        Name = $"direct_read_qd{depth}_vs_c",
        Work = "twin of a 4 KiB read, O_DIRECT",
        Reference = "C, IORING_OP_READ",
        Depth = depth,
        Target = new Target(target, Bytes: 0),
        AtMost = atMost,
        Open = resources => OpenAgainstC(resources, depth),
    };

    private static Metric AgainstRandomAccess(int depth, Target target) => new()
    {
        Name = $"direct_read_qd{depth}_vs_randomaccess",
        Work = "twin of a 4 KiB read, O_DIRECT",
        Reference = "RandomAccess.ReadAsync",
        Depth = depth,
        Target = target,
        Open = resources => OpenAgainstRandomAccess(resources, depth),
    };

    private static unsafe Comparison OpenAgainstC(BenchmarkResources resources, int depth)
    {
        CReferences c = resources.C;
        DirectFile file = resources.DirectFile;
        CRing ring = c.OpenRing((uint)depth);
        var buffers = new AlignedBuffer(depth * DirectFile.BlockBytes);
        var seeds = new Seeds();
        var runtime = new AsyncCallRuntime();
        var ourBuffers = new AlignedBuffer(depth * DirectFile.BlockBytes);
        return new Comparison(
            Twin(runtime, file, ourBuffers, depth),
            new TimedWork(calls => ring.Read(
                file.Reference, buffers.Address, depth, DirectFile.BlockBytes, DirectFile.Blocks, seeds.Next(), calls)),
            runtime,
            ring,
            ourBuffers,
            buffers);
    }

    private static Comparison OpenAgainstRandomAccess(BenchmarkResources resources, int depth)
    {
        DirectFile file = resources.DirectFile;
        var buffers = new AlignedBuffer(depth * DirectFile.BlockBytes);
        var seeds = new Seeds();
        var runtime = new AsyncCallRuntime();
        var ourBuffers = new AlignedBuffer(depth * DirectFile.BlockBytes);
        return new Comparison(
            Twin(runtime, file, ourBuffers, depth),
            new AwaitingLoops(depth, quota => ReadLoops.RandomRandomAccess(
                file.Reference, Block(buffers, quota.Loop), DirectFile.Blocks, seeds.Next(), quota)),
            runtime,
            ourBuffers,
            buffers);
    }

    private static Comparison OpenAgainstInline(BenchmarkResources resources, int depth)
    {
        DirectFile file = resources.DirectFile;
        var buffers = new AlignedBuffer(depth * DirectFile.BlockBytes);
        var runtime = new AsyncCallRuntime();
        var other = new AsyncCallRuntime();
        AsyncCallContext context = other.CreateContext(depth);
        var ourBuffers = new AlignedBuffer(depth * DirectFile.BlockBytes);
        return new Comparison(
            Twin(runtime, file, ourBuffers, depth),
            Twin(context.Runtime, file, buffers, depth, loops => Reap(context, loops)),
            runtime,
            context,
            other,
            ourBuffers,
            buffers);
    }

    private static void Reap(AsyncCallContext context, Task loops)
    {
        var events = new CompletionEvent[32];
        while (!loops.IsCompleted)
        {
            context.Reap(events, 1, TimeSpan.FromMilliseconds(10));
        }
    }

    private static AwaitingLoops Twin(AsyncCallRuntime runtime, DirectFile file, AlignedBuffer buffers, int depth, Action<Task>? drive = null)
    {
        var twins = new FileTwins(runtime);
        var seeds = new Seeds();
        return new AwaitingLoops(depth, quota => ReadLoops.RandomTwin(
            twins, file.Ours, Block(buffers, quota.Loop), DirectFile.Blocks, seeds.Next(), quota))
        {
            Drive = drive,
        };
    }

    private static Memory<byte> Block(AlignedBuffer buffers, int index)
        => buffers.Memory.Slice(index * DirectFile.BlockBytes, DirectFile.BlockBytes);

    /// <summary>A new sequence of places for each loop of each slice: a disk has a cache, too.</summary>
    private sealed class Seeds
    {
        private const ulong GoldenRatio = 0x9E3779B97F4A7C15;
        private ulong _last;

        public ulong Next() => Interlocked.Add(ref _last, GoldenRatio);
    }
}
