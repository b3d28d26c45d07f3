using AsyncCalls.CompilerServices;

namespace AsyncCalls.Runtime.Tests;

/// <summary>A handle whose calls may have so many workers and no more: the rest waits, in order, and everything that ends calls finds them there.</summary>
public sealed class HandleLimitTests
{
    [Theory, CombinatorialLanes]
    public async Task No_more_calls_of_a_handle_run_at_once_than_its_limit(Lane lane)
    {
        await using AsyncCallRuntime runtime = lane.NewRuntime(static options => options.MaxWorkersPerHandle = 2);
        using var device = new Device();
        Task[] calls = [.. Enumerable.Range(0, 20).Select(_ => device.UseAsync(runtime))];
        await Bounded.UntilAsync(() => device.Inside == 2, "two calls run");

        // It came last, and has a worker: the others, which are before it, could have had that one.
        using var other = new Device();
        Task last = other.UseAsync(runtime);
        await Bounded.UntilAsync(() => other.Inside == 1, "a call of another handle runs");
        other.Release();
        await last.Bound();
        Assert.Equal(20, runtime.PendingCalls.Count);
        Assert.Equal(2, runtime.PendingCalls.Count(static call => call.State == PendingCallState.Running));
        Assert.Equal(18, runtime.PendingCalls.Count(static call => call.State == PendingCallState.Queued));
        device.Release();
        await Task.WhenAll(calls).Bound();
        Assert.Equal(2, device.InsideMost);
        Assert.Empty(runtime.PendingCalls);
    }

    [Fact]
    public async Task Calls_of_a_handle_that_wait_go_on_in_order()
    {
        await using AsyncCallRuntime runtime = Lane.WorkersNoInline.NewRuntime(static options => options.MaxWorkersPerHandle = 1);
        using var device = new Device();
        var order = new List<int>();
        Task first = device.UseAsync(runtime);
        await Bounded.UntilAsync(() => device.Inside == 1, "the first runs");
        Task[] rest = [.. Enumerable.Range(0, 100).Select(number => device.RunAsync(runtime, () => order.Add(number)))];
        device.Release();
        await first.Bound();
        await Task.WhenAll(rest).Bound();
        Assert.Equal(Enumerable.Range(0, 100), order);
    }

    [Theory, CombinatorialLanes]
    public async Task A_slow_handle_does_not_hold_up_another(Lane lane)
    {
        await using AsyncCallRuntime runtime = lane.NewRuntime(static options =>
        {
            options.MaxWorkers = 4;
            options.MaxWorkersPerHandle = 1;
        });
        using var slow = new Device();
        using var quick = new Device();
        quick.Release();
        Task[] stuck = [.. Enumerable.Range(0, 50).Select(_ => slow.UseAsync(runtime))];
        await Bounded.UntilAsync(() => slow.Inside == 1, "the slow one runs");
        for (int i = 0; i < 50; i++)
        {
            await quick.UseAsync(runtime).Bound();
        }

        Assert.Equal(1, slow.InsideMost);
        slow.Release();
        await Task.WhenAll(stuck).Bound();
    }

    [Theory, CombinatorialLanes]
    public async Task Waiting_calls_of_a_handle_are_cancelled_at_once_by_token_id_and_handle(Lane lane)
    {
        await using AsyncCallRuntime runtime = lane.NewRuntime(static options => options.MaxWorkersPerHandle = 1);
        using var device = new Device();
        Task first = device.UseAsync(runtime);
        await Bounded.UntilAsync(() => device.Inside == 1, "the first runs");
        CallId running = Assert.Single(runtime.PendingCalls).Id;

        using var cancel = new CancellationTokenSource();
        Task byToken = device.UseAsync(runtime, cancel.Token);
        await cancel.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => byToken.Bound());

