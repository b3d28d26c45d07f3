using System.Runtime.CompilerServices;
using AsyncCalls.Stress.Fixtures;
using AsyncCalls.Stress.Running;
using Microsoft.Win32.SafeHandles;

namespace AsyncCalls.Stress.Proofs;

/// <summary>
/// Reads into ordinary arrays are in flight while the collector compacts the heap, with holes made between the arrays so that everything that is not pinned moves. Each array
/// has neighbours of the same age, which must move and keep their contents.
/// </summary>
internal sealed class CompactingCollections() : Proof(
    "compacting-collections",
    "a read into a movable array delivers into that array, and writes nowhere else, while the heap is compacted under it",
    "collections",
    2_000)
{
    private const int Reads = 32;
    private const int ParkedReads = Reads / 2;
    private const int Margin = 16;
    private const byte Untouched = 0xA5;
    private const int PagesOfFile = 64;

    public override async Task RunAsync(ProofRun run)
    {
        WatchedRuntime watched = await WatchedRuntime.CreateAsync(run);
        using (var folder = new ScratchFolder())
        using (SafeFileHandle file = Libc.Open(folder.CreateFile(1, PagesOfFile), 0))
        {
            Pipe[] pipes = [.. Enumerable.Range(0, ParkedReads).Select(static _ => new Pipe())];
            var random = new Random(run.Seed);
            List<WeakReference> buffers = [];
            while (run.GoesOn && await CollectAsync(run, watched.Runtime, file, pipes, random, buffers))
            {
                run.Add(1);
            }

            foreach (Pipe pipe in pipes)
            {
                pipe.Dispose();
            }

            // A pin that was not given back would keep its array.
            await run.UntilAsync(
                () =>
                {
                    GC.Collect();
                    return buffers.TrueForAll(static buffer => !buffer.IsAlive);
                },
                "every array of the last reads is garbage");
        }

        run.RequireSome("neighbours moved");
        await watched.CloseAsync();
    }

    /// <summary>One collection under reads. False: it makes no sense to go on.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static async Task<bool> CollectAsync(
        ProofRun run, AsyncCallRuntime runtime, SafeFileHandle file, Pipe[] pipes, Random random, List<WeakReference> references)
    {
        byte[][] buffers = new byte[Reads][];
        byte[][] neighbours = new byte[Reads][];
        Allocate(buffers, neighbours, random);
        nuint[] before = [.. neighbours.Select(AddressOf)];

        long[] serials = new long[ParkedReads];
        int[] pages = new int[Reads];
        var reads = new Task<nint>[Reads];
        for (int i = 0; i < Reads; i++)
        {
            bool parked = i < ParkedReads;
            int count = parked ? Pipe.MessageBytes : PageIdentity.PageBytes;
            Memory<byte> memory = buffers[i].AsMemory(Margin, count);
            pages[i] = random.Next(PagesOfFile);
            reads[i] = parked
                ? Libc.readAsync(pipes[i].Reader, memory, (nuint)count, runtime: runtime).AsTask()
                : Libc.preadAsync(file, memory, (nuint)count, (long)pages[i] * PageIdentity.PageBytes, runtime: runtime).AsTask();
        }

        GC.Collect(GC.MaxGeneration, GCCollectionMode.Forced, blocking: true, compacting: true);
        run.Note("neighbours moved", neighbours.Where((neighbour, i) => AddressOf(neighbour) != before[i]).Count());
        for (int i = 0; i < ParkedReads; i++)
        {
            serials[i] = Pipe.NextSerial();
            pipes[i].Send(serials[i]);
        }

        Task all = Task.WhenAll(reads);
        if (await Task.WhenAny(all, Task.Delay(ProofRun.Limit)) != all)
        {
            run.Violation("A read did not end.");
            return false;
        }

        await all;
        for (int i = 0; i < Reads; i++)
        {
            bool parked = i < ParkedReads;
            int count = parked ? Pipe.MessageBytes : PageIdentity.PageBytes;
            ReadOnlySpan<byte> content = buffers[i].AsSpan(Margin, count);
            bool right = reads[i].Result == count && (parked ? Pipe.SerialIn(content) == serials[i] : PageIdentity.Is(content, 1, pages[i]));
            run.Require(right, $"Read {i} answered {reads[i].Result} of {count} bytes, and its array has not what was sent.");
            run.Require(buffers[i].AsSpan(0, Margin).IndexOfAnyExcept(Untouched) < 0, $"Bytes before the memory of read {i} were written to.");
            run.Require(buffers[i].AsSpan(Margin + count).IndexOfAnyExcept(Untouched) < 0, $"Bytes behind the memory of read {i} were written to.");
            run.Require(neighbours[i].AsSpan().IndexOfAnyExcept(Untouched) < 0, $"A neighbour of the array of read {i} was written to.");
        }

        references.Clear();
        references.AddRange(buffers.Select(static buffer => new WeakReference(buffer)));
        return run.Violations.Count == 0;
    }

    /// <summary>Arrays with garbage between them.</summary>
    private static void Allocate(byte[][] buffers, byte[][] neighbours, Random random)
    {
        for (int i = 0; i < Reads; i++)
        {
            _ = new byte[random.Next(1, 4_000)];
            buffers[i] = new byte[PageIdentity.PageBytes + (2 * Margin)];
            _ = new byte[random.Next(1, 4_000)];
            neighbours[i] = new byte[random.Next(64, 2_000)];
            buffers[i].AsSpan().Fill(Untouched);
            neighbours[i].AsSpan().Fill(Untouched);
        }
    }

    /// <summary>Where an array is at this moment.</summary>
    private static unsafe nuint AddressOf(byte[] array) => (nuint)Unsafe.AsPointer(ref array[0]);
}
