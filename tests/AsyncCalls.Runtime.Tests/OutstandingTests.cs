using AsyncCalls.CompilerServices;
using Microsoft.Win32.SafeHandles;

namespace AsyncCalls.Runtime.Tests;

/// <summary>Calls that have not completed: what is told of them, how they are cancelled together, how a runtime comes to rest.</summary>
public sealed class OutstandingTests
{
    private const long Ecanceled = 125;

    [Theory, CombinatorialLanes]
    public async Task A_parked_read_is_listed_and_cancelled_by_its_id(Lane lane)
    {
        await using AsyncCallRuntime runtime = lane.NewRuntime();
        using var pipe = new TestPipe();
        Task<nint> read = runtime.ReadAsync(pipe.Reader, new byte[100]).AsTask();
        PendingCall call = await RunningCall(runtime);
        Assert.Equal((CallOperation.Read, "read", pipe.Reader, 100L), (call.Operation, call.Method, call.Handle, call.Length));
        Assert.Null(call.Offset);
        Assert.Equal(lane is Lane.Native or Lane.NativeNoInline ? "io_uring" : lane is Lane.Epoll or Lane.LinuxAio ? "epoll" : "workers", call.Backend);
        Assert.Equal(new CallTraits(CallCancellation.WhileItRuns, false), call.Traits);
        Assert.InRange(call.Age, TimeSpan.Zero, Bounded.Limit);

        Assert.Equal(CancelOutcome.InProgress, runtime.Cancel(call.Id));
        AsyncCallCanceledException thrown = await Assert.ThrowsAsync<AsyncCallCanceledException>(() => read.Bound());
        Assert.Equal((CallOperation.Read, CancelReason.Requested, false, 0L), (thrown.Operation, thrown.Reason, thrown.MayHaveLeftEffects, thrown.BytesTransferred));
        Assert.Equal(CancellationToken.None, thrown.CancellationToken);
        Assert.Equal(CancelOutcome.NotFound, runtime.Cancel(call.Id));
        Assert.Empty(runtime.PendingCalls);
    }

    [Theory, CombinatorialLanes]
    public async Task A_synchronous_cancel_waits_for_the_end(Lane lane)
    {
        await using AsyncCallRuntime runtime = lane.NewRuntime();
        using var pipe = new TestPipe();
        for (int i = 0; i < 50; i++)
        {
            Task<nint> read = runtime.ReadAsync(pipe.Reader, new byte[1]).AsTask();
            PendingCall call = await RunningCall(runtime);
            Assert.Equal(CancelOutcome.Cancelled, runtime.Cancel(call.Id, Bounded.Limit));
            Assert.Empty(runtime.PendingCalls);
            await Assert.ThrowsAsync<AsyncCallCanceledException>(() => read.Bound());
        }
    }

    [Theory, CombinatorialLanes]
    public void After_a_synchronous_cancel_of_a_block_its_event_is_there(Lane lane)
    {
        using AsyncCallRuntime runtime = lane.NewRuntime();
        using AsyncCallContext context = runtime.CreateContext();
        using var pipe = new TestPipe();
        using HandleLease lease = context.Lease(pipe.Reader);
        using BufferLease buffer = context.Pin(new byte[8]);
        for (int i = 0; i < 200; i++)
        {
            CallId id = context.Submit(Iocb.Read(lease, buffer, 8).With(1));
            Assert.Equal(CancelOutcome.Cancelled, context.Cancel(id, Bounded.Limit));
            Assert.True(context.TryPop(out CompletionEvent completion), "The event is not there.");
            Assert.Equal((id.Value, -Ecanceled), (completion.CallId, completion.Result));
        }
    }

    [Theory, CombinatorialLanes]
    public async Task What_cannot_be_interrupted_says_so_and_completes(Lane lane)
    {
        await using AsyncCallRuntime runtime = lane.NewRuntime();
        using var gate = new ManualResetEventSlim();
        Task<int> body = WorkerCalls.Run(runtime, "deaf", gate, static state => state.Wait(Bounded.Limit) ? 7 : 0, CancellationToken.None).AsTask();
        PendingCall call = await RunningCall(runtime);
        Assert.Equal(CallCancellation.UntilItBegins, call.Traits.Cancellation);
        Assert.Equal(CancelOutcome.NotPossible, runtime.Cancel(call.Id));
        Assert.Equal(CancelOutcome.NotPossible, runtime.Cancel(call.Id));
        Assert.Equal(CancelOutcome.NotPossible, runtime.Cancel(call.Id, TimeSpan.FromMilliseconds(20)));
        Assert.Equal(PendingCallState.Cancelling, Assert.Single(runtime.PendingCalls).State);
        gate.Set();
        Assert.Equal(7, await body.Bound());
    }

