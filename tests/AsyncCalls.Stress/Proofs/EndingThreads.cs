using AsyncCalls.Stress.Fixtures;
using AsyncCalls.Stress.Running;

namespace AsyncCalls.Stress.Proofs;

/// <summary>
/// Threads start reads and end before the data comes. The kernel ends the requests that a thread submitted when it exits, so none may be submitted by a thread that is not the runtime's.
/// </summary>
internal sealed class EndingThreads() : Proof(
    "ending-threads",
    "a call goes on when the thread that made it ends",
    "threads",
    5_000)
{
    private const int Together = 16;

    public override async Task RunAsync(ProofRun run)
    {
        WatchedRuntime watched = await WatchedRuntime.CreateAsync(run);
        using (AsyncCallContext context = watched.Runtime.CreateContext())
        {
            while (run.GoesOn && await RunThreadsAsync(run, watched.Runtime, context))
            {
                run.Add(Together);
            }
        }

        await watched.CloseAsync();
    }

    private static async Task<bool> RunThreadsAsync(ProofRun run, AsyncCallRuntime runtime, AsyncCallContext context)
    {
        Pipe[] awaited = [.. Enumerable.Range(0, Together).Select(static _ => new Pipe())];
        Pipe[] submitted = [.. Enumerable.Range(0, Together).Select(static _ => new Pipe())];
        byte[][] buffers = [.. Enumerable.Range(0, 2 * Together).Select(static _ => new byte[Pipe.MessageBytes])];
        var reads = new Task<nint>[Together];
        Thread[] threads = [.. Enumerable.Range(0, Together).Select(number => new Thread(() =>
        {
            reads[number] = Libc.readAsync(awaited[number].Reader, buffers[number], Pipe.MessageBytes, runtime: runtime).AsTask();
            using HandleLease lease = context.Lease(submitted[number].Reader);
            using BufferLease buffer = context.Pin(buffers[Together + number]);
            Iocb read = Iocb.Read(lease, buffer, Pipe.MessageBytes);
            read.Cookie = (ulong)number;
            context.Submit(read);
        }))];
        foreach (Thread thread in threads)
        {
            thread.Start();
        }

        foreach (Thread thread in threads)
        {
            thread.Join();
        }

        long[] serials = new long[2 * Together];
        for (int i = 0; i < Together; i++)
        {
            serials[i] = Pipe.NextSerial();
            awaited[i].Send(serials[i]);
            serials[Together + i] = Pipe.NextSerial();
            submitted[i].Send(serials[Together + i]);
        }

        bool ended = await CheckAsync(run, context, reads, buffers, serials);
        foreach (Pipe pipe in awaited.Concat(submitted))
        {
            pipe.Dispose();
        }

        return ended;
    }

    private static async Task<bool> CheckAsync(ProofRun run, AsyncCallContext context, Task<nint>[] reads, byte[][] buffers, long[] serials)
    {
        Task all = Task.WhenAll(reads);
        var events = new CompletionEvent[Together];
        int got = context.Reap(events, Together, ProofRun.Limit);
        if (got != Together || await Task.WhenAny(all, Task.Delay(ProofRun.Limit)) != all)
        {
            run.Violation($"{got} of {Together} events came, and {reads.Count(static read => read.IsCompleted)} of {Together} awaited reads ended.");
            return false;
        }

        foreach (CompletionEvent completion in events)
        {
            int number = Together + (int)completion.Cookie;
            run.Require(
                completion.Result == Pipe.MessageBytes && Pipe.SerialIn(buffers[number]) == serials[number],
                $"A submitted read whose thread ended answered {completion.Result}.");
        }

        for (int i = 0; i < Together; i++)
        {
            run.Require(
                reads[i].IsCompletedSuccessfully && reads[i].Result == Pipe.MessageBytes && Pipe.SerialIn(buffers[i]) == serials[i],
                $"An awaited read whose thread ended is {reads[i].Status}.");
        }

        return run.Violations.Count == 0;
    }
}
