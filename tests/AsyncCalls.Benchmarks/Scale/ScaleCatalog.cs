using AsyncCalls.Benchmarks.Fixtures;
using AsyncCalls.Benchmarks.Metrics;
using AsyncCalls.Benchmarks.Ratios;
using Microsoft.Win32.SafeHandles;

namespace AsyncCalls.Benchmarks.Scale;

/// <summary>What must not cost more the more there is of it: calls in flight, threads that make them, handles that they name.</summary>
internal static class ScaleCatalog
{
    /// <summary>Calls that a thread starts before it waits for them.</summary>
    private const int Batch = 16;

    public static IReadOnlyList<ScaleSeries> All { get; } =
    [
        new()
        {
            Name = "in_flight",
            Work = "awaiting loops of NopAsync, each with a call in flight",
            Points = [1, 4, 16, 64, 256, 1_024, 4_096, 16_384, 65_536],
            Open = (_, loops) =>
            {
                var runtime = new AsyncCallRuntime();
                return new ScalePoint(new AwaitingLoops(loops, quota => NopMetrics.Loop(runtime, quota)), loops, runtime);
            },
        },
        new()
        {
            Name = "threads",
            Work = $"threads that start {Batch} NopAsync each and wait for them",
            Points = [1, 2, 4, 8, 16, 32, 64],
            Open = (_, threads) =>
            {
                var runtime = new AsyncCallRuntime();
                var team = new ThreadTeam(threads, (_, calls) => StartAndWait(runtime, calls));
                return new ScalePoint(new TimedWork(calls => team.Run(calls / threads)), threads * Batch, team, runtime);
            },
        },
        new()
        {
            Name = "handles",
            Work = "handles that twins of a cached 4 KiB read name in turn",
            Points = [1, 10, 100, 1_000, 10_000],
            Open = OpenHandles,
        },
    ];

    private static void StartAndWait(AsyncCallRuntime runtime, int calls)
    {
        var started = new ValueTask[Batch];
        for (int done = 0; done < calls; done += Batch)
        {
#pragma warning disable CA2012 // Each is consumed once, below, when all of the batch are under way.
            for (int i = 0; i < Batch; i++)
            {
                started[i] = runtime.NopAsync();
            }
#pragma warning restore CA2012

            foreach (ValueTask call in started)
            {
                var waiting = new SpinWait();
                while (!call.IsCompleted)
                {
                    waiting.SpinOnce(sleep1Threshold: -1);
                }

                call.GetAwaiter().GetResult();
            }
        }
    }

    private static ScalePoint OpenHandles(BenchmarkResources resources, int count)
    {
        SafeFileHandle[] handles = OpenAll(resources.Folder, count);
        var runtime = new AsyncCallRuntime();
        var twins = new FileTwins(runtime);
        byte[] block = new byte[CachedFile.BlockBytes];
        return new ScalePoint(new AwaitingLoops(1, Read), count, [runtime, .. handles]);

        async Task Read(CallQuota quota)
        {
            int next = 0;
            for (int batch = quota.Take(); batch > 0; batch = quota.Take())
            {
                for (int i = 0; i < batch; i++)
                {
                    await twins.ReadBlockAsync(handles[next], block, 0);
                    next = next + 1 == handles.Length ? 0 : next + 1;
                }
            }
        }
    }

    private static SafeFileHandle[] OpenAll(BenchmarkFolder folder, int count)
    {
        var opened = new List<SafeFileHandle>();
        try
        {
            folder.OpenAndDelete(CachedFile.BlockBytes, path =>
            {
                while (opened.Count < count)
                {
                    opened.Add(CachedFile.Open(path));
                }

                return opened;
            });
            return [.. opened];
        }
        catch (IOException exception)
        {
            opened.ForEach(handle => handle.Dispose());
            throw new ReferenceUnavailableException($"{count} handles cannot be opened: {exception.Message}");
        }
    }
}
