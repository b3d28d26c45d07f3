using System.Diagnostics;
using System.Runtime.InteropServices;
using AsyncCalls.Backends.IoUring;
using AsyncCalls.Interop.Linux;
using Microsoft.Win32.SafeHandles;

namespace AsyncCalls.Runtime.Tests;

/// <summary>Taking events: how many, how long, by whom, and through the handle: poll, epoll and io_uring wait on it.</summary>
[Collection(ProcessWide.Name)]
public sealed unsafe partial class ContextReapTests
{
    private const uint EpollIn = 1;
    private const uint EpollEdge = 1u << 31;

    [Fact]
    public void Bad_numbers_are_refused_and_lose_no_event()
    {
        using var runtime = new AsyncCallRuntime();
        using AsyncCallContext context = runtime.CreateContext();
        context.Submit(Iocb.Nop().With(9));
        Assert.Throws<ArgumentOutOfRangeException>(() => context.Reap(new CompletionEvent[1], -1, TimeSpan.Zero));
        Assert.Throws<ArgumentOutOfRangeException>(() => context.Reap(new CompletionEvent[1], 2, TimeSpan.Zero));
        Assert.Throws<ArgumentOutOfRangeException>(() => context.Reap(new CompletionEvent[1], 1, TimeSpan.FromSeconds(-2)));
        Assert.Throws<ArgumentOutOfRangeException>(() => context.TryArm(0));
        Assert.Equal(0, context.Reap([], 0, TimeSpan.Zero));
        Assert.Equal(9ul, context.ReapOne().Cookie);
        Assert.Equal(0, context.Reap(new CompletionEvent[1]));
        Assert.Equal(0, context.Reap(new CompletionEvent[1], 0, Timeout.InfiniteTimeSpan));
    }

    [Theory, CombinatorialLanes]
    public void At_the_deadline_it_returns_what_there_is_and_not_before(Lane lane)
    {
        using AsyncCallRuntime runtime = lane.NewRuntime();
        using AsyncCallContext context = runtime.CreateContext();
        var events = new CompletionEvent[8];
        var deadline = TimeSpan.FromMilliseconds(30);
        Stopwatch watch = Stopwatch.StartNew();
        Assert.Equal(0, context.Reap(events, 1, deadline));
        Assert.True(watch.Elapsed >= deadline, $"The time was up after {watch.Elapsed}.");

        context.Submit(Blocks.Nops(3));
        watch.Restart();
        Assert.Equal(3, context.Reap(events, 8, TimeSpan.FromMilliseconds(300)));
        Assert.True(watch.Elapsed >= TimeSpan.FromMilliseconds(300), $"The time was up after {watch.Elapsed}.");
        Assert.Equal([1ul, 2ul, 3ul], events.Take(3).Select(completion => completion.Cookie).Order());
        context.AssertQuiet();
    }

    [Theory, CombinatorialLanes]
    public void It_takes_no_more_than_fit_and_leaves_the_rest(Lane lane)
    {
        using AsyncCallRuntime runtime = lane.NewRuntime();
        using AsyncCallContext context = runtime.CreateContext();
        context.Submit(Blocks.Nops(10));
        Bounded.Until(() => context.Ring.Count == 10, "all have completed");
        var events = new CompletionEvent[4];
        Assert.Equal(4, context.Reap(events, 1, Bounded.Limit));
        Assert.Equal(4, context.Reap(events, 4, Bounded.Limit));
        Assert.Equal(2, context.Reap(events));
        context.AssertQuiet();
    }

    [Theory, CombinatorialLanes]
    public void A_token_interrupts_the_wait(Lane lane)
    {
        using AsyncCallRuntime runtime = lane.NewRuntime();
        using AsyncCallContext context = runtime.CreateContext();
        using var cancel = new CancellationTokenSource();
        bool waiting = false;
        Bounded.OnThreads(2, number =>
        {
            if (number == 0)
            {
                Bounded.Until(() => Volatile.Read(ref waiting) && context.Ring.HasSleeper(), "the other waits");
                cancel.Cancel();
                return;
            }

            Volatile.Write(ref waiting, true);
            Assert.Equal(cancel.Token, Assert.Throws<OperationCanceledException>(() => context.Reap(new CompletionEvent[2], 2, Bounded.Limit, cancel.Token)).CancellationToken);
        });

        // What is there is returned, though the token has fired: nothing is lost.
        context.Submit(Blocks.Nops(1));
        Bounded.Until(() => context.Ring.Count == 1, "it has completed");
        Assert.Equal(1, context.Reap(new CompletionEvent[2], 2, Bounded.Limit, cancel.Token));
        Assert.Equal(0, context.Reap(new CompletionEvent[2], 0, Bounded.Limit, cancel.Token));
        context.AssertQuiet();
    }

