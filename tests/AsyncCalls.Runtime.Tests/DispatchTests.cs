using System.Collections.Concurrent;
using System.Runtime.CompilerServices;
using AsyncCalls.Backends;
using AsyncCalls.Contexts;

namespace AsyncCalls.Runtime.Tests;

/// <summary>How awaiters resume: where they asked to, on a thread of the runtime otherwise, and never held up by one another.</summary>
public sealed class DispatchTests
{
    [Theory, CombinatorialLanes]
    public async Task A_continuation_that_blocks_delays_nobody_else(Lane lane)
    {
        await using AsyncCallRuntime runtime = lane.NewRuntime();
        using var gate = new ManualResetEventSlim();
        Task blocked = BlockInContinuation(runtime, gate, out Task reached);
        await reached.Bound();
        for (int i = 0; i < 100; i++)
        {
            await runtime.NopAsync().Bound();
        }

        Assert.False(blocked.IsCompleted);
        gate.Set();
        await blocked.Bound();
    }

    [Theory, CombinatorialLanes]
    public async Task Seventy_blocked_continuations_let_the_others_complete(Lane lane)
    {
        await using AsyncCallRuntime runtime = lane.NewRuntime();
        using var gate = new ManualResetEventSlim();
        await BlockMany(runtime, gate, 70);
    }

    [Theory, CombinatorialLanes]
    public async Task More_blocked_continuations_than_workers_let_the_others_complete(Lane lane)
    {
        await using AsyncCallRuntime runtime = lane.NewRuntime(options => options.MaxWorkers = 2);
        using var gate = new ManualResetEventSlim();
        await BlockMany(runtime, gate, 10);
    }

    /// <summary>Every thread of the dispatcher is blocked, one comes back, and then that one blocks too: somebody must still lead.</summary>
    [Theory, CombinatorialLanes]
    public async Task The_dispatcher_survives_its_limit_again_and_again(Lane lane)
    {
        await using AsyncCallRuntime runtime = lane.NewRuntime();
        using var gate = new ManualResetEventSlim();
        var blocked = new List<Task>();
        for (int i = 0; i < 66; i++)
        {
            blocked.Add(BlockInContinuation(runtime, gate, out Task reached));
            await reached.Bound();
        }

        for (int round = 0; round < 4; round++)
        {
            // One comes back to the dispatcher …
            using var own = new ManualResetEventSlim();
            Task comesBack = BlockInContinuation(runtime, own, out Task there);
            await there.Bound();
            own.Set();
            await comesBack.Bound();

            // … and three more block.
            for (int i = 0; i < 3; i++)
            {
                blocked.Add(BlockInContinuation(runtime, gate, out Task reached));
                await reached.Bound();
            }

            await runtime.NopAsync().Bound();
        }

        gate.Set();
        await Task.WhenAll(blocked).Bound();
    }

    [Theory, CombinatorialLanes]
    public async Task Waiting_for_a_call_inside_a_continuation_does_not_deadlock(Lane lane)
    {
        await using AsyncCallRuntime runtime = lane.NewRuntime(options => options.MaxWorkers = 1);
        Task[] all = [.. Enumerable.Range(0, 10).Select(_ => Nested())];
        await Task.WhenAll(all).Bound();

        async Task Nested()
        {
            await runtime.NopAsync().ConfigureAwait(false);
            runtime.NopAsync().AsTask().Wait();
            runtime.RunAsync(static _ => { }).AsTask().Wait();
            await runtime.NopAsync().ConfigureAwait(false);
        }
    }

    /// <summary>An event that comes between the leader's look at the ring and its dispatch must not be dispatched unwatched.</summary>
    [Fact]
    public void A_leader_that_blocks_on_an_event_that_it_did_not_see_coming_is_replaced()
    {
        using var gate = new ManualResetEventSlim();
        using var watchdog = new Watchdog("test");
        var source = new FakeSource();
        var pump = new EventPump();
        var dispatcher = new Dispatcher("test", source, pump, watchdog);
        using var served = new ManualResetEventSlim();
        source.Hidden.Enqueue(() => gate.Wait(Bounded.Limit));
        dispatcher.Wake();
        Bounded.Until(() => source.Hidden.IsEmpty, "the leader has the event that blocks");
        source.Visible.Enqueue(served.Set);
        dispatcher.Wake();
        bool others = served.Wait(TimeSpan.FromSeconds(5));
        gate.Set();
        Assert.True(dispatcher.Stop(Bounded.Limit));
        Assert.True(others, "Another event waited for a continuation that blocks.");
    }

