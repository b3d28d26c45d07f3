namespace AsyncCalls.Runtime.Tests;

/// <summary>What liburing's and libaio's own tests ask of batches, in the words of a context: what one call of a batch meets is no other's business, and each completes once.</summary>
public sealed class BatchTests
{
    private const int Ecanceled = 125;
    private const int Ebadf = 9;
    private const short PollIn = 1;

    [Theory, CombinatorialLanes]
    public void Half_of_a_batch_is_cancelled_and_the_other_half_gets_the_data(Lane lane)
    {
        const int Count = 40;
        using AsyncCallRuntime runtime = lane.NewRuntime();
        using AsyncCallContext context = runtime.CreateContext();
        using var pipe = new TestPipe();
        using HandleLease reader = context.Lease(pipe.Reader);
        using BufferLease buffer = context.Pin(new byte[Count]);
        Iocb[] blocks = [.. Enumerable.Range(1, Count).Select(number => Iocb.Read(reader, buffer, 1).With((ulong)number))];
        var ids = new CallId[Count];
        Assert.Equal(Count, context.Submit(blocks, ids));
        for (int i = 0; i < Count; i += 2)
        {
            context.Cancel(ids[i]);
        }

        CompletionEvent[] cancelled = context.ReapExactly(Count / 2);
        Assert.All(cancelled, completion => Assert.Equal((-Ecanceled, 1ul), (completion.Result, completion.Cookie % 2)));
        Assert.Equal(Count / 2, context.InFlight);
        Assert.Equal(Count / 2, Native.WriteOnce(pipe.Writer, new byte[Count / 2]));
        CompletionEvent[] complete = context.ReapExactly(Count / 2);
        Assert.All(complete, completion => Assert.Equal((1, 0ul), (completion.Result, completion.Cookie % 2)));
        Assert.Equal(Count, cancelled.Concat(complete).Select(completion => completion.Cookie).Distinct().Count());
        context.AssertQuiet();
    }

    /// <summary>The kernel refuses one in the middle when it looks at it: those after it are not dropped.</summary>
    [Theory, CombinatorialLanes]
    public void What_the_kernel_refuses_in_the_middle_drops_nothing(Lane lane)
    {
        const int Count = 21;
        using AsyncCallRuntime runtime = lane.NewRuntime(options => options.IoUringEntries = 8);
        using AsyncCallContext context = runtime.CreateContext(64);
        Iocb[] blocks = Blocks.Nops(Count);
        foreach (int at in (int[])[0, 7, 8, 20])
        {
            // There is no such descriptor.
            blocks[at] = new Iocb { Operation = CallOperation.Poll, Flags = IocbFlags.UnsafeHandle, Handle = 1_000_000, OperationFlags = (uint)PollIn, Cookie = (ulong)at + 1 };
        }

        Assert.Equal(Count, context.Submit(blocks));
        CompletionEvent[] events = [.. context.ReapExactly(Count).OrderBy(completion => completion.Cookie)];
        for (int i = 0; i < Count; i++)
        {
            Assert.Equal(((ulong)i + 1, blocks[i].Operation == CallOperation.Poll ? -Ebadf : 0L), (events[i].Cookie, events[i].Result));
        }

        context.AssertQuiet();
    }

    /// <summary>Data and cancel meet a poll at the same time: one completion, which tells of the data or of the cancel, and the data stays.</summary>
    [Theory, CombinatorialLanes]
    public void A_poll_that_data_and_a_cancel_race_for_completes_once(Lane lane)
    {
        using AsyncCallRuntime runtime = lane.NewRuntime();
        using AsyncCallContext context = runtime.CreateContext();
        for (int round = 0; round < 100; round++)
        {
            using var pipe = new TestPipe();
            using HandleLease reader = context.Lease(pipe.Reader);
            CallId id = context.Submit(Iocb.Poll(reader, PollIn).With((ulong)round + 1));
            using var together = new Barrier(2);
            var canceller = new Thread(() =>
            {
                together.SignalAndWait();
                context.Cancel(id);
            });
            canceller.Start();
            together.SignalAndWait();
            Assert.Equal(1, Native.WriteOnce(pipe.Writer, [1]));
            CompletionEvent completion = context.ReapOne();
            canceller.Join();
            Assert.Equal((ulong)round + 1, completion.Cookie);
            Assert.True(completion.Result is -Ecanceled or PollIn, $"The result is {completion.Result}.");
            context.AssertQuiet();

            // Polling takes nothing.
            context.Submit(Iocb.Poll(reader, PollIn).With(1_000));
            Assert.Equal(PollIn, context.ReapOne().Result);
        }
    }
}