    [Theory, CombinatorialLanes]
    public async Task A_body_with_a_token_is_cancelled_by_its_id_and_its_source_is_not_used_again(Lane lane)
    {
        await using AsyncCallRuntime runtime = lane.NewRuntime(options => options.MaxWorkers = 1);
        for (int i = 0; i < 20; i++)
        {
            Task body = runtime.RunAsync(token =>
            {
                token.WaitHandle.WaitOne(Bounded.Limit);
                token.ThrowIfCancellationRequested();
            }).AsTask();
            PendingCall call = await RunningCall(runtime);
            Assert.Equal(CancelOutcome.InProgress, runtime.Cancel(call.Id));
            AsyncCallCanceledException thrown = await Assert.ThrowsAsync<AsyncCallCanceledException>(() => body.Bound());
            Assert.True(thrown.MayHaveLeftEffects);
            Assert.IsAssignableFrom<OperationCanceledException>(thrown.InnerException);
            await runtime.RunAsync(static token => Assert.False(token.IsCancellationRequested)).Bound();
        }
    }

    [Theory, CombinatorialLanes]
    public async Task The_calls_of_one_handle_are_cancelled_together(Lane lane)
    {
        await using AsyncCallRuntime runtime = lane.NewRuntime();
        using AsyncCallContext context = runtime.CreateContext();
        using var pipe = new TestPipe();
        using var other = new TestPipe();
        using HandleLease lease = context.Lease(pipe.Reader);
        using BufferLease buffer = context.Pin(new byte[8]);
        Task<nint>[] reads = [.. Enumerable.Range(0, 5).Select(_ => runtime.ReadAsync(pipe.Reader, new byte[1]).AsTask())];
        Task<nint> kept = runtime.ReadAsync(other.Reader, new byte[1]).AsTask();
        CallId block = context.Submit(Iocb.Read(lease, buffer, 8).With(1));
        Task<int> import = WorkerCalls.RunImport(
            runtime, "flock", AsyncCallErrors.ReturnValue, interruptible: true, pipe.Reader, static _ => WaitForSignal(), CancellationToken.None, handle: pipe.Reader).AsTask();

        Assert.Equal(1, context.Cancel(pipe.Reader).Total);
        Assert.Equal((block.Value, -Ecanceled), (context.ReapOne() is var completion ? completion.CallId : 0, completion.Result));
        Assert.Equal(6, runtime.Cancel(pipe.Reader).Total);
        foreach (Task<nint> read in reads)
        {
            await Assert.ThrowsAsync<AsyncCallCanceledException>(() => read.Bound());
        }

        await Assert.ThrowsAsync<AsyncCallCanceledException>(() => import.Bound());
        Assert.False(kept.IsCompleted);
        Assert.Equal(1, runtime.CancelAll().Total);
        await Assert.ThrowsAsync<AsyncCallCanceledException>(() => kept.Bound());
        Assert.Equal(default, runtime.CancelAll());
    }

    [Theory, CombinatorialLanes]
    public async Task A_context_lists_and_cancels_its_own_calls_only(Lane lane)
    {
        await using AsyncCallRuntime runtime = lane.NewRuntime();
        using AsyncCallContext mine = runtime.CreateContext();
        using AsyncCallContext other = runtime.CreateContext();
        using var pipe = new TestPipe();
        using HandleLease lease = mine.Lease(pipe.Reader);
        using BufferLease buffer = mine.Pin(new byte[8]);
        using HandleLease otherLease = other.Lease(pipe.Reader);
        using BufferLease otherBuffer = other.Pin(new byte[8]);
        CallId first = mine.Submit(Iocb.Read(lease, buffer, 8).With(1));
        CallId second = other.Submit(Iocb.Read(otherLease, otherBuffer, 8).With(2));
        Assert.Equal(first, Assert.Single(mine.PendingCalls).Id);
        Assert.Equal(first, Assert.Single(mine.Runtime.PendingCalls).Id);
        Assert.Equal([first, second], runtime.PendingCalls.Select(call => call.Id).OrderBy(id => id.Value));
        Assert.Equal(CancelOutcome.NotFound, other.Cancel(first));
        Assert.Equal(1, mine.CancelAll().Total);
        Assert.Equal(-Ecanceled, mine.ReapOne().Result);
        Assert.Single(other.PendingCalls);
        Assert.Equal(CancelOutcome.Cancelled, other.Cancel(second, Bounded.Limit));
    }