    [Theory, CombinatorialLanes]
    public async Task A_captured_synchronization_context_is_where_the_await_resumes(Lane lane)
    {
        await using AsyncCallRuntime runtime = lane.NewRuntime();
        using var context = new OneThreadContext();
        var result = new TaskCompletionSource<(SynchronizationContext?, int)>(TaskCreationOptions.RunContinuationsAsynchronously);
        context.Post(
            async _ =>
            {
                await runtime.NopAsync();
                result.SetResult((SynchronizationContext.Current, Environment.CurrentManagedThreadId));
            },
            null);
        (SynchronizationContext? current, int thread) = await result.Task.Bound();
        Assert.Same(context, current);
        Assert.Equal(context.ThreadId, thread);
    }

    [Theory, CombinatorialLanes]
    public async Task A_captured_task_scheduler_is_where_the_await_resumes(Lane lane)
    {
        await using AsyncCallRuntime runtime = lane.NewRuntime();
        TaskScheduler scheduler = new ConcurrentExclusiveSchedulerPair().ExclusiveScheduler;
        TaskScheduler resumedOn = await Task.Factory.StartNew(
            async () =>
            {
                await runtime.NopAsync();
                return TaskScheduler.Current;
            },
            CancellationToken.None,
            TaskCreationOptions.None,
            scheduler).Unwrap().Bound();
        Assert.Same(scheduler, resumedOn);
    }

    [Theory, CombinatorialLanes]
    public async Task Without_a_captured_context_the_await_resumes_on_the_runtime(Lane lane)
    {
        await using AsyncCallRuntime runtime = lane.NewRuntime();
        using var context = new OneThreadContext();
        using var pipe = new TestPipe();
        var result = new TaskCompletionSource<(SynchronizationContext?, string?)>(TaskCreationOptions.RunContinuationsAsynchronously);
        context.Post(
            async _ =>
            {
                await runtime.ReadAsync(pipe.Reader, new byte[1]).ConfigureAwait(false);
                result.SetResult((SynchronizationContext.Current, Thread.CurrentThread.Name));
            },
            null);
        var suspended = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        context.Post(_ => suspended.SetResult(), null);
        await suspended.Task.Bound();
        Native.WriteAll(pipe.Writer, [1]);
        (SynchronizationContext? current, string? thread) = await result.Task.Bound();
        Assert.Null(current);
        Assert.StartsWith(runtime.Name, thread);
    }

    [Theory, CombinatorialLanes]
    public async Task A_value_task_is_consumed_once(Lane lane)
    {
        await using AsyncCallRuntime runtime = lane.NewRuntime();
        ValueTask call = runtime.NopAsync();
        await call;
        await Assert.ThrowsAsync<InvalidOperationException>(async () => await call);
        Assert.Throws<InvalidOperationException>(() => call.IsCompleted);
    }

    [Theory, CombinatorialLanes]
    public async Task A_value_task_has_no_second_awaiter(Lane lane)
    {
        await using AsyncCallRuntime runtime = lane.NewRuntime();
        using var pipe = new TestPipe();
        ValueTask<nint> read = runtime.ReadAsync(pipe.Reader, new byte[1]);
        Assert.Throws<InvalidOperationException>(() => read.GetAwaiter().GetResult());
        using var resumed = new ManualResetEventSlim();
        read.GetAwaiter().UnsafeOnCompleted(resumed.Set);
        Assert.Throws<InvalidOperationException>(() => read.GetAwaiter().UnsafeOnCompleted(() => { }));
        Native.WriteAll(pipe.Writer, [1]);
        Assert.True(resumed.Wait(Bounded.Limit));
        Assert.Equal(1, read.GetAwaiter().GetResult());
    }

