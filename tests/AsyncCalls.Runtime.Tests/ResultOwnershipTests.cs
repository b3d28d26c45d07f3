using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using AsyncCalls.Calls;
using AsyncCalls.CompilerServices;
using Microsoft.Win32.SafeHandles;

namespace AsyncCalls.Runtime.Tests;

/// <summary>A result that is a resource has one owner: who awaits the call; and where nobody does, nothing is left open.</summary>
[Collection(ProcessWide.Name)]
public sealed partial class ResultOwnershipTests
{
    /// <summary>The result is the authority: a method that went on to its end after the cancel delivers what it made.</summary>
    [Theory, CombinatorialLanes]
    public async Task A_handle_that_a_method_made_after_the_cancel_is_delivered(Lane lane)
    {
        await using AsyncCallRuntime runtime = lane.NewRuntime();
        using var gate = new ManualResetEventSlim();
        using var running = new ManualResetEventSlim();
        using var cancel = new CancellationTokenSource();
        string path = Path.GetTempFileName();
        try
        {
            Task<SafeFileHandle> opening = WorkerCalls.Run(
                runtime,
                "open",
                (running, gate, path),
                static (state, _) =>
                {
                    state.running.Set();
                    Assert.True(state.gate.Wait(Bounded.Limit));
                    return File.OpenHandle(state.path);
                },
                cancel.Token).AsTask();
            Assert.True(running.Wait(Bounded.Limit));
            await cancel.CancelAsync();
            gate.Set();
            using (SafeFileHandle file = await opening.Bound())
            {
                Assert.Contains(path, Native.OpenFiles());
            }

            Assert.DoesNotContain(path, Native.OpenFiles());
        }
        finally
        {
            File.Delete(path);
        }
    }

    /// <summary>A method that is cancelled before it begins makes nothing.</summary>
    [Theory, CombinatorialLanes]
    public async Task A_method_that_was_taken_back_makes_nothing(Lane lane)
    {
        await using AsyncCallRuntime runtime = lane.NewRuntime(static options => options.MaxWorkers = 1);
        using var gate = new ManualResetEventSlim();
        string path = Path.Combine(Path.GetTempPath(), Path.GetRandomFileName());
        Task blocker = runtime.RunAsync(_ => Assert.True(gate.Wait(Bounded.Limit))).AsTask();
        await Bounded.UntilAsync(() => runtime.PendingCalls is [{ State: PendingCallState.Running }], "the worker is taken");
        using var cancel = new CancellationTokenSource();
        Task<SafeFileHandle> opening = FileCalls.OpenHandle(
            runtime, "open", path, FileMode.CreateNew, FileAccess.Write, FileShare.None, FileOptions.None, 0, cancel.Token).AsTask();
        await cancel.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => opening.Bound());
        gate.Set();
        await blocker.Bound();
        await runtime.RunAsync(static _ => { }).Bound();
        Assert.False(File.Exists(path));
    }

    /// <summary>accept(2) that races with its cancel: a connection is either delivered or still in the listener's queue, and none is lost.</summary>
    [Theory, CombinatorialLanes]
    public async Task A_connection_that_is_accepted_is_delivered_whatever_was_asked(Lane lane)
    {
        await using AsyncCallRuntime runtime = lane.NewRuntime();
        using var listener = new System.Net.Sockets.Socket(
            System.Net.Sockets.AddressFamily.InterNetwork, System.Net.Sockets.SocketType.Stream, System.Net.Sockets.ProtocolType.Tcp);
        listener.Bind(new System.Net.IPEndPoint(System.Net.IPAddress.Loopback, 0));
        listener.Listen(64);
        int delivered = 0;
        const int Rounds = 200;
        for (int i = 0; i < Rounds; i++)
        {
            using var cancel = new CancellationTokenSource();
            Task<int> accepting = WorkerCalls.RunImport(
                runtime,
                "accept",
                AsyncCallErrors.ReturnValue,
                interruptible: true,
                listener.SafeHandle,
                static handle => accept(handle, 0, 0),
                cancel.Token,
                listener.SafeHandle).AsTask();
            Task cancelling = Task.Run(cancel.Cancel);
            using var client = new System.Net.Sockets.Socket(
                System.Net.Sockets.AddressFamily.InterNetwork, System.Net.Sockets.SocketType.Stream, System.Net.Sockets.ProtocolType.Tcp);
            await client.ConnectAsync(listener.LocalEndPoint!);
            await cancelling.Bound();
            try
            {
                using var accepted = new SafeFileHandle(await accepting.Bound(), ownsHandle: true);
                Assert.False(accepted.IsInvalid);
                delivered++;
            }
            catch (OperationCanceledException)
            {
                // It waits in the queue still: nobody has taken it.
                listener.Accept().Dispose();
            }
        }

        Assert.InRange(delivered, 0, Rounds);
    }

    /// <summary>Twins whose result nobody takes: what they opened is closed when the collector finds out.</summary>
    [Theory, CombinatorialLanes]
    public async Task A_descriptor_that_nobody_takes_is_closed_by_the_collector(Lane lane)
    {
        string path = Path.GetTempFileName();
        try
        {
            await using AsyncCallRuntime runtime = lane.NewRuntime();
            Drop(runtime, path);
            await Bounded.UntilAsync(() => runtime.GetStatistics().InFlight == 0, "the calls have ended");
            await Bounded.UntilAsync(
                () =>
                {
                    GC.Collect();
                    GC.WaitForPendingFinalizers();
                    return !Native.OpenFiles().Contains(path);
                },
                "none is open");
        }
        finally
        {
            File.Delete(path);
        }
    }

    /// <summary>Else a record that is dropped would never be finalised as long as the thread lives that it was rented on.</summary>
    [Fact]
    public void The_pool_forgets_what_it_lends()
    {
        WeakReference[] dropped = RentAndDrop();
        GC.Collect();
        GC.WaitForPendingFinalizers();
        GC.Collect();
        Assert.DoesNotContain(dropped, static record => record.IsAlive);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static WeakReference[] RentAndDrop()
    {
        // As many as a thread keeps for itself.
        IoCall[] records = [.. Enumerable.Range(0, 32).Select(static _ => CallPool<IoCall>.Rent())];
        Array.ForEach(records, CallPool<IoCall>.Return);
        return [.. records.Select(static _ => new WeakReference(CallPool<IoCall>.Rent(), trackResurrection: true))];
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void Drop(AsyncCallRuntime runtime, string path)
    {
        const int WorkingDirectory = -100; // AT_FDCWD
        ulong[] how = [Native.CloseOnExec, 0, 0];
        for (int i = 0; i < 20; i++)
        {
            _ = LibcTwins.Open(runtime, "open", AsyncCallErrors.ReturnValue, path, Native.CloseOnExec, 0, CancellationToken.None).AsFileHandle();
            _ = LibcTwins.Open(runtime, "open", AsyncCallErrors.ReturnValue, path, Native.CloseOnExec, 0, CancellationToken.None).AsInt32();
            _ = FileCalls.OpenHandle(runtime, "open", path, FileMode.Open, FileAccess.Read, FileShare.Read, FileOptions.None, 0, CancellationToken.None);
            _ = LibcCall.Begin(runtime, "openat2", AsyncCallErrors.ReturnValue, CallOperation.OpenAt2, CancellationToken.None)
                .Handle(WorkingDirectory).Text(path).Memory(how).Number(how.Length * sizeof(ulong)).Start().AsInt32();
        }
    }

    [LibraryImport("libc", SetLastError = true)]
    private static partial int accept(SafeHandle socket, nint address, nint length);
}
