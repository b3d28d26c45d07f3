using System.Diagnostics;

namespace AsyncCalls.Runtime.Tests;

/// <summary>Deadlines of calls: never early, soon after, on every path.</summary>
public sealed class DeadlineTests
{
    private const long Etime = 62;
    private static readonly TimeSpan Short = TimeSpan.FromMilliseconds(30);

    [Theory, CombinatorialLanes]
    public async Task A_parked_read_ends_when_its_time_is_up(Lane lane)
    {
        await using AsyncCallRuntime runtime = lane.NewRuntime();
        using var pipe = new TestPipe();
        long start = Stopwatch.GetTimestamp();
        AsyncCallTimeoutException thrown = await Assert.ThrowsAsync<AsyncCallTimeoutException>(
            () => runtime.WithTimeout(Short).ReadAsync(pipe.Reader, new byte[4]).Bound());
        Assert.True(Stopwatch.GetElapsedTime(start) >= Short, "It ended early.");
        Assert.Equal((CallOperation.Read, false, 0L), (thrown.Operation, thrown.MayHaveLeftEffects, thrown.BytesTransferred));

        // The pipe and the runtime are as they were.
        Native.WriteAll(pipe.Writer, [1, 2, 3, 4]);
        Assert.Equal(4, await runtime.ReadAsync(pipe.Reader, new byte[4]).Bound());
        Assert.Equal(0, runtime.GetStatistics().InFlight);
    }

    [Theory, CombinatorialLanes]
    public async Task A_call_that_ends_in_time_is_not_touched(Lane lane)
    {
        await using AsyncCallRuntime runtime = lane.NewRuntime();
        AsyncCallRuntime timed = runtime.WithTimeout(TimeSpan.FromMinutes(1));
        using var pipe = new TestPipe();
        for (int i = 0; i < 200; i++)
        {
            ValueTask<nint> read = timed.ReadAsync(pipe.Reader, new byte[1]);
            Native.WriteAll(pipe.Writer, [1]);
            Assert.Equal(1, await read.Bound());
            await timed.RunAsync(static _ => { }).Bound();
            await timed.NopAsync().Bound();
        }

        Assert.Equal(0, runtime.GetStatistics().Cancelled);
    }

    [Theory, CombinatorialLanes]
    public async Task A_body_is_told_by_its_token(Lane lane)
    {
        await using AsyncCallRuntime runtime = lane.NewRuntime();
        using var unrelated = new CancellationTokenSource();
        AsyncCallTimeoutException? thrown = null;
        bool began = false;

        // A busy machine may not have begun the body when its time is up: then it is given more.
        for (TimeSpan timeout = Short; !began; timeout *= 2)
        {
            Assert.True(timeout < Bounded.Limit, "No worker began the body.");
            thrown = await Assert.ThrowsAsync<AsyncCallTimeoutException>(() => runtime.WithTimeout(timeout).RunAsync(
                token =>
                {
                    began = true;
                    Assert.True(token.WaitHandle.WaitOne(Bounded.Limit), "The token did not fire.");
                    token.ThrowIfCancellationRequested();
                },
                unrelated.Token).Bound());
        }

        Assert.IsAssignableFrom<OperationCanceledException>(thrown!.InnerException);
        Assert.False(unrelated.IsCancellationRequested);
    }

    [Theory, CombinatorialLanes]
    public async Task A_call_that_still_waits_for_a_worker_or_a_slot_ends_too(Lane lane)
    {
        await using AsyncCallRuntime runtime = lane.NewRuntime(options =>
        {
            options.MaxWorkers = 1;
            options.MaxInFlight = 2;
        });
        using var gate = new ManualResetEventSlim();
        Task blocker = runtime.RunAsync(_ => gate.Wait(Bounded.Limit)).AsTask();
        Task[] waiting = [.. Enumerable.Range(0, 3).Select(_ => runtime.WithTimeout(Short).RunAsync(_ => Assert.Fail("It ran.")).AsTask())];
        foreach (Task task in waiting)
        {
            await Assert.ThrowsAsync<AsyncCallTimeoutException>(() => task.Bound());
        }

        Assert.False(blocker.IsCompleted);
        gate.Set();
        await blocker.Bound();
    }

    /// <summary>The token fired first: that is what the caller hears.</summary>
    [Theory, CombinatorialLanes]
    public async Task A_cancel_before_the_deadline_is_a_cancel(Lane lane)
    {
        await using AsyncCallRuntime runtime = lane.NewRuntime();
        using var pipe = new TestPipe();
        using var cancel = new CancellationTokenSource();
        Task<nint> read = runtime.WithTimeout(TimeSpan.FromSeconds(30)).ReadAsync(pipe.Reader, new byte[1], cancel.Token).AsTask();
        await cancel.CancelAsync();
        AsyncCallCanceledException thrown = await Assert.ThrowsAsync<AsyncCallCanceledException>(() => read.Bound());
        Assert.Equal((CancelReason.Requested, cancel.Token), (thrown.Reason, thrown.CancellationToken));
    }

