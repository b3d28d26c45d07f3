using System.Runtime.InteropServices;

#pragma warning disable xUnit1031, xUnit1051 // Blocking, and with limits of its own, is what is tested here.

namespace AsyncCalls.Runtime.Tests;

/// <summary>The ring as one process uses it: batches, indices that wrap, waiting.</summary>
public sealed class RingTests
{
    private static readonly TimeSpan Soon = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan Late = TimeSpan.FromSeconds(30);

    internal static CompletionEvent[] Events(int first, int count) =>
        [.. Enumerable.Range(first, count).Select(number => new CompletionEvent { Cookie = (ulong)number, Result = -number })];

    internal static int[] Numbers(ReadOnlySpan<CompletionEvent> events) => [.. events.ToArray().Select(completion => (int)completion.Cookie)];

    [Theory]
    [InlineData(0UL)]
    [InlineData(uint.MaxValue - 5UL)]
    [InlineData(ulong.MaxValue - 5UL)]
    public void EventsComeInOrderWhereIndicesWrap(ulong firstIndex)
    {
        using var ring = new CompletionRing(8, firstIndex);
        var events = new CompletionEvent[5];
        int published = 0;
        int taken = 0;
        for (int round = 0; round < 20; round++)
        {
            ring.Publish(Events(published, 7));
            published += 7;
            while (ring.Reap(events) is > 0 and var count)
            {
                Assert.Equal(Enumerable.Range(taken, count), Numbers(events.AsSpan(0, count)));
                taken += count;
            }

            Assert.Equal(published, taken);
        }
    }

    [Theory]
    [InlineData(uint.MaxValue - 3UL)]
    [InlineData(ulong.MaxValue - 3UL)]
    public void WaitingWakesWhereIndicesWrap(ulong firstIndex)
    {
        using var ring = new CompletionRing(4, firstIndex);
        var events = new CompletionEvent[1];
        for (int i = 0; i < 8; i++)
        {
            int number = i;
            Assert.True(ring.TryArm(1));
            var producer = Task.Run(() => ring.Publish(Events(number, 1)));
            Assert.Equal(1, ring.Reap(events, 1, Late));
            Assert.Equal((ulong)i, events[0].Cookie);
            producer.Wait(TestContext.Current.CancellationToken);
        }
    }

    [Fact]
    public void WhatDoesNotFitComesInOrderBeforeWhatIsNewer()
    {
        using var ring = new CompletionRing(4);
        ring.Publish(Events(0, 11));
        Assert.Equal(4, ring.Count);
        Assert.Equal(7UL, ring.OverflowCount);
        var events = new CompletionEvent[3];
        Assert.Equal(3, ring.Reap(events));
        Assert.Equal([0, 1, 2], Numbers(events));
        ring.Publish(Events(11, 2));
        var rest = new CompletionEvent[16];
        Assert.Equal(10, ring.Reap(rest));
        Assert.Equal(Enumerable.Range(3, 10), Numbers(rest.AsSpan(0, 10)));
        Assert.True(ring.IsEmpty);
    }

    [Fact]
    public void AWaitReturnsWhatThereIsWhenTheTimeIsUp()
    {
        using var ring = new CompletionRing(8);
        ring.Publish(Events(0, 2));
        var events = new CompletionEvent[8];
        Assert.Equal(2, ring.Reap(events, 3, Soon));
        Assert.Equal(0, ring.Reap(events, 3, Soon));
        Assert.Equal(0, ring.Reap(events, 0, Late));
    }

    [Fact]
    public void AWaitForMoreThanTheRingHoldsIsMet()
    {
        using var ring = new CompletionRing(4);
        var producer = Task.Run(() =>
        {
            for (int i = 0; i < 20; i++)
            {
                ring.Publish(Events(i, 1));
            }
        });
        var events = new CompletionEvent[20];
        Assert.Equal(20, ring.Reap(events, 20, Late));
        Assert.Equal(Enumerable.Range(0, 20), Numbers(events));
        producer.Wait(TestContext.Current.CancellationToken);
    }

