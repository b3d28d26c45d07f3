using System.Diagnostics;
using AsyncCalls.Stress.Fixtures;
using AsyncCalls.Stress.Running;

namespace AsyncCalls.Stress.Proofs;

/// <summary>
/// Children are made while calls are in flight and everything is open that a runtime may open: its io_uring, the wake-up handle of a context, a ring in shared memory. They list what
/// they have. Then the calls get their data.
/// </summary>
internal sealed class ChildProcesses() : Proof(
    "child-processes",
    "a child inherits no descriptor and no shared mapping of the runtime, and disturbs no call, whether it is made by Process.Start, posix_spawn or fork",
    "children",
    600)
{
    private const int Parked = 8;

    public override async Task RunAsync(ProofRun run)
    {
        using NativeChild? native = NativeChild.TryCompile(out string reason);
        if (native is null)
        {
            run.Note($"children by C left out ({reason})", 0);
        }

        HashSet<string> before = [.. ProcessState.Descriptors().Values];
        WatchedRuntime watched = await WatchedRuntime.CreateAsync(run);
        using (AsyncCallContext context = watched.Runtime.CreateContext())
        using (CompletionRing ring = CompletionRing.Create(new CompletionRingOptions { Shared = true }))
        using (AsyncCallContext shared = watched.Runtime.CreateContext(ring))
        {
            _ = context.Handle;
            _ = shared.Handle;
            Pipe[] pipes = [.. Enumerable.Range(0, Parked).Select(static _ => new Pipe())];
            for (int kind = 0; run.GoesOn; kind++)
            {
                if (!await MakeAsync(run, watched.Runtime, context, pipes, before, native, kind))
                {
                    break;
                }

                run.Add(1);
            }

            foreach (Pipe pipe in pipes)
            {
                pipe.Dispose();
            }
        }

        await watched.CloseAsync();
    }

    /// <summary>One child under parked calls. False: a call did not end.</summary>
    private static async Task<bool> MakeAsync(
        ProofRun run, AsyncCallRuntime runtime, AsyncCallContext context, Pipe[] pipes, HashSet<string> before, NativeChild? native, int kind)
    {
        byte[][] buffers = [.. pipes.Select(static _ => new byte[Pipe.MessageBytes])];
        Task<nint>[] reads = [.. pipes.Select((pipe, i) => Libc.readAsync(pipe.Reader, buffers[i], Pipe.MessageBytes, runtime: runtime).AsTask())];
        context.Submit(Iocb.Nop());
        LookAtChild(run, before, native, kind);

        run.Require(reads.All(static read => !read.IsCompleted), "A parked read ended while a child was made.");
        long[] serials = [.. pipes.Select(static _ => Pipe.NextSerial())];
        for (int i = 0; i < Parked; i++)
        {
            pipes[i].Send(serials[i]);
        }

        Task all = Task.WhenAll(reads);
        if (context.Reap(new CompletionEvent[1], 1, ProofRun.Limit) != 1 || await Task.WhenAny(all, Task.Delay(ProofRun.Limit)) != all)
        {
            run.Violation("A call did not end after a child was made.");
            return false;
        }

        for (int i = 0; i < Parked; i++)
        {
            run.Require(
                reads[i].IsCompletedSuccessfully && reads[i].Result == Pipe.MessageBytes && Pipe.SerialIn(buffers[i]) == serials[i],
                $"A read that was parked while a child was made is {reads[i].Status}.");
        }

        return true;
    }

    private static void LookAtChild(ProofRun run, HashSet<string> before, NativeChild? native, int kind)
    {
        // What the process was started with is no secret: its standard streams, and what else it inherited itself.
        HashSet<string> ours = [.. ProcessState.Descriptors().Values.Where(target => !before.Contains(target) && IsOfCalls(target))];
        run.Require(ours.Any(static target => target.Contains("asynccalls-ring", StringComparison.Ordinal)), "The ring in shared memory is not among the open descriptors.");
        run.Require(
            run.Lane != Lane.IoUring || ours.Any(static target => target.Contains("[io_uring]", StringComparison.Ordinal)),
            "The runtime's io_uring is not among the open descriptors.");
        switch (native is null ? 0 : kind % 3)
        {
            case 0:
                run.Note("by Process.Start");
                RequireNone(run, ListByProcess(), ours, "A child of Process.Start");
                break;
            case 1:
                run.Note("by posix_spawn");
                RequireNone(run, native!.DescriptorsOfSpawned(), ours, "A child of posix_spawn");
                break;
            default:
                run.Note("by fork");
                RequireNone(run, native!.MappingsOfFork(), ["anon_inode:[io_uring]", "asynccalls-ring"], "A forked child");
                break;
        }
    }

    private static bool IsOfCalls(string target) =>
        target.StartsWith("pipe:", StringComparison.Ordinal)
        || target.StartsWith("anon_inode:[io_uring]", StringComparison.Ordinal)
        || target.StartsWith("anon_inode:[eventfd", StringComparison.Ordinal)
        || target.StartsWith("/memfd:", StringComparison.Ordinal);

    private static void RequireNone(ProofRun run, string listing, IReadOnlyCollection<string> ours, string who)
    {
        foreach (string target in ours.Where(target => listing.Contains(target, StringComparison.Ordinal)))
        {
            run.Violation($"{who} has {target}.");
        }
    }

    private static string ListByProcess()
    {
        using Process child = Process.Start(new ProcessStartInfo("ls", ["-l", "/proc/self/fd"]) { RedirectStandardOutput = true })!;
        string listing = child.StandardOutput.ReadToEnd();
        child.WaitForExit();
        return listing;
    }
}