    [Theory, CombinatorialLanes]
    public void A_block_completes_with_ETIME(Lane lane)
    {
        using AsyncCallRuntime runtime = lane.NewRuntime();
        using AsyncCallContext context = runtime.CreateContext();
        using var pipe = new TestPipe();
        using HandleLease lease = context.Lease(pipe.Reader);
        using BufferLease buffer = context.Pin(new byte[8]);
        using CompletionRecord record = context.CreateRecord();
        Iocb[] blocks = new Iocb[20];
        for (int i = 0; i < blocks.Length; i++)
        {
            blocks[i] = Iocb.Read(lease, buffer, 8).With((ulong)i + 1);
            blocks[i].Timeout = Short;
        }

        blocks[7].Record = record.Id;
        Assert.Equal(blocks.Length, context.Submit(blocks));
        Assert.All(context.ReapExactly(blocks.Length), completion => Assert.Equal(-Etime, completion.Result));
        Assert.Equal((8ul, -Etime), (record.Cookie, record.Result));
    }

    /// <summary>More timed calls than io_uring's queue has entries, each of which takes two.</summary>
    [Theory, CombinatorialLanes]
    public void Timed_blocks_fill_a_small_queue(Lane lane)
    {
        using AsyncCallRuntime runtime = lane.NewRuntime(options => options.IoUringEntries = 2);
        using AsyncCallContext context = runtime.CreateContext();
        Iocb[] blocks = Blocks.Nops(100);
        foreach (ref Iocb block in blocks.AsSpan())
        {
            block.Timeout = TimeSpan.FromMinutes(1);
        }

        Assert.Equal(100, context.Submit(blocks));
        CompletionEvent[] events = context.ReapExactly(100);
        Assert.Equal(Enumerable.Range(1, 100), events.Select(completion => (int)completion.Cookie).Order());
        Assert.All(events, completion => Assert.Equal(0, completion.Result));
    }

    /// <summary>A deadline, data and a token at the same moment: one completion each, and none of them on the next call.</summary>
    [Theory, CombinatorialLanes]
    public async Task Deadlines_race_with_completions(Lane lane)
    {
        await using AsyncCallRuntime runtime = lane.NewRuntime();
        using var pipe = new TestPipe();
        AsyncCallRuntime timed = runtime.WithTimeout(TimeSpan.FromMilliseconds(2));
        int read = 0, late = 0;
        var random = new Random(7);
        for (int i = 0; i < 200; i++)
        {
            Task<nint> call = timed.ReadAsync(pipe.Reader, new byte[1]).AsTask();
            await Task.Delay(random.Next(4));
            Native.WriteAll(pipe.Writer, [1]);
            try
            {
                Assert.Equal(1, await call.Bound());
                read++;
            }
            catch (AsyncCallTimeoutException)
            {
                late++;
                Assert.Equal(1, await runtime.ReadAsync(pipe.Reader, new byte[1]).Bound());
            }
        }

        Assert.Equal(200, read + late);
        Assert.False(Native.IsReadable(pipe.Reader));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(-2)]
    [InlineData((double)uint.MaxValue)]
    public void A_time_that_is_none_is_refused(double milliseconds)
    {
        using var runtime = new AsyncCallRuntime();
        Assert.Throws<ArgumentOutOfRangeException>(() => runtime.WithTimeout(TimeSpan.FromMilliseconds(milliseconds)));
    }

    [Fact]
    public async Task A_view_is_not_the_runtime()
    {
        await using var runtime = new AsyncCallRuntime();
        AsyncCallRuntime timed = runtime.WithTimeout(TimeSpan.FromSeconds(5));
        await timed.DisposeAsync();
        await timed.WithTimeout(Timeout.InfiniteTimeSpan).NopAsync().Bound();
        Assert.Equal(runtime.Name, timed.Name);
        Assert.Same(runtime.Capabilities, timed.Capabilities);
    }

    /// <summary>A call that ended takes its deadline along: the wheel does not grow with calls that ended in time.</summary>
    [Fact]
    public async Task The_thread_of_the_deadlines_ends_with_them()
    {
        await using AsyncCallRuntime runtime = Lane.Workers.NewRuntime();
        AsyncCallRuntime timed = runtime.WithTimeout(TimeSpan.FromDays(1));
        await Task.WhenAll(Enumerable.Range(0, 100).Select(_ => timed.RunAsync(static _ => { }).AsTask())).Bound();
        Assert.True(runtime.Engine.HasTimerThread);
        await Bounded.UntilAsync(() => !runtime.Engine.HasTimerThread, "the thread has ended");
    }
}
