using AsyncCalls.Backends.Workers;

namespace AsyncCalls.Runtime.Tests;

/// <summary>Quick calls are never behind slow ones: whatever takes the workers that it may have, others find theirs.</summary>
public sealed class WorkerShareTests
{
    private const int MaxWorkers = 8;

    [Theory]
    [InlineData(1, 1, 1)]
    [InlineData(2, 2, 1)]
    [InlineData(3, 2, 1)]
    [InlineData(8, 7, 6)]
    [InlineData(64, 56, 48)]
    public void Every_class_has_its_share(int workers, int foreign, int unbounded)
    {
        var queues = new WorkQueues(workers);
        Assert.Equal(foreign, queues.ForeignMax);
        Assert.Equal(unbounded, queues.UnboundedMax);
    }

    /// <summary>Three times as many locks as there are workers are waited for, for ever: methods and system calls go on.</summary>
    [Theory, CombinatorialLanes]
    public async Task Calls_that_never_end_leave_workers_for_the_others(Lane lane)
    {
        await using AsyncCallRuntime runtime = lane.NewRuntime(static options => options.MaxWorkers = MaxWorkers);
        using var held = new HeldLock();
        using var cancel = new CancellationTokenSource();
        Task<int>[] parked = [.. Enumerable.Range(0, 3 * MaxWorkers).Select(_ => held.WaitAsync(runtime, cancel.Token))];
        await Bounded.UntilAsync(() => Running(runtime, CallOperation.Import) == 6, "the calls that never end have their share");
        for (int i = 0; i < 20; i++)
        {
            await runtime.RunAsync(static _ => { }).Bound();
            Assert.Equal(0, await SyncAsync(runtime, held).Bound());
        }

        Assert.Equal(6, Running(runtime, CallOperation.Import));
        await cancel.CancelAsync();
        foreach (Task<int> wait in parked)
        {
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => wait.Bound());
        }
    }

    /// <summary>Methods that block take what they may have; a system call finds a worker all the same.</summary>
    [Theory, CombinatorialLanes]
    public async Task Methods_that_block_leave_a_worker_for_system_calls(Lane lane)
    {
        await using AsyncCallRuntime runtime = lane.NewRuntime(static options => options.MaxWorkers = MaxWorkers);
        using var held = new HeldLock();
        using var gate = new ManualResetEventSlim();
        Task[] blocked = [.. Enumerable.Range(0, 3 * MaxWorkers).Select(_ => runtime.RunAsync(_ => Assert.True(gate.Wait(Bounded.Limit))).AsTask())];
        Task<int> parked = held.WaitAsync(runtime, CancellationToken.None);
        await Bounded.UntilAsync(() => Running(runtime, CallOperation.Body) == 7, "the methods have their share");
        for (int i = 0; i < 20; i++)
        {
            Assert.Equal(0, await SyncAsync(runtime, held).Bound());
        }

        Assert.Equal(PendingCallState.Queued, Assert.Single(runtime.PendingCalls, static call => call.Operation == CallOperation.Import).State);
        gate.Set();
        await Task.WhenAll(blocked).Bound();
        held.Release();
        Assert.Equal(0, await parked.Bound());
    }

    /// <summary>A worker keeps the place of a method through the continuation: not if that blocks, be it for the very method that waits for the place.</summary>
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(8)]
    public async Task Continuations_that_block_leave_the_share_to_methods(int workers)
    {
        await using AsyncCallRuntime runtime = Lane.Workers.NewRuntime(options => options.MaxWorkers = workers);
        using var awaited = new ManualResetEventSlim();
        using var method = new ManualResetEventSlim();
        int inside = 0;
        Task<bool>[] blocked = [.. Enumerable.Range(0, workers).Select(_ => Block())];
        awaited.Set();
        await Bounded.UntilAsync(() => Volatile.Read(ref inside) == workers, "each worker is in a continuation");
        await runtime.RunAsync(_ => method.Set()).Bound();
        Assert.All(await Task.WhenAll(blocked).Bound(), Assert.True);

        async Task<bool> Block()
        {
            await runtime.RunAsync(_ => awaited.Wait(Bounded.Limit)).ConfigureAwait(false);
            Interlocked.Increment(ref inside);
            return method.Wait(Bounded.Limit);
        }
    }

    /// <summary>With a flood of each class no class starves, on one worker too.</summary>
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(8)]
    public async Task No_class_starves_while_others_are_busy(int workers)
    {
        await using AsyncCallRuntime runtime = Lane.WorkersNoInline.NewRuntime(options => options.MaxWorkers = workers);
        using var held = new HeldLock();
        held.Release();
        using var stop = new CancellationTokenSource();
        Task[] floods =
        [
            .. Enumerable.Range(0, 50).Select(_ => Flood(() => runtime.RunAsync(static _ => { }).AsTask(), stop.Token)),
            .. Enumerable.Range(0, 50).Select(_ => Flood(() => runtime.NopAsync().AsTask(), stop.Token)),
        ];
        for (int i = 0; i < 100; i++)
        {
            Assert.Equal(0, await held.WaitAsync(runtime, CancellationToken.None).Bound());
        }

        await stop.CancelAsync();
        await Task.WhenAll(floods).Bound();
    }

    /// <summary>Calls that come and go behind a share that is used up: each is cancelled at once, and what they leave behind does not pile up.</summary>
    [Fact]
    public async Task Cancelled_calls_leave_nothing_behind_a_full_share()
    {
        await using AsyncCallRuntime runtime = Lane.WorkersNoInline.NewRuntime(static options => options.MaxWorkers = 2);
        using var held = new HeldLock();
        Task<int> first = held.WaitAsync(runtime, CancellationToken.None);
        await Bounded.UntilAsync(() => Running(runtime, CallOperation.Import) == 1, "the first has the worker");
        using var last = new CancellationTokenSource();
        Task<int> patient = held.WaitAsync(runtime, last.Token);
        for (int i = 0; i < 5_000; i++)
        {
            using var cancel = new CancellationTokenSource();
            Task<int> wait = held.WaitAsync(runtime, cancel.Token);
            await cancel.CancelAsync();
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => wait.Bound());
            Assert.InRange(runtime.Engine.WaitingForWorkers, 1, 600);
        }

        held.Release();
        Assert.Equal(0, await first.Bound());
        Assert.Equal(0, await patient.Bound());
        await Bounded.UntilAsync(() => runtime.Engine.WaitingForWorkers == 0, "nothing waits");
    }

    private static async Task Flood(Func<Task> call, CancellationToken stop)
    {
        while (!stop.IsCancellationRequested)
        {
            await call().ConfigureAwait(false);
        }
    }

    private static int Running(AsyncCallRuntime runtime, CallOperation operation) =>
        runtime.PendingCalls.Count(call => call.Operation == operation && call.State == PendingCallState.Running);

    private static Task<int> SyncAsync(AsyncCallRuntime runtime, HeldLock file) =>
        LibcTwins.FDataSync(runtime, "fdatasync", AsyncCallErrors.ReturnValue, file.Handle, CancellationToken.None).AsInt32().AsTask();
}
