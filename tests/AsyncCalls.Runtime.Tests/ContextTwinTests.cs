using System.Collections.Concurrent;

namespace AsyncCalls.Runtime.Tests;

/// <summary>Annotated methods on a context of one's own: awaiters resume where it is reaped.</summary>
public sealed class ContextTwinTests
{
    [Theory, CombinatorialLanes]
    public async Task Twins_resume_only_on_the_thread_that_reaps(Lane lane)
    {
        await using AsyncCallRuntime runtime = lane.NewRuntime();
        await using AsyncCallContext context = runtime.CreateContext(4);
        using var pipe = new TestPipe();
        var threads = new ConcurrentQueue<int>();
        int reaper = 0;
        Task[] loops = [];
        Bounded.OnThreads(1, _ =>
        {
            reaper = Environment.CurrentManagedThreadId;
            loops = [.. Enumerable.Range(0, 8).Select(_ => Loop())];
            while (!Task.WhenAll(loops).IsCompleted)
            {
                Assert.Equal(0, context.Reap(new CompletionEvent[3], 1, TimeSpan.FromMilliseconds(50)));
            }
        });
        await Task.WhenAll(loops).Bound();
        Assert.Equal(8 * 50 * 3, threads.Count);
        Assert.All(threads, thread => Assert.Equal(reaper, thread));

        async Task Loop()
        {
            byte[] buffer = new byte[1];
            for (int i = 0; i < 50; i++)
            {
                await context.Runtime.NopAsync().ConfigureAwait(false);
                threads.Enqueue(Environment.CurrentManagedThreadId);
                await context.Runtime.RunAsync(_ => Assert.NotEqual(reaper, Environment.CurrentManagedThreadId)).ConfigureAwait(false);
                threads.Enqueue(Environment.CurrentManagedThreadId);
                ValueTask<nint> read = context.Runtime.ReadAsync(pipe.Reader, buffer);
                Native.WriteAll(pipe.Writer, [1]);
                Assert.Equal(1, await read.ConfigureAwait(false));
                threads.Enqueue(Environment.CurrentManagedThreadId);
            }
        }
    }

    [Fact]
    public async Task What_is_there_already_is_given_at_once_without_an_event()
    {
        await using AsyncCallRuntime runtime = Lane.Native.NewRuntime();
        await using AsyncCallContext context = runtime.CreateContext();
        using var pipe = new TestPipe();
        Native.WriteAll(pipe.Writer, [5]);
        byte[] buffer = new byte[1];
        ValueTask<nint> read = context.Runtime.ReadAsync(pipe.Reader, buffer);
        Assert.True(read.IsCompletedSuccessfully);
        Assert.Equal(1, await read);
        context.AssertQuiet();
    }

    [Theory, CombinatorialLanes]
    public void A_twin_is_cancelled_and_resumes_where_it_is_reaped(Lane lane)
    {
        using AsyncCallRuntime runtime = lane.NewRuntime();
        using AsyncCallContext context = runtime.CreateContext();
        using var pipe = new TestPipe();
        using var cancel = new CancellationTokenSource();
        int resumedOn = 0;
        Task awaiter = Await();
        Assert.Equal(1, context.InFlight);
        cancel.Cancel();
        Assert.Equal(0, context.Reap(new CompletionEvent[1], 1, Bounded.Limit));
        Assert.True(awaiter.IsCompletedSuccessfully);
        Assert.Equal(Environment.CurrentManagedThreadId, resumedOn);
        context.AssertQuiet();
        Assert.True(context.Runtime.NopAsync(cancel.Token).IsCanceled);
        context.AssertQuiet();

        async Task Await()
        {
            OperationCanceledException cancelled = await Assert.ThrowsAnyAsync<OperationCanceledException>(
                async () => await context.Runtime.ReadAsync(pipe.Reader, new byte[1], cancel.Token));
            Assert.Equal(cancel.Token, cancelled.CancellationToken);
            resumedOn = Environment.CurrentManagedThreadId;
        }
    }

    [Theory, CombinatorialLanes]
    public void Blocks_and_twins_share_a_context(Lane lane)
    {
        using AsyncCallRuntime runtime = lane.NewRuntime();
        using AsyncCallContext context = runtime.CreateContext(4);
        Task[] twins = [.. Enumerable.Range(0, 20).Select(async _ =>
        {
            for (int i = 0; i < 10; i++)
            {
                await context.Runtime.NopAsync();
            }
        })];
        context.Submit(Blocks.Nops(20));
        var cookies = new List<ulong>();
        var events = new CompletionEvent[7];
        Bounded.Until(
            () =>
            {
                cookies.AddRange(events.Take(context.Reap(events, 1, TimeSpan.FromMilliseconds(1))).Select(completion => completion.Cookie));
                return cookies.Count >= 20 && twins.All(twin => twin.IsCompleted);
            },
            "all have ended");
        Assert.All(twins, twin => Assert.True(twin.IsCompletedSuccessfully));
        Assert.Equal(Enumerable.Range(1, 20).Select(number => (ulong)number), cookies.Order());
        context.AssertQuiet();
    }

