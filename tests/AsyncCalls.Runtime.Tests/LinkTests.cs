using System.Diagnostics;
using System.Text;
using Microsoft.Win32.SafeHandles;

namespace AsyncCalls.Runtime.Tests;

/// <summary>Blocks that follow one another: soft and hard links, drain.</summary>
public sealed class LinkTests : IDisposable
{
    private const int Cancelled = -125;
    private const int IsDirectory = -21;
    private const int Append = 0x400;

    private readonly string _file = Path.GetTempFileName();

    public LinkTests() => File.WriteAllBytes(_file, new byte[100]);

    public void Dispose() => File.Delete(_file);

    /// <summary>Longer than the queue of the kernel, and than the ring.</summary>
    [Theory, CombinatorialLanes]
    public void Linked_calls_run_one_after_the_other(Lane lane)
    {
        const int Length = 200;
        using AsyncCallRuntime runtime = lane.NewRuntime(static options => options.IoUringEntries = 4);
        using AsyncCallContext context = runtime.CreateContext(entries: 8);
        using SafeFileHandle file = Native.OpenFile(_file, Native.WriteOnly | Append);
        using HandleLease handle = context.Lease(file);
        byte[] numbers = [.. Enumerable.Range(0, Length).Select(number => (byte)number)];
        BufferLease[] buffers = [.. numbers.Select(number => context.Pin(new[] { number }))];
        Iocb[] chain = [.. buffers.Select((buffer, number) => Iocb.Write(handle, buffer, 1).With((ulong)number + 1, IocbFlags.Link))];
        var ids = new CallId[Length];
        Assert.Equal(Length, context.Submit(chain, ids));
        CompletionEvent[] events = context.ReapExactly(Length);
        Assert.All(events, completion => Assert.Equal(1, completion.Result));
        Assert.Equal(Enumerable.Range(1, Length).Select(number => (ulong)number), events.Select(completion => completion.Cookie));
        Assert.Equal(ids.Select(id => id.Value), events.Select(completion => completion.CallId));
        Assert.Equal(numbers, File.ReadAllBytes(_file)[100..]);
        context.AssertQuiet();
    }

    [Theory, CombinatorialLanes]
    public void A_failure_cancels_what_is_linked_after_it_and_nothing_else(Lane lane)
    {
        using AsyncCallRuntime runtime = lane.NewRuntime();
        using AsyncCallContext context = runtime.CreateContext();
        using SafeFileHandle folder = Native.OpenFile("/", Native.ReadOnly);
        using HandleLease handle = context.Lease(folder);
        using BufferLease buffer = context.Pin(new byte[10]);
        Iocb failing = Iocb.Read(handle, buffer, 10, 0);
        Assert.Equal(
            [0, IsDirectory, Cancelled, Cancelled, 0],
            Results(context, Iocb.Nop().With(1, IocbFlags.Link), failing.With(2, IocbFlags.Link), Iocb.Nop().With(3, IocbFlags.HardLink), Iocb.Nop().With(4), Iocb.Nop().With(5)));
        Assert.Equal([IsDirectory, 0, 0], Results(context, failing.With(1, IocbFlags.HardLink), Iocb.Nop().With(2, IocbFlags.Link), Iocb.Nop().With(3)));
        Assert.Equal([IsDirectory, IsDirectory, Cancelled], Results(context, failing.With(1, IocbFlags.HardLink), failing.With(2, IocbFlags.Link), Iocb.Nop().With(3, IocbFlags.Link)));
    }

