using AsyncCalls.Stress.Fixtures;
using AsyncCalls.Stress.Running;

namespace AsyncCalls.Stress.Proofs;

/// <summary>
/// A call that no cancel can end: a read on a worker whose thread is deaf to signals, as it is while it waits for a broken device. Dispose must give up, say so, and leave the call
/// what it uses: when the data comes at last, it arrives in the array that the read was given, wherever everything else has moved to, through the descriptor that was disposed long ago.
/// </summary>
internal sealed class LeakedCalls() : Proof(
    "leaked-calls",
    "dispose gives up on a call that cannot end, says so in the log, and leaves it its memory, its handle and its thread",
    "disposals",
    20)
{
    /// <summary>Dispose waits so long and then one second more.</summary>
    private static readonly TimeSpan DrainTimeout = TimeSpan.FromMilliseconds(50);

    public override IReadOnlyList<Lane> Lanes => [Lane.Workers];

    public override async Task RunAsync(ProofRun run)
    {
        while (run.GoesOn)
        {
            await LeakAsync(run, ofContext: run.Done % 2 == 1);
            run.Add(1);
        }
    }

    private static async Task LeakAsync(ProofRun run, bool ofContext)
    {
        using var log = new CapturedLog();
        var runtime = new AsyncCallRuntime(new AsyncCallOptions
        {
            Backends = run.Lane.Backends(),
            InlineAttempts = false,
            MaxWorkers = 1,
            WorkerIdleTimeout = ProofRun.Limit,
            DrainTimeout = DrainTimeout,
            LoggerFactory = log,
        });
        run.Require(await Libc.DeafenThreadAsync(runtime: runtime) == 0, "The thread could not be made deaf.");

        // Off that thread: it is to run the read.
        await Task.Yield();
        using var pipe = new Pipe();
        _ = new byte[1_000];
        byte[] buffer = new byte[Pipe.MessageBytes];
        AsyncCallContext? context = ofContext ? runtime.CreateContext() : null;
        CompletionRecord? record = context?.CreateRecord();
        Task<nint>? read = null;
        if (context is null)
        {
            read = Libc.readAsync(pipe.Reader, buffer, Pipe.MessageBytes, runtime: runtime).AsTask();
        }
        else
        {
            using HandleLease lease = context.Lease(pipe.Reader);
            using BufferLease pin = context.Pin(buffer);
            Iocb block = Iocb.Read(lease, pin, Pipe.MessageBytes);
            block.Record = record!.Id;
            block.Cookie = 1;
            context.Submit(block);
        }

        await run.UntilAsync(() => runtime.PendingCalls is [{ State: PendingCallState.Running }], "the read runs");
        if (context is not null)
        {
            await DisposeAsync(run, context);
            run.Require(log.Leaks.Any(), "A context gave up on a call, and nothing was logged.");
        }

        await DisposeAsync(run, runtime);
        run.Require(log.Leaks.Any(), "The runtime gave up on a call, and nothing was logged.");
        pipe.Reader.Dispose();
        GC.Collect(GC.MaxGeneration, GCCollectionMode.Forced, blocking: true, compacting: true);

        run.Require(read?.IsCompleted != true && record?.IsCompleted != true, "The call ended before its data came.");
        long serial = Pipe.NextSerial();
        run.Require(pipe.Send(serial), "The descriptor of a call that has not ended was closed.");
        await run.UntilAsync(() => read?.IsCompleted ?? record!.IsCompleted, "the call ended when its data came");
        long result = read is { IsCompletedSuccessfully: true } ? read.Result : record?.Result ?? -1;
        run.Require(result == Pipe.MessageBytes && Pipe.SerialIn(buffer) == serial, $"The read answered {result}, and its array has not what was sent.");
    }

    private static async Task DisposeAsync(ProofRun run, IAsyncDisposable owner)
    {
        Task disposed = owner.DisposeAsync().AsTask();
        await Task.WhenAny(disposed, Task.Delay(ProofRun.Limit));
        run.Require(disposed.IsCompletedSuccessfully, $"Dispose is {disposed.Status}.");
    }
}