    [Theory, CombinatorialLanes]
    public void An_awaiter_that_comes_after_the_reaping_resumes_at_the_next_one(Lane lane)
    {
        using AsyncCallRuntime runtime = lane.NewRuntime();
        using AsyncCallContext context = runtime.CreateContext();
        for (int i = 0; i < 20; i++)
        {
            ValueTask call = context.Runtime.NopAsync();
            Assert.False(call.IsCompleted);
            Assert.Equal(0, context.Reap(new CompletionEvent[1], 1, Bounded.Limit));
            Assert.True(call.IsCompletedSuccessfully);
            if (i % 2 == 0)
            {
                call.GetAwaiter().GetResult();
                continue;
            }

            // An awaiter that does not look first.
            int resumedOn = 0;
            call.GetAwaiter().UnsafeOnCompleted(() => resumedOn = Environment.CurrentManagedThreadId);
            Assert.Equal(0, context.Reap(new CompletionEvent[1], 1, Bounded.Limit));
            Assert.Equal(Environment.CurrentManagedThreadId, resumedOn);
            call.GetAwaiter().GetResult();
        }

        context.AssertQuiet();
        Assert.Equal(0, runtime.GetStatistics().InFlight);
    }

    [Theory, CombinatorialLanes]
    public void A_captured_synchronization_context_is_respected(Lane lane)
    {
        using AsyncCallRuntime runtime = lane.NewRuntime();
        using AsyncCallContext context = runtime.CreateContext();
        var posts = new PostedContext();
        SynchronizationContext? before = SynchronizationContext.Current;
        Task captured;
        Task free;
        SynchronizationContext.SetSynchronizationContext(posts);
        try
        {
            captured = Await(capture: true);
            free = Await(capture: false);
        }
        finally
        {
            SynchronizationContext.SetSynchronizationContext(before);
        }

        Bounded.Until(() => context.Reap(new CompletionEvent[2], 1, TimeSpan.FromMilliseconds(1)) == 0 && free.IsCompleted && posts.Count == 1, "both were reaped");
        Assert.False(captured.IsCompleted);
        posts.RunOne();
        Assert.True(captured.IsCompletedSuccessfully);

        async Task Await(bool capture) => await context.Runtime.NopAsync().ConfigureAwait(capture);
    }

    /// <summary>The loop's thread is the user's: what it carries is not taken away by the awaiters that resume on it.</summary>
    [Fact]
    public void The_reaping_thread_keeps_what_it_carries()
    {
        using var runtime = new AsyncCallRuntime();
        using AsyncCallContext context = runtime.CreateContext();
        var local = new AsyncLocal<string?>();
        Task awaiter = Await();
        Bounded.OnThreads(1, _ =>
        {
            var mine = new PostedContext();
            SynchronizationContext.SetSynchronizationContext(mine);
            local.Value = "the loop's";
            Assert.Equal(0, context.Reap(new CompletionEvent[1], 1, Bounded.Limit));
            Assert.Same(mine, SynchronizationContext.Current);
            Assert.Equal("the loop's", local.Value);
        });
        Assert.True(awaiter.IsCompletedSuccessfully);

        async Task Await()
        {
            local.Value = "the awaiter's";
            await context.Runtime.NopAsync().ConfigureAwait(false);
            Assert.Equal("the awaiter's", local.Value);
            local.Value = "left behind";
            SynchronizationContext.SetSynchronizationContext(null);
        }
    }

    [Theory, CombinatorialLanes]
    public async Task Awaiters_that_nobody_reaps_resume_when_the_context_is_disposed(Lane lane)
    {
        await using AsyncCallRuntime runtime = lane.NewRuntime();
        AsyncCallContext context = runtime.CreateContext(2);
        using var pipe = new TestPipe();
        Task[] ended = [.. Enumerable.Range(0, 20).Select(async _ => await context.Runtime.NopAsync())];
        Task[] parked = [.. Enumerable.Range(0, 20).Select(_ => context.Runtime.ReadAsync(pipe.Reader, new byte[1]).AsTask())];
        Bounded.Until(() => context.InFlight == 20, "the first have completed");
        Assert.DoesNotContain(ended, task => task.IsCompleted);
        context.Dispose();
        await Task.WhenAll(ended).Bound();
        foreach (Task task in parked)
        {
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => task.Bound());
        }