    [Theory, CombinatorialLanes]
    public void Who_waits_for_three_sleeps_through_two(Lane lane)
    {
        using AsyncCallRuntime runtime = lane.NewRuntime();
        using AsyncCallContext context = runtime.CreateContext();
        using var pipe = new TestPipe();
        using HandleLease reader = context.Lease(pipe.Reader);
        using BufferLease buffer = context.Pin(new byte[8]);
        Assert.Equal(3, context.Submit([Iocb.Read(reader, buffer, 1), Iocb.Read(reader, buffer, 1), Iocb.Read(reader, buffer, 1)]));
        SafeFileHandle handle = context.Handle;
        Assert.True(context.TryArm(3));
        Native.WriteAll(pipe.Writer, [1, 2]);
        Bounded.Until(() => context.Ring.Count == 2, "two have completed");
        Assert.False(Native.IsReadable(handle));
        Assert.True(context.Ring.HasSleeper());

        int taken = 0;
        Bounded.OnThreads(2, number =>
        {
            if (number == 0)
            {
                Volatile.Write(ref taken, context.Reap(new CompletionEvent[8], 3, Bounded.Limit));
            }
            else
            {
                Assert.Equal(0, Volatile.Read(ref taken));
                Native.WriteAll(pipe.Writer, [3]);
            }
        });
        Assert.Equal(3, taken);
        Assert.True(Native.IsReadable(handle));
        context.AssertQuiet();
    }

    [Theory, CombinatorialLanes]
    public void Several_reaping_threads_get_each_event_once(Lane lane)
    {
        const int Calls = 6_000;
        using AsyncCallRuntime runtime = lane.NewRuntime();
        using AsyncCallContext context = runtime.CreateContext(16);
        int[] seen = new int[Calls + 1];
        int taken = 0;
        Bounded.OnThreads(5, number =>
        {
            if (number < 2)
            {
                // Submitted here, reaped elsewhere.
                for (int i = number; i < Calls; i += 2)
                {
                    Assert.NotEqual(0ul, context.Submit(Iocb.Nop().With((ulong)i + 1)).Value);
                }

                return;
            }

            var events = new CompletionEvent[5];
            while (Volatile.Read(ref taken) < Calls)
            {
                int reaped = number == 2
                    ? context.TryPop(out events[0]) ? 1 : 0
                    : context.Reap(events, number - 2, TimeSpan.FromMilliseconds(5));
                for (int i = 0; i < reaped; i++)
                {
                    Assert.Equal(1, Interlocked.Increment(ref seen[events[i].Cookie]));
                }

                Interlocked.Add(ref taken, reaped);
                Thread.Yield();
            }
        });
        Assert.Equal(Calls, taken);
        Assert.All(seen.Skip(1), count => Assert.Equal(1, count));
        context.AssertQuiet();
    }

    [Theory, CombinatorialLanes]
    public void A_ring_of_two_loses_none_of_a_thousand_calls(Lane lane)
    {
        const int Calls = 1_000;
        using AsyncCallRuntime runtime = lane.NewRuntime();
        using AsyncCallContext context = runtime.CreateContext(2);
        var ids = new CallId[Calls];
        Assert.Equal(Calls, context.Submit(Blocks.Nops(Calls), ids));
        Assert.True(context.WaitAll(ids, Bounded.Limit));
        Bounded.Until(() => context.Ring.OverflowCount == Calls - 2, "all but two wait outside");
        CompletionEvent[] events = context.ReapExactly(Calls);
        Assert.Equal(ids.Select(id => id.Value).Order(), events.Select(completion => completion.CallId).Order());
        context.AssertQuiet();
    }