    [Theory, CombinatorialLanes]
    public async Task Tasks_preserved_values_and_a_thousand_at_once_work(Lane lane)
    {
        await using AsyncCallRuntime runtime = lane.NewRuntime();
        ValueTask preserved = runtime.NopAsync().Preserve();
        await preserved;
        await preserved;
        Task task = runtime.NopAsync().AsTask();
        await task;
        await task;
        await Task.WhenAll(Enumerable.Range(0, 1_000).Select(_ => runtime.NopAsync().AsTask())).Bound();
        int sum = 0;
        await Task.WhenAll(Enumerable.Range(1, 1_000).Select(i => runtime.RunAsync(_ => Interlocked.Add(ref sum, i)).AsTask())).Bound();
        Assert.Equal(500_500, sum);
    }

    [Theory, CombinatorialLanes]
    public async Task A_value_task_that_nobody_awaits_leaks_no_slot(Lane lane)
    {
        await using AsyncCallRuntime runtime = lane.NewRuntime(options => options.MaxInFlight = 16);
        for (int i = 0; i < 1_000; i++)
        {
            _ = runtime.NopAsync();
        }

        await Bounded.UntilAsync(() => runtime.GetStatistics().InFlight == 0, "all slots are free");
        await runtime.NopAsync().Bound();
    }

    [Theory, CombinatorialLanes]
    public async Task A_call_that_completed_long_ago_can_still_be_awaited(Lane lane)
    {
        await using AsyncCallRuntime runtime = lane.NewRuntime();
        ValueTask<int> call = CompilerServices.WorkerCalls.Run(runtime, "test", 5, static (state, _) => state * 2, CancellationToken.None);
        await Bounded.UntilAsync(() => call.IsCompleted, "the call has completed");
        Assert.Equal(10, await call);
    }

    /// <summary>An awaiter looks, the call completes, and only then does the awaiter leave its continuation: as when its thread was suspended in between.</summary>
    [Theory, CombinatorialLanes]
    public async Task An_awaiter_that_comes_after_the_dispatch_is_resumed(Lane lane)
    {
        await using AsyncCallRuntime runtime = lane.NewRuntime();
        ValueTask call = runtime.NopAsync();
        ValueTaskAwaiter awaiter = call.GetAwaiter();
        await Bounded.UntilAsync(() => awaiter.IsCompleted, "the call has completed");
        using var resumed = new ManualResetEventSlim();
        awaiter.UnsafeOnCompleted(resumed.Set);
        Assert.True(resumed.Wait(Bounded.Limit));
        awaiter.GetResult();
    }

    [Theory, CombinatorialLanes]
    public async Task An_awaiter_that_comes_after_the_runtime_was_disposed_is_resumed(Lane lane)
    {
        AsyncCallRuntime runtime = lane.NewRuntime();
        ValueTask call = runtime.NopAsync();
        ValueTaskAwaiter awaiter = call.GetAwaiter();
        await runtime.DisposeAsync().Bound();
        using var resumed = new ManualResetEventSlim();
        awaiter.UnsafeOnCompleted(resumed.Set);
        Assert.True(resumed.Wait(TimeSpan.FromSeconds(5)), "The awaiter was never resumed.");
        awaiter.GetResult();
    }

    [Theory, CombinatorialLanes]
    public async Task Async_locals_flow_through_an_await_and_stay_with_their_method(Lane lane)
    {
        await using AsyncCallRuntime runtime = lane.NewRuntime();
        var local = new AsyncLocal<int>();
        await Task.WhenAll(Enumerable.Range(1, 50).Select(i => Task.Run(async () =>
        {
            local.Value = i;
            for (int round = 0; round < 20; round++)
            {
                await runtime.NopAsync().ConfigureAwait(false);
                Assert.Equal(i + round, local.Value);
                local.Value++;
            }
        }))).Bound();
        Assert.Equal(0, local.Value);

        int seen = -1;
        await runtime.RunAsync(_ => seen = local.Value).Bound();
        Assert.Equal(0, seen);
    }