    [Theory, CombinatorialLanes]
    public async Task Calls_that_wait_for_a_slot_are_listed_and_cancelled(Lane lane)
    {
        await using AsyncCallRuntime runtime = lane.NewRuntime(options => options.MaxInFlight = 1);
        using var pipe = new TestPipe();
        Task<nint>[] reads = [.. Enumerable.Range(0, 3).Select(_ => runtime.ReadAsync(pipe.Reader, new byte[1]).AsTask())];
        Assert.Equal(3, runtime.PendingCalls.Count);
        Assert.Equal(2, runtime.PendingCalls.Count(call => call is { State: PendingCallState.WaitingForSlot, Id.Value: 0, Backend: "none" }));
        Assert.Equal(3, runtime.Cancel(pipe.Reader).Total);
        foreach (Task<nint> read in reads)
        {
            await Assert.ThrowsAsync<AsyncCallCanceledException>(() => read.Bound());
        }
    }

    [Theory, CombinatorialLanes]
    public async Task A_handle_that_is_disposed_ends_its_parked_calls(Lane lane)
    {
        await using AsyncCallRuntime runtime = lane.NewRuntime();
        for (int i = 0; i < 5; i++)
        {
            using var pipe = new TestPipe();
            int number = (int)pipe.Reader.DangerousGetHandle();
            Task<nint>[] reads = [.. Enumerable.Range(0, 4).Select(_ => runtime.ReadAsync(pipe.Reader, new byte[1]).AsTask())];
            pipe.Reader.Dispose();

            // Until the calls have ended the number is taken, and nothing else can be read through it.
            foreach (Task<nint> read in reads)
            {
                AsyncCallCanceledException thrown = await Assert.ThrowsAsync<AsyncCallCanceledException>(() => read.Bound());
                Assert.Equal(CancelReason.HandleClosed, thrown.Reason);
            }

            await Bounded.UntilAsync(() => !File.Exists($"/proc/self/fd/{number}") || NotThePipe(number), "the descriptor is closed");
        }
    }

    [Theory, CombinatorialLanes]
    public async Task Closing_a_handle_cancels_drains_and_closes(Lane lane)
    {
        await using AsyncCallRuntime runtime = lane.NewRuntime();
        using AsyncCallContext context = runtime.CreateContext();
        using var pipe = new TestPipe();
        HandleLease lease = context.Lease(pipe.Reader);
        using BufferLease buffer = context.Pin(new byte[8]);
        Task<nint> read = runtime.ReadAsync(pipe.Reader, new byte[1]).AsTask();
        context.Submit(Iocb.Read(lease, buffer, 8).With(1));

        Assert.True(await context.CloseAsync(pipe.Reader, Bounded.Limit).Bound());
        Assert.Empty(runtime.PendingCalls);
        AsyncCallCanceledException thrown = await Assert.ThrowsAsync<AsyncCallCanceledException>(() => read.Bound());
        Assert.Equal(CancelReason.HandleClosed, thrown.Reason);
        Assert.Equal(-Ecanceled, context.ReapOne().Result);

        // Nothing new, by the handle or by its lease.
        Assert.Throws<ObjectDisposedException>(() => { _ = runtime.ReadAsync(pipe.Reader, new byte[1]); });
        Assert.Throws<ArgumentException>(() => context.Submit(Iocb.Read(lease, buffer, 8).With(1)));
        Assert.Throws<ObjectDisposedException>(() => context.Lease(pipe.Reader));

        // The read end is closed: a writer is told so at once.
        Assert.Equal(-1, await runtime.WriteAsync(pipe.Writer, new byte[1]).Bound());
    }