    [Theory, CombinatorialLanes]
    public void A_short_transfer_breaks_a_soft_link(Lane lane)
    {
        using AsyncCallRuntime runtime = lane.NewRuntime();
        using AsyncCallContext context = runtime.CreateContext();
        using SafeFileHandle file = Native.OpenFile(_file, Native.ReadOnly);
        using HandleLease handle = context.Lease(file);
        using BufferLease buffer = context.Pin(new byte[60]);
        using BufferLease parts = context.PinAll([new byte[30], new byte[30]]);
        Assert.Equal([60, 0], Results(context, Iocb.Read(handle, buffer, 60, 0).With(1, IocbFlags.Link), Iocb.Nop().With(2)));
        Assert.Equal([40, Cancelled], Results(context, Iocb.Read(handle, buffer, 60, 60).With(1, IocbFlags.Link), Iocb.Nop().With(2)));
        Assert.Equal([40, 0], Results(context, Iocb.Read(handle, buffer, 60, 60).With(1, IocbFlags.HardLink), Iocb.Nop().With(2)));
        Assert.Equal([60, 0], Results(context, Iocb.ReadVectored(handle, parts, 0).With(1, IocbFlags.Link), Iocb.Nop().With(2)));
        Assert.Equal([40, Cancelled], Results(context, Iocb.ReadVectored(handle, parts, 60).With(1, IocbFlags.Link), Iocb.Nop().With(2)));
    }

    [Theory, CombinatorialLanes]
    public void The_next_call_does_not_begin_before_the_one_before_has_ended(Lane lane)
    {
        using AsyncCallRuntime runtime = lane.NewRuntime();
        using AsyncCallContext context = runtime.CreateContext();
        using var from = new TestPipe();
        using var to = new TestPipe();
        using HandleLease reader = context.Lease(from.Reader);
        using HandleLease writer = context.Lease(to.Writer);
        using BufferLease buffer = context.Pin(new byte[5]);
        Assert.Equal(2, context.Submit([Iocb.Read(reader, buffer, 5).With(1, IocbFlags.Link), Iocb.Write(writer, buffer, 5).With(2)]));
        Assert.Equal(1, RunOthers(runtime, context));
        Assert.False(Native.IsReadable(to.Reader));
        Assert.Equal(2, context.PendingCalls.Count);
        Native.WriteAll(from.Writer, "hello"u8);
        Assert.Equal([1ul, 2ul], context.ReapExactly(2).Select(completion => completion.Cookie));
        Assert.Equal("hello", Encoding.UTF8.GetString(Native.ReadOnce(to.Reader, 10)));
    }

    [Theory, CombinatorialLanes]
    public void A_call_that_waits_can_be_cancelled_and_its_link_says_what_follows(Lane lane)
    {
        using AsyncCallRuntime runtime = lane.NewRuntime();
        using AsyncCallContext context = runtime.CreateContext();
        using var pipe = new TestPipe();
        using HandleLease reader = context.Lease(pipe.Reader);
        using BufferLease buffer = context.Pin(new byte[1]);
        foreach ((IocbFlags link, int last) in new[] { (IocbFlags.Link, Cancelled), (IocbFlags.HardLink, 0) })
        {
            var ids = new CallId[3];
            Assert.Equal(3, context.Submit([Iocb.Read(reader, buffer, 1).With(1, IocbFlags.Link), Iocb.Nop().With(2, link), Iocb.Nop().With(3)], ids));
            Assert.Equal(CancelOutcome.Cancelled, context.Cancel(ids[1]));
            CompletionEvent second = context.ReapOne();
            Assert.Equal((2ul, (long)Cancelled), (second.Cookie, second.Result));
            Assert.Equal(1, RunOthers(runtime, context));
            Native.WriteOnce(pipe.Writer, [1]);
            CompletionEvent[] others = context.ReapExactly(2);
            Assert.Equal([(1ul, 1L), (3ul, last)], others.Select(completion => (completion.Cookie, completion.Result)));
        }

        context.AssertQuiet();
    }

    [Theory, CombinatorialLanes]
    public void Cancelling_the_first_ends_the_chain(Lane lane)
    {
        using AsyncCallRuntime runtime = lane.NewRuntime();
        using AsyncCallContext context = runtime.CreateContext();
        using var pipe = new TestPipe();
        using HandleLease reader = context.Lease(pipe.Reader);
        using BufferLease buffer = context.Pin(new byte[1]);
        const int Length = 3_000;
        Iocb[] chain = [Iocb.Read(reader, buffer, 1).With(1, IocbFlags.Link), .. Enumerable.Range(2, Length - 1).Select(number => Iocb.Nop().With((ulong)number, IocbFlags.Link))];
        var ids = new CallId[Length];
        Assert.Equal(Length, context.Submit(chain, ids));
        context.Cancel(ids[0]);
        Assert.All(context.ReapExactly(Length), completion => Assert.Equal(Cancelled, completion.Result));
        context.AssertQuiet();
    }

