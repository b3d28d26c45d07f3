using System.Diagnostics;

namespace AsyncCalls.Runtime.Tests;

/// <summary>Waiting for calls by id.</summary>
public sealed class ContextWaitTests
{
    private const int Ecanceled = 125;

    [Theory, CombinatorialLanes]
    public void Any_tells_which_and_all_waits_for_the_last(Lane lane)
    {
        using AsyncCallRuntime runtime = lane.NewRuntime();
        using AsyncCallContext context = runtime.CreateContext();
        using var first = new TestPipe();
        using var second = new TestPipe();
        CallId[] ids = [Park(context, first, 1), Park(context, second, 2)];
        Assert.Equal(-1, context.WaitAny(ids, TimeSpan.Zero));
        Assert.False(context.WaitAll(ids, TimeSpan.Zero));
        Native.WriteAll(second.Writer, [1]);
        Assert.Equal(1, context.WaitAny(ids, Bounded.Limit));
        Assert.False(context.WaitAll(ids, TimeSpan.Zero));
        Assert.True(context.WaitAll(ids.AsSpan(1), TimeSpan.Zero));
        Native.WriteAll(first.Writer, [1]);
        Assert.True(context.WaitAll(ids, Bounded.Limit));
        Assert.Equal(0, context.WaitAny(ids, TimeSpan.Zero));

        // It has taken no event.
        Assert.Equal([1ul, 2ul], context.ReapExactly(2).Select(completion => completion.Cookie).Order());
        Assert.True(context.WaitAll(ids, TimeSpan.Zero));
        context.AssertQuiet();
    }

    [Fact]
    public void An_id_that_is_not_in_flight_counts_as_completed()
    {
        using var runtime = new AsyncCallRuntime();
        using AsyncCallContext context = runtime.CreateContext();
        using var pipe = new TestPipe();
        CallId parked = Park(context, pipe, 1);
        CallId[] unknown = [default, new CallId(ulong.MaxValue), new CallId(parked.Value + (1ul << 20)), new CallId(parked.Value + 1), new CallId(0xFFFFF)];
        Assert.True(context.WaitAll(unknown, Timeout.InfiniteTimeSpan));
        Assert.True(context.WaitAll([], Timeout.InfiniteTimeSpan));
        for (int i = 0; i < unknown.Length; i++)
        {
            Assert.Equal(1, context.WaitAny([parked, unknown[i]], Timeout.InfiniteTimeSpan));
            Assert.Equal(CancelOutcome.NotFound, context.Cancel(unknown[i]));
        }

        Assert.Contains(context.Cancel(parked), (CancelOutcome[])[CancelOutcome.InProgress, CancelOutcome.Cancelled]);
        Assert.Equal(-Ecanceled, context.ReapOne().Result);
    }

    /// <summary>Calls of other contexts are none of this one's.</summary>
    [Theory, CombinatorialLanes]
    public void An_id_of_another_context_counts_as_completed(Lane lane)
    {
        using AsyncCallRuntime runtime = lane.NewRuntime();
        using AsyncCallContext context = runtime.CreateContext();
        using AsyncCallContext other = runtime.CreateContext();
        using var pipe = new TestPipe();
        CallId parked = Park(other, pipe, 1);
        Assert.Equal(CancelOutcome.NotFound, context.Cancel(parked));
        Assert.True(context.WaitAll([parked], TimeSpan.FromMilliseconds(50)), "Nobody here would be told when it ends.");
        Assert.Contains(other.Cancel(parked), (CancelOutcome[])[CancelOutcome.InProgress, CancelOutcome.Cancelled]);
        Assert.Equal(-Ecanceled, other.ReapOne().Result);
    }

    [Fact]
    public void The_time_is_up_when_it_is_and_not_before()
    {
        using var runtime = new AsyncCallRuntime();
        using AsyncCallContext context = runtime.CreateContext();
        using var pipe = new TestPipe();
        CallId id = Park(context, pipe, 1);
        Stopwatch watch = Stopwatch.StartNew();
        Assert.Equal(-1, context.WaitAny([id], TimeSpan.FromMilliseconds(30)));
        Assert.False(context.WaitAll([id], TimeSpan.FromMilliseconds(30)));
        Assert.True(watch.Elapsed >= TimeSpan.FromMilliseconds(60), $"The time was up after {watch.Elapsed}.");
        Native.WriteAll(pipe.Writer, [1]);
        context.ReapOne();
    }

    [Fact]
    public void A_wait_may_be_as_long_as_a_time_can_be()
    {
        using var runtime = new AsyncCallRuntime();
        using AsyncCallContext context = runtime.CreateContext();
        using var pipe = new TestPipe();
        CallId id = Park(context, pipe, 1);
        Task<bool> waiting = Task.Run(() => context.WaitAll([id], TimeSpan.MaxValue));
        Bounded.Until(() => waiting.IsCompleted || context.HasWaiter(), "it waits");
        Native.WriteAll(pipe.Writer, [1]);
        Assert.True(waiting.Bound().GetAwaiter().GetResult());
        Task<int> reaping = Task.Run(() => context.Reap(new CompletionEvent[1], 1, TimeSpan.MaxValue));
        Assert.Equal(1, reaping.Bound().GetAwaiter().GetResult());
    }

