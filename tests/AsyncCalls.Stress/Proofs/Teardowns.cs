using System.Runtime.InteropServices;
using AsyncCalls.Stress.Fixtures;
using AsyncCalls.Stress.Running;
using Microsoft.Win32.SafeHandles;

namespace AsyncCalls.Stress.Proofs;

/// <summary>
/// A runtime, or a context of it, is disposed while direct reads are in flight, which nothing can call back: the disk writes into their buffers when it is ready. When dispose has returned
/// the buffers are the user's again. They are filled with a pattern, and a while later that must still stand.
/// </summary>
internal sealed class Teardowns() : Proof(
    "teardown",
    "after dispose has returned, the kernel writes into no buffer of the 32 direct reads of 1 MiB that were in flight",
    "teardowns",
    1_000)
{
    private const int Reads = 32;
    private const int ReadBytes = 1 << 20;
    private const int PagesOfRead = ReadBytes / PageIdentity.PageBytes;
    private const int Blocks = 64;

    /// <summary>Longer than the disk needs for what is in flight: a write that comes too late comes in this time.</summary>
    private static readonly TimeSpan Settle = TimeSpan.FromMilliseconds(20);

    public override IReadOnlyList<Lane> Lanes => [.. base.Lanes, Lane.LinuxAio];

    public override string? Unavailable
    {
        get
        {
            using var folder = new ScratchFolder();
            try
            {
                Libc.Open(folder.CreateFile(0, 1), Libc.Direct).Dispose();
                return null;
            }
            catch (IOException exception)
            {
                return $"the file system refuses O_DIRECT: {exception.Message}";
            }
        }
    }

    public override async Task RunAsync(ProofRun run)
    {
        using var folder = new ScratchFolder();
        using SafeFileHandle file = Libc.Open(folder.CreateFile(0, Blocks * PagesOfRead), Libc.Direct);
        CountedMemory[] buffers = [.. Enumerable.Range(0, Reads).Select(_ => new CountedMemory(ReadBytes))];
        var random = new Random(run.Seed);
        while (run.GoesOn)
        {
            WatchedRuntime watched = await WatchedRuntime.CreateAsync(run);
            byte pattern = (byte)(run.Done | 1);
            if (run.Done % 3 == 2)
            {
                DisposeContext(run, watched, file, buffers, random);
                Fill(buffers, pattern);
            }
            else
            {
                Task<nint>[] reads = await DisposeRuntimeAsync(run, watched, file, buffers, random, cancelBefore: run.Done % 3 == 1);
                Fill(buffers, pattern);
                await Task.WhenAny(Task.WhenAll(reads), Task.Delay(ProofRun.Limit));
                foreach (Task<nint> read in reads)
                {
                    run.Require(read.IsCanceled || read.IsCompletedSuccessfully, $"A read of a disposed runtime is {read.Status}.");
                }
            }

            await Task.Delay(Settle);
            for (int i = 0; i < Reads; i++)
            {
                int changed = buffers[i].GetSpan().IndexOfAnyExcept(pattern);
                run.Require(changed < 0, $"Teardown {run.Done}: after dispose had returned, the kernel wrote into buffer {i}, at byte {changed}.");
            }

            foreach (CountedMemory buffer in buffers)
            {
                await run.UntilAsync(() => buffer.Pins == 0, "no buffer is pinned after dispose");
            }

            await watched.DisposeAsync();
            run.Add(1);
        }

        run.RequireSome("reads in flight at dispose");
        foreach (CountedMemory buffer in buffers)
        {
            ((IDisposable)buffer).Dispose();
        }
    }

    /// <summary>The reads; those that dispose has seen to their end are looked at already. Nothing is waited for after dispose: the buffers are to be used at once.</summary>
    private static async Task<Task<nint>[]> DisposeRuntimeAsync(
        ProofRun run, WatchedRuntime watched, SafeFileHandle file, CountedMemory[] buffers, Random random, bool cancelBefore)
    {
        using var cancel = new CancellationTokenSource();
        int[] blocks = new int[Reads];
        var reads = new Task<nint>[Reads];
        for (int i = 0; i < Reads; i++)
        {
            blocks[i] = random.Next(Blocks);
            reads[i] = Libc.preadAsync(file, buffers[i].Memory, ReadBytes, (long)blocks[i] * ReadBytes, runtime: watched.Runtime, cancellationToken: cancel.Token).AsTask();
        }

        LetSomeBegin(random);
        if (cancelBefore)
        {
            await cancel.CancelAsync();
        }

        run.Note("reads in flight at dispose", watched.Runtime.GetStatistics().InFlight);
        await watched.Runtime.DisposeAsync();
        for (int i = 0; i < Reads; i++)
        {
            if (reads[i].IsCompletedSuccessfully)
            {
                Check(run, reads[i].Result, buffers[i], blocks[i]);
            }
            else if (reads[i].IsCanceled)
            {
                run.Note("cancelled");
            }
        }

        return reads;
    }

    private static void Fill(CountedMemory[] buffers, byte pattern)
    {
        foreach (CountedMemory buffer in buffers)
        {
            buffer.GetSpan().Fill(pattern);
        }
    }

    private static void DisposeContext(ProofRun run, WatchedRuntime watched, SafeFileHandle file, CountedMemory[] buffers, Random random)
    {
        AsyncCallContext context = watched.Runtime.CreateContext();
        int[] blocks = new int[Reads];
        var records = new CompletionRecord[Reads];
        using (HandleLease lease = context.Lease(file))
        {
            for (int i = 0; i < Reads; i++)
            {
                blocks[i] = random.Next(Blocks);
                records[i] = context.CreateRecord();
                using BufferLease buffer = context.Pin(buffers[i].Memory);
                Iocb read = Iocb.Read(lease, buffer, ReadBytes, (long)blocks[i] * ReadBytes);
                read.Record = records[i].Id;
                read.Cookie = (ulong)i + 1;
                context.Submit(read);
            }
        }

        LetSomeBegin(random);
        run.Note("reads in flight at dispose", context.InFlight);
        context.Dispose();
        for (int i = 0; i < Reads; i++)
        {
            run.Require(records[i].IsCompleted, "The record of a call is empty after its context was disposed.");
            if (records[i].Result == -Errors.Cancelled)
            {
                run.Note("cancelled");
            }
            else
            {
                Check(run, (nint)records[i].Result, buffers[i], blocks[i]);
            }

            records[i].Dispose();
        }
    }

    /// <summary>What completed has its data: all of it.</summary>
    private static void Check(ProofRun run, nint result, CountedMemory buffer, int block)
    {
        run.Note("delivered");
        run.Require(result == ReadBytes, $"A direct read answered {result} ({Marshal.GetLastPInvokeErrorMessage()}).");
        for (int page = 0; page < PagesOfRead; page += PagesOfRead - 1)
        {
            ReadOnlySpan<byte> content = buffer.GetSpan().Slice(page * PageIdentity.PageBytes, PageIdentity.PageBytes);
            run.Require(PageIdentity.Is(content, 0, (block * PagesOfRead) + page), "A direct read delivered other data than the file's.");
        }
    }

    /// <summary>So that dispose meets reads that have not begun, reads on the disk and reads that have ended.</summary>
    private static void LetSomeBegin(Random random)
    {
        if (random.Next(3) == 0)
        {
            Thread.Sleep(random.Next(4));
        }
        else
        {
            Thread.SpinWait(random.Next(20_000));
        }
    }
}