    /// <summary>One worker completes in the order of submission, so the order of events can be told.</summary>
    [Fact]
    public void What_overflowed_comes_in_order_ahead_of_what_is_newer()
    {
        using AsyncCallRuntime runtime = Lane.Workers.NewRuntime(options => options.MaxWorkers = 1);
        using AsyncCallContext context = runtime.CreateContext(2);
        ulong next = 1;
        ulong expected = 1;
        for (int round = 0; round < 50; round++)
        {
            Iocb[] blocks = [.. Enumerable.Range(0, 7).Select(_ => Iocb.Nop().With(next++))];
            Assert.Equal(7, context.Submit(blocks));
            foreach (CompletionEvent completion in context.ReapExactly(5))
            {
                Assert.Equal(expected++, completion.Cookie);
            }
        }

        Assert.All(context.ReapExactly(100), completion => Assert.Equal(expected++, completion.Cookie));
        context.AssertQuiet();
    }

    [Fact]
    public void The_handle_is_made_on_first_use_and_once()
    {
        using AsyncCallRuntime runtime = Lane.Workers.NewRuntime();
        int before = EventDescriptors();
        AsyncCallContext context = runtime.CreateContext();
        context.Submit(Blocks.Nops(5));
        context.ReapExactly(5);
        context.Submit(Blocks.Nops(1));
        Assert.True(context.WaitAll([context.Submit(Iocb.Nop())], Bounded.Limit));
        Assert.Equal(0, context.Reap(new CompletionEvent[8], 8, TimeSpan.FromMilliseconds(5)) - 2);
        Assert.Equal(before, EventDescriptors());
        var handles = new SafeFileHandle[4];
        Bounded.OnThreads(4, number => handles[number] = context.Handle);
        Assert.All(handles, handle => Assert.Same(handles[0], handle));
        Assert.Equal(before + 1, EventDescriptors());
        context.Dispose();
        Assert.Equal(before, EventDescriptors());
    }

    [Theory, CombinatorialLanes]
    public void The_handle_works_in_poll(Lane lane)
    {
        using AsyncCallRuntime runtime = lane.NewRuntime();
        using AsyncCallContext context = runtime.CreateContext();
        SafeFileHandle handle = context.Handle;
        for (int i = 0; i < 50; i++)
        {
            Assert.True(context.TryArm(2));
            Assert.False(Native.IsReadable(handle));
            context.Submit(Blocks.Nops(2));
            Assert.True(Native.IsReadable(handle, timeoutMs: 10_000), "poll was not woken.");
            Reset(handle);
            context.ReapExactly(2);
            Assert.False(Native.IsReadable(handle));
        }
    }

    [Theory]
    [InlineData(0u)]
    [InlineData(EpollEdge)]
    public void The_handle_works_in_epoll(uint mode)
    {
        using var runtime = new AsyncCallRuntime();
        using AsyncCallContext context = runtime.CreateContext();
        using var loop = new SafeFileHandle(epoll_create1(Native.CloseOnExec), ownsHandle: true);
        var interest = new EpollEvent { Events = EpollIn | mode, Data = 7 };
        Assert.Equal(0, epoll_ctl((int)loop.DangerousGetHandle(), 1, (int)context.Handle.DangerousGetHandle(), &interest));
        for (int i = 0; i < 50; i++)
        {
            Assert.True(context.TryArm(1));
            Assert.Equal(0, Wait(loop, 0));
            context.Submit(Blocks.Nops(1));
            Assert.Equal(1, Wait(loop, 10_000));

            // Level-triggered it is told until it is reset, edge-triggered once.
            Assert.Equal(mode == 0 ? 1 : 0, Wait(loop, 0));
            if (mode == 0 || i % 2 == 0)
            {
                // Edge-triggered the value need not be read: the next signal is an edge all the same.
                Reset(context.Handle);
            }

            context.ReapOne();
        }

        context.Dispose();
        Assert.Equal(0, Wait(loop, 0));
    }

