using AsyncCalls.Ring;

namespace AsyncCalls.Runtime.Tests;

/// <summary>A context whose ring another process can write to, and does.</summary>
public sealed unsafe class ContextNeighbourTests
{
    [Theory]
    [InlineData(RingLayout.Head, 100ul)]
    [InlineData(RingLayout.Head, 1ul << 63)]
    [InlineData(RingLayout.Tail, 1ul << 63)]
    public void A_corrupt_index_breaks_the_ring_and_not_the_calls(int offset, ulong index)
    {
        using var runtime = new AsyncCallRuntime();
        using CompletionRing ring = CompletionRing.Create(new CompletionRingOptions { Entries = 4, Shared = true });
        AsyncCallContext context = runtime.CreateContext(ring);
        using var pipe = new TestPipe();
        using HandleLease reader = context.Lease(pipe.Reader);
        using BufferLease buffer = context.Pin(new byte[8]);
        using CompletionRecord record = context.CreateRecord();
        CallId parked = context.Submit(Iocb.Read(reader, buffer, 8).With(5, record: record.Id));
        Bounded.OnThreads(2, number =>
        {
            if (number == 0)
            {
                // One who waits without limit is told, too.
                Assert.Throws<InvalidDataException>((Action)(() =>
                {
                    while (true)
                    {
                        context.Reap(new CompletionEvent[4], 4, Timeout.InfiniteTimeSpan);
                    }
                }));
                return;
            }

            Bounded.Until(() => context.Ring.HasSleeper(), "the other waits");
            *(ulong*)(ring.Memory + offset) = index;

            // The owner never reads its tail back; whoever takes events finds out.
            context.Submit(Blocks.Nops(9));
            Assert.Throws<InvalidDataException>((Action)(() =>
            {
                while (true)
                {
                    context.TryPop(out _);
                    *(ulong*)(ring.Memory + offset) = index;
                }
            }));
        });
        Assert.True(context.Ring.IsBroken);
        Assert.NotNull(context.Ring.BrokenReason);
        Assert.Throws<InvalidDataException>(() => context.Reap(new CompletionEvent[4]));
        Assert.Throws<InvalidDataException>(() => context.Reap(new CompletionEvent[4], 1, Bounded.Limit));
        Assert.False(context.TryArm(1));

        // Calls go on, and records tell of them.
        Assert.False(record.IsCompleted);
        Native.WriteAll(pipe.Writer, [1, 2, 3]);
        Assert.True(context.WaitAll([parked], Bounded.Limit));
        Assert.Equal((5ul, 3L), (record.Cookie, record.Result));
        using CompletionRecord another = context.CreateRecord();
        CallId nop = context.Submit(Iocb.Nop().With(6, IocbFlags.NoEvent, another.Id));
        Assert.True(context.WaitAll([nop], Bounded.Limit));
        Assert.Equal(6ul, another.Cookie);
        Assert.Equal(0, context.Call(Iocb.Nop()));

        // What never entered the ring is still there.
        var left = new CompletionEvent[16];
        int undelivered = ring.TakeUndelivered(left);
        Assert.Contains(left.Take(undelivered), completion => completion.Cookie == 5);
        Bounded.OnThreads(1, _ => context.Dispose());
        Assert.Equal(0, context.InFlight);
    }
}