    [Theory, CombinatorialLanes]
    public async Task Closing_a_handle_whose_call_cannot_be_interrupted_tells_when_the_time_is_up(Lane lane)
    {
        await using AsyncCallRuntime runtime = lane.NewRuntime();
        using var gate = new ManualResetEventSlim();
        using var pipe = new TestPipe();
        Task<bool> body = WorkerCalls.Run(runtime, "deaf", gate, static state => state.Wait(Bounded.Limit), CancellationToken.None, handle: pipe.Reader).AsTask();
        await RunningCall(runtime);
        Assert.False(await runtime.CloseAsync(pipe.Reader, TimeSpan.FromMilliseconds(30)).Bound());
        gate.Set();
        Assert.True(await body.Bound());
        Assert.True(await runtime.CloseAsync(pipe.Reader, Bounded.Limit).Bound());
    }

    /// <summary>Threads start calls on a handle while it is closed: each is refused, cancelled or completed, and after the close none is there.</summary>
    [Theory, CombinatorialLanes]
    public async Task Closing_races_with_calls_that_begin(Lane lane)
    {
        await using AsyncCallRuntime runtime = lane.NewRuntime();
        for (int round = 0; round < 30; round++)
        {
            using var pipe = new TestPipe();
            using var begun = new Barrier(3);
            Task<int>[] starters = [.. Enumerable.Range(0, 2).Select(_ => Task.Factory.StartNew(
                () =>
                {
                    var calls = new List<Task<nint>>();
                    begun.SignalAndWait(Bounded.Limit);
                    try
                    {
                        while (true)
                        {
                            calls.Add(runtime.ReadAsync(pipe.Reader, new byte[1]).AsTask());
                        }
                    }
                    catch (ObjectDisposedException)
                    {
                    }

                    int ended = 0;
                    foreach (Task<nint> call in calls)
                    {
                        AsyncCallCanceledException thrown = Assert.Throws<AsyncCallCanceledException>(() => call.Bound().GetAwaiter().GetResult());
                        ended += thrown.Reason == CancelReason.HandleClosed ? 1 : 0;
                    }

                    return calls.Count - ended;
                },
                TaskCreationOptions.LongRunning))];
            begun.SignalAndWait(Bounded.Limit);
            Thread.SpinWait(round * 200);
            Assert.True(await runtime.CloseAsync(pipe.Reader, Bounded.Limit).Bound());
            Assert.DoesNotContain(runtime.PendingCalls, call => call.Handle == pipe.Reader && call.State != PendingCallState.Cancelling);
            Assert.All(await Task.WhenAll(starters).Bound(), static others => Assert.Equal(0, others));
        }
    }

    [Theory, CombinatorialLanes]
    public async Task Rest_cancels_what_may_wait_for_ever_and_waits_for_the_rest(Lane lane)
    {
        await using AsyncCallRuntime runtime = lane.NewRuntime();
        using var pipe = new TestPipe();
        using var gate = new ManualResetEventSlim();
        Task<nint> parked = runtime.ReadAsync(pipe.Reader, new byte[1]).AsTask();
        Task body = runtime.RunAsync(_ => gate.Wait(Bounded.Limit)).AsTask();
        Assert.False(await runtime.RestAsync(TimeSpan.FromMilliseconds(50)).Bound());
        await Assert.ThrowsAsync<AsyncCallCanceledException>(() => parked.Bound());
        Assert.False(body.IsCompleted);
        Assert.Equal("body", Assert.Single(runtime.PendingCalls).Method);

        Task<bool> rest = runtime.RestAsync(Timeout.InfiniteTimeSpan);
        Assert.False(rest.IsCompleted);
        gate.Set();
        Assert.True(await rest.Bound());
        await body.Bound();
        Assert.Empty(runtime.PendingCalls);
        await runtime.NopAsync().Bound();
    }

    [Theory, CombinatorialLanes]
    public async Task A_context_at_rest_has_all_its_events(Lane lane)
    {
        await using AsyncCallRuntime runtime = lane.NewRuntime();
        using AsyncCallContext context = runtime.CreateContext(8);
        using var pipe = new TestPipe();
        using HandleLease lease = context.Lease(pipe.Reader);
        using BufferLease buffer = context.Pin(new byte[8]);
        for (int round = 0; round < 20; round++)
        {
            Iocb[] blocks = [.. Blocks.Nops(20), .. Enumerable.Range(21, 20).Select(cookie => Iocb.Read(lease, buffer, 8).With((ulong)cookie))];
            Assert.Equal(40, context.Submit(blocks));
            Assert.True(await context.RestAsync(Bounded.Limit).Bound());
            Assert.Equal(0, context.InFlight);
            var events = new CompletionEvent[64];
            int got = 0;
            for (int more; (more = context.Reap(events.AsSpan(got))) > 0; got += more)
            {
            }

            Assert.Equal(Enumerable.Range(1, 40), events.Take(got).Select(completion => (int)completion.Cookie).Order());
        }
    }

