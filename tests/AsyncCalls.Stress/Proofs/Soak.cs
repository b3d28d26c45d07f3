using AsyncCalls.Stress.Fixtures;
using AsyncCalls.Stress.Running;
using Microsoft.Win32.SafeHandles;

namespace AsyncCalls.Stress.Proofs;

/// <summary>
/// One runtime for a long time: reads that get data, that are cancelled or run out of time, that end inline, bodies, and contexts that come and go. Whatever a call keeps must be
/// given back, so that memory, descriptors and threads are at the end what they were soon after the beginning.
/// </summary>
internal sealed class Soak() : Proof(
    "soak",
    "memory, descriptors and threads do not grow with the number of calls",
    "calls",
    10_000_000)
{
    private const int Together = 64;

    /// <summary>Rounds between two samples. A minimum of several samples leaves out what just is under way.</summary>
    private const int RoundsOfSample = 10;
    private const int Samples = 5;

    /// <summary>What the pools of records may come to, 4,096 of 700 bytes and 32 for each thread: of the full count less than half a byte a call.</summary>
    private const long ManagedGrowthMax = 4 << 20;
    private const long ResidentGrowthMax = 32 << 20;

    /// <summary>Workers, and those that dispatch.</summary>
    private const int ThreadsMax = 80;

    public override async Task RunAsync(ProofRun run)
    {
        using var folder = new ScratchFolder();
        using SafeFileHandle file = Libc.Open(folder.CreateFile(0, 1), 0);
        WatchedRuntime watched = await WatchedRuntime.CreateAsync(run);
        var random = new Random(run.Seed);
        var first = new List<Sample>();
        var last = new Queue<Sample>();
        for (int round = 1; run.GoesOn || first.Count < Samples; round++)
        {
            run.Add(await RoundAsync(run, watched.Runtime, file, random));
            if (round % RoundsOfSample != 0 || round <= Samples * RoundsOfSample)
            {
                continue;
            }

            Sample sample = Sample.Take(watched.Runtime);
            if (first.Count < Samples)
            {
                first.Add(sample);
            }

            last.Enqueue(sample);
            if (last.Count > Samples)
            {
                last.Dequeue();
            }
        }

        Judge(run, Sample.Least(first), Sample.Least(last));
        await watched.CloseAsync();
    }

    private static void Judge(ProofRun run, Sample before, Sample after)
    {
        run.Note("bytes of managed memory", after.Managed);
        run.Note("bytes more of it than at first", after.Managed - before.Managed);
        run.Note("KiB more resident than at first", (after.Resident - before.Resident) / 1024);
        run.Require(after.Managed <= before.Managed + ManagedGrowthMax, $"Managed memory has grown from {before.Managed:N0} bytes to {after.Managed:N0}.");
        run.Require(after.Resident <= before.Resident + ResidentGrowthMax, $"Resident memory has grown from {before.Resident:N0} bytes to {after.Resident:N0}.");
        run.Require(after.Descriptors <= before.Descriptors, $"The process had {before.Descriptors} descriptors of calls and has {after.Descriptors}.");
        run.Require(after.Threads <= ThreadsMax, $"The runtime had {before.Threads} threads and has {after.Threads}.");
    }

    /// <summary>A wave of calls of all kinds; returns how many.</summary>
    private static async Task<int> RoundAsync(ProofRun run, AsyncCallRuntime runtime, SafeFileHandle file, Random random)
    {
        Pipe[] pipes = [.. Enumerable.Range(0, Together).Select(static _ => new Pipe())];
        byte[] buffer = new byte[Together * Pipe.MessageBytes];
        using var cancel = new CancellationTokenSource();
        AsyncCallRuntime hurried = runtime.WithTimeout(TimeSpan.FromMilliseconds(1));
        var reads = new Task<nint>[Together];
        for (int i = 0; i < Together; i++)
        {
            Memory<byte> part = buffer.AsMemory(i * Pipe.MessageBytes, Pipe.MessageBytes);
            reads[i] = (i % 4) switch
            {
                0 => Libc.readAsync(pipes[i].Reader, part, Pipe.MessageBytes, hurried).AsTask(),
                1 => Libc.readAsync(pipes[i].Reader, part, Pipe.MessageBytes, runtime, cancel.Token).AsTask(),
                2 => Libc.readAsync(pipes[i].Reader, part, Pipe.MessageBytes, runtime).AsTask(),
                _ => Libc.preadAsync(file, part, Pipe.MessageBytes, 0, runtime).AsTask(),
            };
        }

        await runtime.NopAsync();
        await Libc.NothingAsync(runtime);
        using (AsyncCallContext context = runtime.CreateContext())
        {
            using HandleLease lease = context.Lease(file);
            using BufferLease pinned = context.Pin(new byte[Pipe.MessageBytes]);
            context.Submit(Iocb.Read(lease, pinned, Pipe.MessageBytes, 0));
            run.Require(context.Reap(new CompletionEvent[1], random.Next(2), ProofRun.Limit) <= 1, "More events came than calls were made.");
        }

        foreach (int i in Enumerable.Range(0, Together).Where(static i => i % 4 == 2))
        {
            pipes[i].Send(Pipe.NextSerial());
        }

        await cancel.CancelAsync();
        // A timer that is not needed any more is a leak of the proof's own.
        using var ended = new CancellationTokenSource();
        Task all = Task.WhenAll(reads);
        run.Require(await Task.WhenAny(all, Task.Delay(ProofRun.Limit, ended.Token)) == all, "A call did not end.");
        await ended.CancelAsync();
        foreach (Pipe pipe in pipes)
        {
            pipe.Dispose();
        }

        run.Note("reads that got data", reads.Count(static read => read.IsCompletedSuccessfully));
        run.Note("reads that were cancelled", reads.Count(static read => read.IsCanceled));
        run.Note("reads that ran out of time", reads.Count(static read => read.IsFaulted));
        return Together + 3;
    }

    /// <summary>What the process has, with the runtime at rest.</summary>
    private readonly record struct Sample(long Managed, long Resident, int Descriptors, int Threads)
    {
        public static Sample Take(AsyncCallRuntime runtime) =>
            new(GC.GetTotalMemory(forceFullCollection: true), Environment.WorkingSet, ProcessState.DescriptorsOfCalls(), ProcessState.ThreadsOf(runtime));

        public static Sample Least(IReadOnlyCollection<Sample> samples) => new(
            samples.Min(static sample => sample.Managed),
            samples.Min(static sample => sample.Resident),
            samples.Min(static sample => sample.Descriptors),
            samples.Min(static sample => sample.Threads));
    }
}