    /// <summary>Once for each request, as level-triggered; or for each signal, as edge-triggered.</summary>
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void The_handle_works_as_a_poll_target_of_io_uring(bool multishot)
    {
        const byte OpPollAdd = 6; // IORING_OP_POLL_ADD
        const uint PollMulti = 1; // IORING_POLL_ADD_MULTI
        const uint More = 2; // IORING_CQE_F_MORE
        using IoUringQueues? queues = IoUringSetup.TryCreate(new IoUringRequest(8), out _, out string reason);
        Assert.SkipWhen(queues is null, reason);
        using var runtime = new AsyncCallRuntime();
        using AsyncCallContext context = runtime.CreateContext();
        SafeFileHandle handle = context.Handle;
        for (int i = 0; i < 50; i++)
        {
            Assert.True(context.TryArm(1));
            if (!multishot || i == 0)
            {
                Poll();
                Assert.True(queues.Enter(minComplete: 0) >= 0);
            }

            Assert.False(queues.TryTakeCompletion(out _));
            context.Submit(Blocks.Nops(1));
            IoUringCqe told = Told();
            Assert.Equal(7ul, told.UserData);
            Assert.Equal((int)EpollIn, told.Result & (int)EpollIn);
            Assert.Equal(multishot, (told.Flags & More) != 0);
            if (!multishot)
            {
                // It is readable until it is reset: who asks is told at once.
                Poll();
                Assert.Equal(7ul, Told().UserData);
            }

            Reset(handle);
            context.ReapOne();
        }

        void Poll()
        {
            IoUringSqe* sqe = queues.TryNextSqe();
            sqe->Opcode = OpPollAdd;
            sqe->Fd = (int)handle.DangerousGetHandle();
            sqe->OperationFlags = EpollIn;
            sqe->Length = multishot ? PollMulti : 0;
            sqe->UserData = 7;
        }

        IoUringCqe Told()
        {
            IoUringCqe completion = default;
            Bounded.Until(() => queues.Enter(minComplete: 0) >= 0 && queues.TryTakeCompletion(out completion), "io_uring tells that the handle is readable");
            return completion;
        }
    }

    /// <summary>The loop that the documentation asks for, against a thread that submits: one wake-up lost and it stands still.</summary>
    [Theory]
    [InlineData(0u)]
    [InlineData(EpollEdge)]
    public void No_wake_up_is_lost_in_an_event_loop(uint mode)
    {
        const int Calls = 3_000;
        using var runtime = new AsyncCallRuntime();
        using AsyncCallContext context = runtime.CreateContext(4);
        using var loop = new SafeFileHandle(epoll_create1(Native.CloseOnExec), ownsHandle: true);
        var interest = new EpollEvent { Events = EpollIn | mode };
        Assert.Equal(0, epoll_ctl((int)loop.DangerousGetHandle(), 1, (int)context.Handle.DangerousGetHandle(), &interest));
        Bounded.OnThreads(2, number =>
        {
            if (number == 0)
            {
                var random = new Random(4);
                for (int i = 0; i < Calls; i++)
                {
                    Assert.NotEqual(0ul, context.Submit(Iocb.Nop()).Value);
                    Thread.SpinWait(random.Next(0, 300));
                }

                return;
            }

            var events = new CompletionEvent[3];
            for (int taken = 0; taken < Calls;)
            {
                int more = context.Reap(events);
                taken += more;
                if (more == 0 && context.TryArm(1))
                {
                    Assert.Equal(1, Wait(loop, 10_000));
                    Reset(context.Handle);
                }
            }
        });
        context.AssertQuiet();
    }

    private static int Wait(SafeFileHandle loop, int timeoutMs)
    {
        EpollEvent found;
        int result;
        do
        {
            result = epoll_wait((int)loop.DangerousGetHandle(), &found, 1, timeoutMs);
        }
        while (result < 0 && Marshal.GetLastPInvokeError() == 4);

        return result;
    }

    private static void Reset(SafeFileHandle handle) => Assert.Equal(8, Native.ReadSome(handle, stackalloc byte[8]));

    private static int EventDescriptors() => ProcessWide.Descriptors().Values.Count(target => target == "anon_inode:[eventfd]");

    [LibraryImport("libc", SetLastError = true)]
    private static partial int epoll_create1(int flags);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int epoll_ctl(int epoll, int operation, int fd, EpollEvent* interest);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int epoll_wait(int epoll, EpollEvent* events, int count, int timeoutMs);

    /// <summary>struct epoll_event, packed on x86-64 only. Large enough for both: what is compared is the number of events.</summary>
    [StructLayout(LayoutKind.Sequential)]
    private struct EpollEvent
    {
        public uint Events;
        public uint Data;
        public ulong Rest;
    }
}