    [Theory, CombinatorialLanes]
    public void A_chain_is_accepted_as_a_whole_or_not_at_all(Lane lane)
    {
        using AsyncCallRuntime runtime = lane.NewRuntime(static options => options.MaxInFlight = 4);
        using AsyncCallContext context = runtime.CreateContext();
        using var pipe = new TestPipe();
        using HandleLease reader = context.Lease(pipe.Reader);
        using BufferLease buffer = context.Pin(new byte[1]);
        Iocb link = Iocb.Nop().With(1, IocbFlags.Link);
        Iocb bad = Iocb.Nop().WithByte(96, 1);
        Assert.Equal(1, context.Submit([Iocb.Nop().With(7), link, bad]));
        Assert.Equal(7ul, context.ReapOne().Cookie);
        Assert.Throws<ArgumentException>(() => context.Submit([link, bad]));
        Assert.Throws<ArgumentException>(() => context.Submit([link, link, link, link, link]));

        var ids = new CallId[3];
        CallId[] parked = [context.Submit(Iocb.Read(reader, buffer, 1)), context.Submit(Iocb.Read(reader, buffer, 1))];
        Assert.Equal(0, context.Submit([link, link, link], ids));
        Assert.All(ids, id => Assert.Equal(0ul, id.Value));
        Assert.Equal(2, context.InFlight);
        Assert.Equal(2, context.Submit([link, link]));
        context.ReapExactly(2);
        Array.ForEach(parked, id => context.Cancel(id));
        context.ReapExactly(2);
        Bounded.Until(() => runtime.GetStatistics().InFlight == 0, "no slot is held");
        Assert.Equal(4, context.Submit([link, link, link, link]));
        context.ReapExactly(4);
        context.AssertQuiet();
    }

    [Theory, CombinatorialLanes]
    public void The_time_of_a_linked_sleep_runs_from_its_turn(Lane lane)
    {
        using AsyncCallRuntime runtime = lane.NewRuntime();
        using AsyncCallContext context = runtime.CreateContext();
        long start = Stopwatch.GetTimestamp();
        var time = TimeSpan.FromMilliseconds(60);
        context.Submit([Iocb.Sleep(time).With(1, IocbFlags.Link), Iocb.Sleep(time).With(2)]);
        Assert.All(context.ReapExactly(2), completion => Assert.Equal(0, completion.Result));
        Assert.True(Stopwatch.GetElapsedTime(start) >= time * 2, "The second sleep began before the first had ended.");
    }

    [Theory, CombinatorialLanes]
    public void What_drains_waits_for_all_before_it_and_holds_back_all_after_it(Lane lane)
    {
        using AsyncCallRuntime runtime = lane.NewRuntime();
        using AsyncCallContext context = runtime.CreateContext();
        using var pipe = new TestPipe();
        using HandleLease reader = context.Lease(pipe.Reader);
        using BufferLease buffer = context.Pin(new byte[1]);
        context.Submit(Iocb.Read(reader, buffer, 1).With(1));
        Assert.Equal(2, context.Submit([Iocb.Nop().With(2, IocbFlags.Drain), Iocb.Read(reader, buffer, 1).With(3)]));
        context.Submit(Iocb.Nop().With(4));
        context.Submit(Iocb.Nop().With(5, IocbFlags.Drain));
        CallId last = context.Submit(Iocb.Nop().With(6));
        Assert.Equal(1, RunOthers(runtime, context));
        Assert.Equal(CancelOutcome.Cancelled, context.Cancel(last));
        Assert.Equal((6ul, (long)Cancelled), Told(context.ReapOne()));

        Native.WriteOnce(pipe.Writer, [1]);
        (ulong, long)[] told = [.. context.ReapExactly(3).Select(Told).Order()];
        Assert.Equal([(1ul, 1L), (2ul, 0L), (4ul, 0L)], told);
        Native.WriteOnce(pipe.Writer, [1]);
        Assert.Equal([(3ul, 1L), (5ul, 0L)], context.ReapExactly(2).Select(Told).Order());
        context.AssertQuiet();
        context.Submit(Iocb.Nop().With(7));
        Assert.Equal(7ul, context.ReapOne().Cookie);
    }