        await Bounded.UntilAsync(() => runtime.GetStatistics().InFlight == 0, "no slot is held");
    }

    [Theory, CombinatorialLanes]
    public async Task Awaiters_that_race_with_dispose_all_resume(Lane lane)
    {
        await using AsyncCallRuntime runtime = lane.NewRuntime();
        for (int round = 0; round < 30; round++)
        {
            AsyncCallContext context = runtime.CreateContext(2);
            int begun = 0;
            Task[] loops = [.. Enumerable.Range(0, 4).Select(_ => Task.Run(async () =>
            {
                try
                {
                    while (true)
                    {
                        ValueTask call = context.Runtime.NopAsync();
                        Interlocked.Increment(ref begun);
                        Thread.SpinWait(50);
                        await call.ConfigureAwait(false);
                    }
                }
                catch (Exception exception) when (exception is ObjectDisposedException or OperationCanceledException)
                {
                }
            }))];
            Bounded.OnThreads(2, number =>
            {
                if (number == 0)
                {
                    Bounded.Spin(() => Volatile.Read(ref begun) > 40, "calls come");
                    context.Dispose();
                    return;
                }

                Assert.Throws<ObjectDisposedException>((Action)(() =>
                {
                    while (true)
                    {
                        context.Reap(new CompletionEvent[4], 1, Bounded.Limit);
                    }
                }));
            });
            await Task.WhenAll(loops).Bound();
        }
    }

    /// <summary>An awaiter that comes late gets an event once more; dispose may be looking at the ring for the last time just then.</summary>
    [Fact]
    public async Task Late_awaiters_that_race_with_dispose_all_resume()
    {
        await using AsyncCallRuntime runtime = Lane.Workers.NewRuntime();
        for (int round = 0; round < 300; round++)
        {
            AsyncCallContext context = runtime.CreateContext(64);
            ValueTask[] calls = [.. Enumerable.Range(0, 16).Select(_ => context.Runtime.NopAsync())];
            for (int reaped = 0; reaped < calls.Length; reaped++)
            {
                Assert.Equal(0, context.Reap(new CompletionEvent[1], 1, Bounded.Limit));
            }

            int resumed = 0;
            int ready = 0;
            Bounded.OnThreads(2, number =>
            {
                Interlocked.Increment(ref ready);
                Bounded.Spin(() => Volatile.Read(ref ready) == 2, "both are there");
                if (number == 0)
                {
                    Thread.SpinWait(round * 2);
                    context.Dispose();
                    return;
                }

                foreach (ValueTask call in calls)
                {
                    call.GetAwaiter().UnsafeOnCompleted(() => Interlocked.Increment(ref resumed));
                }
            });
            await Bounded.UntilAsync(() => Volatile.Read(ref resumed) == calls.Length, $"all awaiters resume (round {round}, {resumed})");
        }
    }

    /// <summary>A context that is disposed by an awaiter has told the loop's blocks of the same turn.</summary>
    [Fact]
    public void Events_that_were_taken_are_not_lost_when_an_awaiter_disposes_the_context()
    {
        using AsyncCallRuntime runtime = Lane.Workers.NewRuntime(options => options.MaxWorkers = 1);
        AsyncCallContext context = runtime.CreateContext();
        context.Submit(Iocb.Nop().With(41));
        Task awaiter = Await();
        Bounded.Until(() => context.Ring.Count == 2, "both have completed");
        var events = new CompletionEvent[4];
        Assert.Equal(1, context.Reap(events));
        Assert.Equal(41ul, events[0].Cookie);
        Assert.True(awaiter.IsCompletedSuccessfully);
        Assert.Throws<ObjectDisposedException>(() => context.Reap(events));

        async Task Await()
        {
            await context.Runtime.NopAsync();
            context.Dispose();
        }
    }

    private sealed class PostedContext : SynchronizationContext
    {
        private readonly ConcurrentQueue<(SendOrPostCallback Callback, object? State)> _posts = new();

        public int Count => _posts.Count;

        public override void Post(SendOrPostCallback d, object? state) => _posts.Enqueue((d, state));

        public void RunOne()
        {
            Assert.True(_posts.TryDequeue(out (SendOrPostCallback Callback, object? State) post));
            post.Callback(post.State);
        }
    }
}