    /// <summary>A bare continuation changes the thread that it runs on: what runs there next must not see it.</summary>
    [Theory, CombinatorialLanes]
    public async Task What_a_continuation_leaves_on_its_thread_is_not_seen_by_the_next(Lane lane)
    {
        await using AsyncCallRuntime runtime = lane.NewRuntime(options => options.MaxWorkers = 1);
        using var pipe = new TestPipe();
        var local = new AsyncLocal<int>();
        for (int i = 0; i < 50; i++)
        {
            using var done = new ManualResetEventSlim();
            ValueTaskAwaiter<nint> awaiter = runtime.ReadAsync(pipe.Reader, new byte[1]).GetAwaiter();
            (int, SynchronizationContext?) seen = (0, null);
            awaiter.UnsafeOnCompleted(() =>
            {
                seen = (local.Value, SynchronizationContext.Current);
                local.Value = 7;
                SynchronizationContext.SetSynchronizationContext(new OtherContext());
                done.Set();
            });
            Native.WriteAll(pipe.Writer, [1]);
            Assert.True(done.Wait(Bounded.Limit));
            awaiter.GetResult();
            Assert.Equal(0, seen.Item1);
            Assert.Null(seen.Item2);
        }
    }

    private static async Task BlockMany(AsyncCallRuntime runtime, ManualResetEventSlim gate, int count)
    {
        var blocked = new List<Task>();
        for (int i = 0; i < count; i++)
        {
            blocked.Add(BlockInContinuation(runtime, gate, out Task reached));
            await reached.Bound();
        }

        try
        {
            for (int i = 0; i < 20; i++)
            {
                await runtime.NopAsync().Bound();
                await runtime.RunAsync(static _ => { }).Bound();
            }

            Assert.All(blocked, task => Assert.False(task.IsCompleted));
        }
        finally
        {
            gate.Set();
        }

        await Task.WhenAll(blocked).Bound();
    }

    /// <summary>A call whose continuation blocks its thread until the gate opens. <paramref name="reached"/> ends when it does block.</summary>
    private static Task BlockInContinuation(AsyncCallRuntime runtime, ManualResetEventSlim gate, out Task reached)
    {
        var there = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        reached = there.Task;
        return Task.Run(async () =>
        {
            // Through the awaiter, so that the continuation runs on the runtime even where the call has completed by now.
            await new AlwaysSuspend(runtime.NopAsync().GetAwaiter());
            there.SetResult();
            Assert.True(gate.Wait(Bounded.Limit * 2));
        });
    }

    private readonly struct AlwaysSuspend(ValueTaskAwaiter awaiter) : ICriticalNotifyCompletion
    {
        public bool IsCompleted => false;

        public AlwaysSuspend GetAwaiter() => this;

        public void GetResult() => awaiter.GetResult();

        public void OnCompleted(Action continuation) => awaiter.OnCompleted(continuation);

        public void UnsafeOnCompleted(Action continuation) => awaiter.UnsafeOnCompleted(continuation);
    }

    private sealed class OtherContext : SynchronizationContext;

    /// <summary>A context whose posts run, one after the other, on its own thread.</summary>
    private sealed class OneThreadContext : SynchronizationContext, IDisposable
    {
        private readonly BlockingCollection<(SendOrPostCallback, object?)> _posts = [];
        private readonly Thread _thread;

        public OneThreadContext()
        {
            _thread = new Thread(Run) { IsBackground = true };
            _thread.Start();
        }

        public int ThreadId => _thread.ManagedThreadId;

        public override void Post(SendOrPostCallback d, object? state) => _posts.Add((d, state));

        public void Dispose()
        {
            _posts.CompleteAdding();
            Assert.True(_thread.Join(Bounded.Limit));
            _posts.Dispose();
        }

        private void Run()
        {
            SetSynchronizationContext(this);
            foreach ((SendOrPostCallback callback, object? state) in _posts.GetConsumingEnumerable())
            {
                callback(state);
            }
        }
    }

    /// <summary>Events that the dispatcher can see coming, and events that it cannot.</summary>
    private sealed class FakeSource : IDispatchSource
    {
        public ConcurrentQueue<Action> Hidden { get; } = new();

        public ConcurrentQueue<Action> Visible { get; } = new();

        public int Waiting => Visible.Count;

        public bool HasCallsInFlight => !Visible.IsEmpty || !Hidden.IsEmpty;

        public bool DispatchOne(bool elsewhere)
        {
            if (!Hidden.TryDequeue(out Action? action) && !Visible.TryDequeue(out action))
            {
                return false;
            }

            action();
            return true;
        }
    }
}