        Task byId = device.UseAsync(runtime);
        Assert.Equal(CancelOutcome.Cancelled, runtime.Cancel(Assert.Single(runtime.PendingCalls, call => call.Id != running).Id));
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => byId.Bound());

        Task[] byHandle = [.. Enumerable.Range(0, 300).Select(_ => device.UseAsync(runtime))];
        CancelSummary summary = runtime.Cancel(device.Handle);
        Assert.Equal(300, summary.Cancelled);
        foreach (Task task in byHandle)
        {
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => task.Bound());
        }

        // The places that they waited for are there for the next one.
        Task next = device.UseAsync(runtime);
        device.Release();
        await first.Bound();
        await next.Bound();
    }

    [Theory, CombinatorialLanes]
    public async Task Closing_a_handle_ends_its_waiting_calls(Lane lane)
    {
        await using AsyncCallRuntime runtime = lane.NewRuntime(static options => options.MaxWorkersPerHandle = 1);
        using var device = new Device();
        Task first = device.UseAsync(runtime);
        await Bounded.UntilAsync(() => device.Inside == 1, "the first runs");
        Task[] waiting = [.. Enumerable.Range(0, 10).Select(_ => device.UseAsync(runtime))];
        Task<bool> closing = runtime.CloseAsync(device.Handle, Bounded.Limit, TestContext.Current.CancellationToken);
        foreach (Task task in waiting)
        {
            AsyncCallCanceledException thrown = await Assert.ThrowsAsync<AsyncCallCanceledException>(() => task.Bound());
            Assert.Equal(CancelReason.HandleClosed, thrown.Reason);
        }

        Assert.False(closing.IsCompleted);
        device.Release();
        await first.Bound();
        Assert.True(await closing.Bound());
    }

    [Theory, CombinatorialLanes]
    public async Task Dispose_waits_for_the_waiting_calls_of_a_handle(Lane lane)
    {
        AsyncCallRuntime runtime = lane.NewRuntime(static options => options.MaxWorkersPerHandle = 1);
        using var device = new Device();
        Task[] calls = [.. Enumerable.Range(0, 10).Select(_ => device.UseAsync(runtime))];
        await Bounded.UntilAsync(() => device.Inside == 1, "the first runs");
        Task disposing = runtime.DisposeAsync().AsTask();
        device.Release();
        await Task.WhenAll(calls).Bound();
        await disposing.Bound();
        Assert.Equal(1, device.InsideMost);
    }

    [Theory, CombinatorialLanes]
    public async Task A_limit_is_set_raised_and_lowered_for_one_handle(Lane lane)
    {
        await using AsyncCallRuntime runtime = lane.NewRuntime();
        using var device = new Device();
        using var other = new Device();
        runtime.LimitWorkers(device.Handle, 1);
        Task[] calls = [.. Enumerable.Range(0, 6).Select(_ => device.UseAsync(runtime))];
        Task[] others = [.. Enumerable.Range(0, 6).Select(_ => other.UseAsync(runtime))];
        await Bounded.UntilAsync(() => other.Inside == 6, "the other handle has no limit");
        Assert.Equal(1, device.Inside);
        runtime.LimitWorkers(device.Handle, 3);
        await Bounded.UntilAsync(() => device.Inside == 3, "the higher limit is used at once");
        runtime.LimitWorkers(device.Handle, 1);
        device.Release();
        other.Release();
        await Task.WhenAll([.. calls, .. others]).Bound();
        Assert.Equal(3, device.InsideMost);
        Assert.Throws<ArgumentOutOfRangeException>(() => runtime.LimitWorkers(device.Handle, 0));
        Assert.Throws<ArgumentOutOfRangeException>(() => runtime.LimitWorkers(device.Handle, 32_768));
    }

    /// <summary>Cancels that race with completions on a handle that has a limit: every call ends once, and no place is lost.</summary>
    [Fact]
    public async Task No_place_is_lost_where_cancels_race_with_completions()
    {
        await using AsyncCallRuntime runtime = Lane.WorkersNoInline.NewRuntime(static options => options.MaxWorkersPerHandle = 2);
        using var device = new Device();
        device.Release();
        int ended = 0;
        await Task.WhenAll(Enumerable.Range(0, 4).Select(seed => Task.Run(async () =>
        {
            var random = new Random(seed);
            for (int i = 0; i < 2_000; i++)
            {
                using var cancel = new CancellationTokenSource();
                Task call = device.RunAsync(runtime, static () => { }, cancel.Token);
                Task canceller = random.Next(2) == 0 ? cancel.CancelAsync() : Task.CompletedTask;
                try
                {
                    await call;
                }
                catch (OperationCanceledException)
                {
                }

                await canceller;
                Interlocked.Increment(ref ended);
            }
        }))).Bound();
        Assert.Equal(8_000, ended);
        await device.UseAsync(runtime).Bound();
        Assert.Empty(runtime.PendingCalls);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(-1)]
    [InlineData(32_768)]
    public void A_limit_out_of_its_range_is_refused(int limit) =>
        Assert.Contains(nameof(AsyncCallOptions.MaxWorkersPerHandle), Assert.Single(new AsyncCallOptions { MaxWorkersPerHandle = limit }.Validate()), StringComparison.Ordinal);

    /// <summary>A handle and a method that uses it and is slow: it counts who is inside, and lets nobody out before it is released.</summary>
    private sealed class Device : IDisposable
    {
        private readonly TestPipe _pipe = new();
        private readonly ManualResetEventSlim _released = new();
        private int _inside;
        private int _insideMost;

        public Microsoft.Win32.SafeHandles.SafeFileHandle Handle => _pipe.Reader;

        public int Inside => Volatile.Read(ref _inside);

        public int InsideMost => Volatile.Read(ref _insideMost);

        public Task UseAsync(AsyncCallRuntime runtime, CancellationToken token = default) => RunAsync(runtime, Use, token);

        public Task RunAsync(AsyncCallRuntime runtime, Action body, CancellationToken token = default) =>
            WorkerCalls.Run(runtime, "use", body, static state => state(), token, Handle).AsTask();

        public void Release() => _released.Set();

        public void Dispose()
        {
            _released.Set();
            _pipe.Dispose();
        }

        private void Use()
        {
            int inside = Interlocked.Increment(ref _inside);
            int most = Volatile.Read(ref _insideMost);
            while (inside > most)
            {
                most = Interlocked.CompareExchange(ref _insideMost, inside, most);
            }

            Assert.True(_released.Wait(Bounded.Limit));
            Interlocked.Decrement(ref _inside);
        }
    }
}