    [Theory, CombinatorialLanes]
    public void Drains_and_chains_from_many_threads_all_end(Lane lane)
    {
        const int Threads = 4;
        const int Rounds = 150;
        using AsyncCallRuntime runtime = lane.NewRuntime();
        using AsyncCallContext context = runtime.CreateContext();
        int submitted = 0;
        int ended = 0;
        Bounded.OnThreads(Threads + 1, number =>
        {
            if (number == Threads)
            {
                var events = new CompletionEvent[64];
                while (Volatile.Read(ref ended) < Threads * Rounds * 3)
                {
                    Interlocked.Add(ref ended, context.Reap(events, 1, TimeSpan.FromSeconds(10)));
                }

                return;
            }

            for (int round = 0; round < Rounds; round++)
            {
                IocbFlags first = (round % 3) switch { 0 => IocbFlags.Drain, 1 => IocbFlags.Link, _ => IocbFlags.None };
                var ids = new CallId[3];
                Assert.Equal(3, context.Submit([Iocb.Nop().With(1, first), Iocb.Nop().With(2), Iocb.Nop().With(3)], ids));
                Interlocked.Add(ref submitted, 3);
                if (round % 4 == number)
                {
                    context.Cancel(ids[round % 3]);
                }
            }
        });
        Assert.Equal(Threads * Rounds * 3, submitted);
        context.AssertQuiet();
    }

    [Theory, CombinatorialLanes]
    public void The_end_of_the_context_ends_chains_and_what_waits_for_a_drain(Lane lane)
    {
        using AsyncCallRuntime runtime = lane.NewRuntime();
        using var pipe = new TestPipe();
        using var memory = new CountingMemory(10);
        AsyncCallContext context = runtime.CreateContext();
        HandleLease reader = context.Lease(pipe.Reader);
        BufferLease buffer = context.Pin(memory.Memory);
        context.Submit([Iocb.Read(reader, buffer, 1).With(1, IocbFlags.Link), Iocb.Read(reader, buffer, 1).With(2, IocbFlags.HardLink), Iocb.Read(reader, buffer, 1).With(3)]);
        context.Submit(Iocb.Read(reader, buffer, 1).With(4, IocbFlags.Drain));
        context.Submit(Iocb.Read(reader, buffer, 1).With(5));
        Assert.Equal(5, context.InFlight);
        context.Dispose();
        Assert.Equal(0, context.InFlight);
        Bounded.Until(() => memory.Pins == 0, "nothing is pinned");
        Bounded.Until(() => runtime.GetStatistics().InFlight == 0, "no slot is held");
    }

    private static (ulong Cookie, long Result) Told(CompletionEvent completion) => (completion.Cookie, completion.Result);

    /// <summary>The results of blocks with the cookies 1, 2, 3, …, in that order.</summary>
    private static int[] Results(AsyncCallContext context, params Iocb[] blocks)
    {
        Assert.Equal(blocks.Length, context.Submit(blocks));
        return [.. context.ReapExactly(blocks.Length).OrderBy(completion => completion.Cookie).Select(completion => (int)completion.Result)];
    }

    /// <summary>Lets a call of another context run its course, so that what could have begun meanwhile has.</summary>
    private static int RunOthers(AsyncCallRuntime runtime, AsyncCallContext context)
    {
        using AsyncCallContext other = runtime.CreateContext();
        other.Submit(Iocb.Nop().With(1));
        other.ReapOne();
        return context.Ring.IsEmpty ? 1 : 0;
    }
}