    [Fact]
    public void ATokenInterruptsAWaitAndLosesNothing()
    {
        using var ring = new CompletionRing(8);
        using var source = new CancellationTokenSource();
        var events = new CompletionEvent[8];
        var waiter = Task.Run(() => ring.Reap(events, 3, Timeout.InfiniteTimeSpan, source.Token));
        ring.Publish(Events(0, 2));
        Assert.False(waiter.Wait(Soon, TestContext.Current.CancellationToken));
        source.Cancel();
        Assert.Equal(2, waiter.Result);
        Assert.Throws<OperationCanceledException>(() => ring.Reap(events, 1, Late, source.Token));
        ring.Publish(Events(2, 1));
        Assert.Equal(1, ring.Reap(events, 1, Late, source.Token));
    }

    [Fact]
    public void DisposingWakesWhoWaits()
    {
        var ring = new CompletionRing(8);
        var waiter = Task.Run(() => ring.Reap(new CompletionEvent[1], 1, Timeout.InfiniteTimeSpan));
        Thread.Sleep(Soon);
        ring.Dispose();
        Assert.IsType<ObjectDisposedException>(Assert.Throws<AggregateException>(() => waiter.Result).InnerException);
        Assert.True(ring.IsClosed);
        ring.Publish(Events(0, 2));
        Assert.False(ring.TryPop(out _));
        var left = new CompletionEvent[4];
        Assert.Equal(2, ring.TakeUndelivered(left));
        ring.Dispose();
    }

    [Fact]
    public void AWaiterIsWokenAtTheNumberItAskedForAndNotBefore()
    {
        using var ring = new CompletionRing(8);
        using var handle = ring.CreateWakeHandle();
        Assert.True(ring.TryArm(3));
        ring.Publish(Events(0, 2));
        Assert.False(Readable(handle));
        ring.Publish(Events(2, 1));
        Assert.True(Readable(handle));
        Assert.False(ring.TryArm(3));
        Assert.True(ring.TryArm(4));
    }

    [Fact]
    public void EveryWaiterHasAHandleOfItsOwn()
    {
        using var ring = new CompletionRing(8);
        using var first = ring.CreateWakeHandle();
        using var second = ring.CreateWakeHandle();
        SafeHandle gone = ring.CreateWakeHandle();
        gone.Dispose();
        Assert.True(ring.TryArm(1));
        ring.Publish(Events(0, 1));
        Assert.True(Readable(first));
        Assert.True(Readable(second));
        Assert.True(Readable(ring.GetHandle()) || ring.Count == 1);
    }

    [Fact]
    public void UntilSomeoneAsksThereIsNoHandleAndNobodyReadsTheRingDirectly()
    {
        using var ring = new CompletionRing(8);
        ring.Publish(Events(0, 3));
        ring.TryPop(out _);
        unsafe
        {
            Assert.Equal(0u, *(uint*)(ring.Memory + Ring.RingLayout.Requests));
            ring.GetHandle();
            Assert.Equal(Ring.RingLayout.DirectConsumer, *(uint*)(ring.Memory + Ring.RingLayout.Requests));
        }
    }

    [Fact]
    public void EveryEventReachesExactlyOneOfManyWaiters()
    {
        const int Producers = 4;
        const int Each = 20_000;
        using var ring = new CompletionRing(16);
        int[] seen = new int[Producers * Each];
        int taken = 0;
        var consumers = Enumerable.Range(0, 4).Select(min => Task.Run(() =>
        {
            var events = new CompletionEvent[8];
            while (Volatile.Read(ref taken) < seen.Length)
            {
                int count = min == 0 ? ring.Reap(events) : ring.Reap(events, min, Soon);
                foreach (CompletionEvent completion in events.AsSpan(0, count))
                {
                    Interlocked.Increment(ref seen[completion.Cookie]);
                }

                Interlocked.Add(ref taken, count);
            }
        })).ToArray();
        Parallel.For(0, Producers, producer =>
        {
            for (int i = 0; i < Each; i += 4)
            {
                ring.Publish(Events((producer * Each) + i, 4));
            }
        });
        Assert.True(Task.WaitAll(consumers, (int)Late.TotalMilliseconds, TestContext.Current.CancellationToken));
        Assert.All(seen, static count => Assert.Equal(1, count));
        Assert.True(ring.IsEmpty);
    }

    internal static bool Readable(SafeHandle handle) =>
        Interop.Linux.Syscalls.PollReadable([(int)handle.DangerousGetHandle()], timeoutMs: 0) == 1;
}