    [Theory, CombinatorialLanes]
    public async Task What_a_cancelled_open_made_is_closed(Lane lane)
    {
        await using AsyncCallRuntime runtime = lane.NewRuntime();
        string folder = Directory.CreateTempSubdirectory().FullName;
        try
        {
            string fifo = Path.Combine(folder, "fifo");
            Assert.Equal(0, Native.mkfifo(fifo, 0x180));
            for (int i = 0; i < 20; i++)
            {
                // open(2) of a FIFO waits for the other end: it comes at the moment when the wait is cancelled.
                Task<int> open = LibcTwins.Open(runtime, "open", AsyncCallErrors.ReturnValue, fifo, 0, 0, CancellationToken.None).AsInt32().AsTask();
                PendingCall call = await RunningCall(runtime);
                Task<SafeFileHandle> other = Task.Run(() => OpenWriter(fifo));
                runtime.Cancel(call.Id);
                try
                {
                    int fd = await open.Bound();
                    new SafeFileHandle(fd, ownsHandle: true).Dispose();
                }
                catch (AsyncCallCanceledException thrown)
                {
                    Assert.Equal(CallOperation.OpenAt, thrown.Operation);
                }

                (await other.Bound()).Dispose();
                Assert.DoesNotContain(fifo, Native.OpenFiles());
            }
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    /// <summary>An open whose descriptor nobody will hear of does not leave it behind.</summary>
    [Theory, CombinatorialLanes]
    public void What_nobody_hears_of_is_closed(Lane lane)
    {
        using AsyncCallRuntime runtime = lane.NewRuntime();
        string path = Path.GetTempFileName();
        try
        {
            using (AsyncCallContext context = runtime.CreateContext())
            {
                using BufferLease name = context.Pin(System.Text.Encoding.UTF8.GetBytes(path + '\0'));
                CallId silent = context.Submit(Iocb.OpenAt(null, name, 0).With(1, IocbFlags.NoEvent));
                Assert.True(context.WaitAll([silent], Bounded.Limit));
                Assert.DoesNotContain(path, Native.OpenFiles());

                CallId unreaped = context.Submit(Iocb.OpenAt(null, name, 0).With(2));
                Assert.True(context.WaitAll([unreaped], Bounded.Limit));
                Assert.Contains(path, Native.OpenFiles());
            }

            Assert.DoesNotContain(path, Native.OpenFiles());
        }
        finally
        {
            File.Delete(path);
        }
    }

    [Fact]
    public void Every_operation_has_its_traits()
    {
        foreach (CallOperation operation in Enum.GetValues<CallOperation>())
        {
            CallTraits traits = CallTraits.Of(operation);
            Assert.Equal(operation == CallOperation.Close, traits.Cancellation == CallCancellation.Never);
        }

        Assert.False(CallTraits.Of(CallOperation.ReadAt).MayLeaveEffects);
        Assert.True(CallTraits.Of(CallOperation.Write).MayLeaveEffects);
        Assert.Throws<ArgumentOutOfRangeException>(() => CallTraits.Of((CallOperation)999));
    }

    private static async Task<PendingCall> RunningCall(AsyncCallRuntime runtime)
    {
        PendingCall? found = null;
        await Bounded.UntilAsync(() => (found = runtime.PendingCalls.SingleOrDefault()) is { State: PendingCallState.Running }, "a call runs");
        return found!;
    }

    private static bool NotThePipe(int number) => new FileInfo($"/proc/self/fd/{number}").LinkTarget?.StartsWith("pipe:", StringComparison.Ordinal) != true;

    /// <summary>The other end of a FIFO that nobody may be reading: both directions at once never wait.</summary>
    private static SafeFileHandle OpenWriter(string fifo) => new(Native.open(fifo, Native.ReadWrite | Native.CloseOnExec, 0), ownsHandle: true);

    private static int WaitForSignal() => Native.pause();
}
