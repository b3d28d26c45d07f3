using AsyncCalls.Stress.Fixtures;
using AsyncCalls.Stress.Running;
using Microsoft.Win32.SafeHandles;

namespace AsyncCalls.Stress.Proofs;

/// <summary>
/// Handles of files and pipes are opened, read and closed all the time, with reads still in flight, by several loops at once: the kernel gives the lowest free number, so a number that becomes
/// free means another file within microseconds. Every file, and every message in a pipe, says which one it is.
/// </summary>
internal sealed class ReusedNumbers() : Proof(
    "reused-numbers",
    "a read never reaches another file than the one that it was started on, however descriptors are closed and their numbers used again",
    "reads",
    1_000_000)
{
    private const int Loops = 8;
    private const int Files = 16;
    private const int PagesOfFile = 16;
    private const int ReadsOfHandle = 4;
    private const int NumbersMax = 4_096;

    /// <summary>By descriptor number: whether a handle of it was closed with reads in flight.</summary>
    private readonly int[] _closedInFlight = new int[NumbersMax];

    public override async Task RunAsync(ProofRun run)
    {
        WatchedRuntime watched = await WatchedRuntime.CreateAsync(run);
        using (var folder = new ScratchFolder())
        {
            string[] files = [.. Enumerable.Range(0, Files).Select(number => folder.CreateFile(number, PagesOfFile))];
            Task[] loops =
            [
                .. Enumerable.Range(0, Loops).Select(number => Task.Run(() => LoopAsync(run, watched.Runtime, files, new Random(run.Seed + number)))),
            ];
            Task all = Task.WhenAll(loops);
            long done = -1;
            while (!all.IsCompleted && done != run.Done)
            {
                // No progress for so long: a read never ended.
                done = run.Done;
                await Task.WhenAny(all, Task.Delay(ProofRun.Limit));
            }

            if (!all.IsCompleted)
            {
                run.Violation($"The reads stand still after {run.Done}: {watched.Runtime.PendingCalls.Count} are pending.");
                return;
            }

            await all;
        }

        run.RequireSome("numbers reused");
        run.RequireSome("delivered");
        await watched.CloseAsync();
    }

    private async Task LoopAsync(ProofRun run, AsyncCallRuntime runtime, string[] files, Random random)
    {
        byte[][] buffers = [.. Enumerable.Range(0, ReadsOfHandle).Select(static _ => new byte[PageIdentity.PageBytes])];
        while (run.GoesOn)
        {
            if (random.Next(3) == 0)
            {
                await ReadPipeAsync(run, runtime, buffers[0], random);
            }
            else
            {
                int file = random.Next(Files);
                await ReadFileAsync(run, runtime, file, files[file], buffers, random);
            }
        }
    }

    private async Task ReadFileAsync(ProofRun run, AsyncCallRuntime runtime, int number, string path, byte[][] buffers, Random random)
    {
        SafeFileHandle file = Opened(run, Libc.Open(path, 0));
        int[] pages = new int[ReadsOfHandle];
        var reads = new ValueTask<nint>[ReadsOfHandle];
        for (int i = 0; i < ReadsOfHandle; i++)
        {
            pages[i] = random.Next(PagesOfFile);
            reads[i] = Libc.preadAsync(file, buffers[i], PageIdentity.PageBytes, (long)pages[i] * PageIdentity.PageBytes, runtime: runtime);
        }

        Task<bool>? closed = Close(runtime, file, random);
        for (int i = 0; i < ReadsOfHandle; i++)
        {
            if (await OutcomeAsync(run, reads[i]) is { } got)
            {
                run.Note("delivered");
                run.Require(
                    got == PageIdentity.PageBytes && PageIdentity.Is(buffers[i], number, pages[i]),
                    $"A read of page {pages[i]} of file {number} answered {got} bytes, and they are not of it.");
            }
        }

        if (closed is not null)
        {
            run.Require(await closed, "A handle was not closed in time.");
        }

        run.Add(ReadsOfHandle);
    }

    private async Task ReadPipeAsync(ProofRun run, AsyncCallRuntime runtime, byte[] buffer, Random random)
    {
        using var pipe = new Pipe();
        _ = Opened(run, pipe.Reader);
        long serial = Pipe.NextSerial();
        bool sendsFirst = random.Next(2) == 0;
        if (sendsFirst)
        {
            pipe.Send(serial);
        }

        ValueTask<nint> read = Libc.readAsync(pipe.Reader, buffer, Pipe.MessageBytes, runtime: runtime);
        Task<bool>? closed = Close(runtime, pipe.Reader, random);
        if (!sendsFirst && random.Next(2) == 0)
        {
            // SIGPIPE is ignored by .NET; a message that nobody can read any more is lost with its pipe.
            pipe.Send(serial);
        }

        if (await OutcomeAsync(run, read) is { } got)
        {
            run.Note("delivered");
            run.Require(got == Pipe.MessageBytes && Pipe.SerialIn(buffer) == serial, $"A read of the pipe of message {serial} got message {Pipe.SerialIn(buffer)} ({got} bytes).");
        }

        if (closed is not null)
        {
            run.Require(await closed, "A handle was not closed in time.");
        }

        run.Add(1);
    }

    /// <summary>Closes a handle that has reads in flight: by dispose, which returns at once, or in order.</summary>
    private Task<bool>? Close(AsyncCallRuntime runtime, SafeFileHandle handle, Random random)
    {
        int number = (int)handle.DangerousGetHandle();
        if (number < NumbersMax)
        {
            Volatile.Write(ref _closedInFlight[number], 1);
        }

        if (random.Next(2) == 0)
        {
            return runtime.CloseAsync(handle, ProofRun.Limit);
        }

        handle.Dispose();
        return null;
    }

    private SafeFileHandle Opened(ProofRun run, SafeFileHandle handle)
    {
        int number = (int)handle.DangerousGetHandle();
        if (number < NumbersMax && Interlocked.Exchange(ref _closedInFlight[number], 0) != 0)
        {
            run.Note("numbers reused");
        }

        return handle;
    }

    /// <summary>What a read gave; null: it was cancelled, because its handle was closed.</summary>
    private static async Task<nint?> OutcomeAsync(ProofRun run, ValueTask<nint> read)
    {
        try
        {
            nint got = await read;
            run.Require(got >= 0, $"A read of a handle that was closed meanwhile answered errno {System.Runtime.InteropServices.Marshal.GetLastPInvokeError()}.");
            return got;
        }
        catch (AsyncCallCanceledException exception)
        {
            run.Note("cancelled");
            run.Require(exception.Reason == CancelReason.HandleClosed, $"A read that ended with its handle says {exception.Reason}.");
            return null;
        }
    }
}