    [Theory, CombinatorialLanes]
    public void A_token_ends_the_wait_and_not_the_call(Lane lane)
    {
        using AsyncCallRuntime runtime = lane.NewRuntime();
        using AsyncCallContext context = runtime.CreateContext();
        using var pipe = new TestPipe();
        using var cancel = new CancellationTokenSource();
        CallId id = Park(context, pipe, 1);
        Bounded.OnThreads(3, number =>
        {
            if (number == 0)
            {
                Bounded.Until(context.HasWaiter, "someone waits");
                cancel.Cancel();
                return;
            }

            Assert.Throws<OperationCanceledException>(() => { _ = number == 1 ? context.WaitAny([id], Bounded.Limit, cancel.Token) : context.WaitAll([id], Bounded.Limit, cancel.Token) ? 1 : 0; });
        });
        Assert.Equal(1, context.InFlight);
        Native.WriteAll(pipe.Writer, [1]);
        Assert.Equal(1, context.ReapOne().Result);
        Assert.False(context.HasWaiter());
    }

    [Theory, CombinatorialLanes]
    public void Dispose_wakes_who_waits_with_an_error(Lane lane)
    {
        using AsyncCallRuntime runtime = lane.NewRuntime();
        AsyncCallContext context = runtime.CreateContext();
        using var pipe = new TestPipe();
        CallId id = Park(context, pipe, 1);
        Bounded.OnThreads(4, number =>
        {
            switch (number)
            {
                case 0:
                    Bounded.Until(() => context.HasWaiter() && context.Ring.HasSleeper(), "two kinds of waiters wait");
                    context.Dispose();
                    break;
                case 1:
                    // A waiter may be told of the end of its call, which dispose cancels, or of the context's.
                    Assert.Throws<ObjectDisposedException>(() => context.WaitAny([id], Bounded.Limit));
                    break;
                case 2:
                    Assert.Throws<ObjectDisposedException>(() => context.WaitAll([id], Bounded.Limit));
                    break;
                default:
                    // It may get the event of the call that dispose cancels first.
                    Assert.Throws<ObjectDisposedException>(() => context.Reap(new CompletionEvent[4], 4, Bounded.Limit) + context.Reap(new CompletionEvent[4], 4, Bounded.Limit));
                    break;
            }
        });
        Assert.False(context.HasWaiter());
    }

    [Theory, CombinatorialLanes]
    public void Many_waiters_of_many_calls_are_all_woken(Lane lane)
    {
        const int Waiters = 8;
        const int Rounds = 150;
        using AsyncCallRuntime runtime = lane.NewRuntime();
        using AsyncCallContext context = runtime.CreateContext();
        Bounded.OnThreads(Waiters, number =>
        {
            var ids = new CallId[4];
            for (int round = 0; round < Rounds; round++)
            {
                Assert.Equal(4, context.Submit(Blocks.Nops(4), ids));
                if (number % 2 == 0)
                {
                    Assert.True(context.WaitAll(ids, Bounded.Limit), "A wake-up was lost.");
                }
                else
                {
                    Assert.True(context.WaitAny(ids, Bounded.Limit) >= 0, "A wake-up was lost.");
                }

                context.Reap(new CompletionEvent[8]);
            }
        });
    }

    /// <summary>Who waited for a call looks at its record next.</summary>
    [Theory, CombinatorialLanes]
    public void A_call_that_was_waited_for_has_filled_its_record(Lane lane)
    {
        using AsyncCallRuntime runtime = lane.NewRuntime();
        using AsyncCallContext context = runtime.CreateContext();
        using CompletionRecord record = context.CreateRecord();
        var ids = new CallId[1];
        for (ulong i = 1; i <= 4_000; i++)
        {
            record.Reset();
            ids[0] = context.Submit(Iocb.Nop().With(i, IocbFlags.NoEvent, record.Id));
            if (i % 2 == 0)
            {
                // Without sleeping: the moment in which the call has left the table is met.
                Bounded.Spin(() => context.WaitAll(ids, TimeSpan.Zero), "the call has ended");
            }
            else
            {
                Assert.True(context.WaitAll(ids, Bounded.Limit));
            }

            Assert.True(record.IsCompleted, $"Call {i} has completed, and its record does not say so.");
            Assert.Equal(i, record.Cookie);
        }
    }

    /// <summary>Who waited for a call finds its event.</summary>
    [Theory, CombinatorialLanes]
    public void A_call_that_was_waited_for_has_published_its_event(Lane lane)
    {
        using AsyncCallRuntime runtime = lane.NewRuntime();
        using AsyncCallContext context = runtime.CreateContext();
        var ids = new CallId[1];
        for (ulong i = 1; i <= 4_000; i++)
        {
            ids[0] = context.Submit(Iocb.Nop().With(i));
            Bounded.Spin(() => context.WaitAll(ids, TimeSpan.Zero), "the call has ended");
            Assert.True(context.TryPop(out CompletionEvent completion), $"Call {i} has completed, and there is no event of it.");
            Assert.Equal(i, completion.Cookie);
        }
    }

    [Theory, CombinatorialLanes]
    public void A_call_whose_event_was_reaped_is_not_in_flight(Lane lane)
    {
        using AsyncCallRuntime runtime = lane.NewRuntime();
        using AsyncCallContext context = runtime.CreateContext();
        for (ulong i = 1; i <= 2_000; i++)
        {
            CallId id = context.Submit(Iocb.Nop().With(i));
            CompletionEvent completion;
            while (!context.TryPop(out completion))
            {
                Thread.Yield();
            }

            Assert.Equal(id.Value, completion.CallId);
            Assert.True(context.WaitAll([id], TimeSpan.Zero));
            Assert.Equal(CancelOutcome.NotFound, context.Cancel(id));
            Assert.Equal(0, context.InFlight);
        }
    }

    private static CallId Park(AsyncCallContext context, TestPipe pipe, ulong cookie)
    {
        using HandleLease reader = context.Lease(pipe.Reader);
        using BufferLease buffer = context.Pin(new byte[1]);
        CallId id = context.Submit(Iocb.Read(reader, buffer, 1).With(cookie));
        Assert.NotEqual(0ul, id.Value);
        return id;
    }
}
