using System.Diagnostics;
using AsyncCalls.Ring;

namespace AsyncCalls.Runtime.Tests;

/// <summary>The ring by itself: its layout, its order, its overflow, its indices, its consumers.</summary>
public sealed unsafe class CompletionRingTests
{
    public static TheoryData<ulong> FirstIndices { get; } = [0UL, uint.MaxValue - 2UL, ulong.MaxValue - 2UL, ulong.MaxValue - 40UL];

    [Fact]
    public void The_header_is_laid_out_as_the_binary_interface_says()
    {
        using var ring = new CompletionRing(16, firstIndex: 77);
        byte* memory = ring.Memory;
        Assert.Equal(0x47524341u, *(uint*)(memory + 0));
        Assert.Equal(1u, *(uint*)(memory + 4));
        uint header = *(uint*)(memory + 8);
        Assert.True(header >= 512 && header % 64 == 0);
        Assert.Equal(32u, *(uint*)(memory + 12));
        Assert.Equal(16u, *(uint*)(memory + 16));
        Assert.Equal(15u, *(uint*)(memory + 20));
        Assert.Equal(0ul, *(ulong*)(memory + 24));
        Assert.Equal(0ul, *(ulong*)(memory + 32));
        Assert.Equal(77ul, *(ulong*)(memory + 128));
        Assert.Equal(0u, *(uint*)(memory + 136));
        Assert.Equal(0ul, *(ulong*)(memory + 144));
        Assert.Equal(77ul, *(ulong*)(memory + 256));
        Assert.Equal(0u, *(uint*)(memory + 384));
        Assert.Equal(ulong.MaxValue, *(ulong*)(memory + 392));
        for (int offset = 448; offset < header; offset++)
        {
            Assert.Equal(0, memory[offset]);
        }
    }

    [Fact]
    public void Producer_and_consumer_words_lie_in_different_pairs_of_cache_lines()
    {
        using var ring = new CompletionRing(2);
        Assert.Equal(0ul, (ulong)ring.Memory % 128);
        Assert.True(RingLayout.Head / 128 != RingLayout.Tail / 128);
        Assert.True(RingLayout.Requests / 128 != RingLayout.Head / 128);
    }

    [Fact]
    public void An_entry_has_32_bytes_in_the_order_of_the_binary_interface()
    {
        Assert.Equal(32, sizeof(CompletionEvent));
        using var ring = new CompletionRing(4, firstIndex: 5);
        ring.Publish([new CompletionEvent { Cookie = 0x1122334455667788, Result = -4, Flags = (CompletionFlags)3, Operation = 9, CallId = 0xAABBCCDDEEFF0011 }]);
        byte* entry = ring.Memory + *(uint*)(ring.Memory + 8) + (32 * (5 & 3));
        Assert.Equal(0x1122334455667788ul, *(ulong*)entry);
        Assert.Equal(-4L, *(long*)(entry + 8));
        Assert.Equal(3u, *(uint*)(entry + 16));
        Assert.Equal(9u, *(uint*)(entry + 20));
        Assert.Equal(0xAABBCCDDEEFF0011ul, *(ulong*)(entry + 24));
        Assert.Equal(6ul, *(ulong*)(ring.Memory + 128));
        Assert.Equal(5ul, *(ulong*)(ring.Memory + 256));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(3)]
    [InlineData(-8)]
    [InlineData((1 << 20) + 1)]
    [InlineData(1 << 21)]
    public void Only_a_power_of_two_in_range_is_a_capacity(int entries) =>
        Assert.Throws<ArgumentOutOfRangeException>(() => new CompletionRing(entries));

    [Theory, MemberData(nameof(FirstIndices))]
    public void Every_entry_that_was_asked_for_is_usable(ulong firstIndex)
    {
        using var ring = new CompletionRing(8, firstIndex);
        ring.Publish(Events(1, 8));
        Assert.Equal(8, ring.Count);
        Assert.Equal(0ul, ring.OverflowCount);
        Assert.Equal(0u, *(uint*)(ring.Memory + 136));
        ring.Publish(Events(9, 1));
        Assert.Equal(1ul, ring.OverflowCount);
        Assert.Equal(1u, *(uint*)(ring.Memory + 136));
    }

    [Theory, MemberData(nameof(FirstIndices))]
    public void Order_holds_over_many_laps_and_the_wrap_of_the_indices(ulong firstIndex)
    {
        using var ring = new CompletionRing(4, firstIndex);
        ulong next = 1;
        ulong expected = 1;
        var random = new Random(5);
        for (int round = 0; round < 1_000; round++)
        {
            int count = random.Next(0, 5);
            ring.Publish(Events(next, count));
            next += (ulong)count;
            for (int i = random.Next(0, 6); i > 0 && ring.TryPop(out CompletionEvent completion); i--)
            {
                Assert.Equal(expected++, completion.Cookie);
            }
        }

        while (ring.TryPop(out CompletionEvent completion))
        {
            Assert.Equal(expected++, completion.Cookie);
        }

        Assert.Equal(next, expected);
        Assert.True(ring.IsEmpty);
        Assert.Equal(firstIndex + next - 1, *(ulong*)(ring.Memory + 128));
        Assert.Equal(firstIndex + next - 1, *(ulong*)(ring.Memory + 256));
    }

    [Theory, MemberData(nameof(FirstIndices))]
    public void What_does_not_fit_waits_outside_and_enters_ahead_of_newer_events(ulong firstIndex)
    {
        using var ring = new CompletionRing(4, firstIndex);
        ring.Publish(Events(1, 11));
        Assert.Equal(7ul, ring.OverflowCount);
        Assert.True(HasFlag(ring));
        Assert.Equal(4, ring.Count);

        Assert.True(ring.TryPop(out CompletionEvent first));
        Assert.Equal(1ul, first.Cookie);
        ring.Publish(Events(12, 1));
        Assert.Equal(8ul, ring.OverflowCount);
        for (ulong expected = 2; expected <= 12; expected++)
        {
            Assert.False(ring.IsEmpty);
            Assert.True(ring.TryPop(out CompletionEvent completion));
            Assert.Equal(expected, completion.Cookie);
        }

        Assert.False(ring.TryPop(out _));
        Assert.False(HasFlag(ring));
        ring.Publish(Events(13, 1));
        Assert.Equal(8ul, ring.OverflowCount);
        Assert.True(ring.TryPop(out CompletionEvent last));
        Assert.Equal(13ul, last.Cookie);
    }

    [Theory]
    [InlineData(2, 0UL)]
    [InlineData(64, ulong.MaxValue - 1_000)]
    public void Many_producers_and_consumers_get_each_event_exactly_once(int entries, ulong firstIndex)
    {
        const int Producers = 3;
        const int Consumers = 3;
        const int Each = 60_000;
        using var ring = new CompletionRing(entries, firstIndex);
        int[] seen = new int[Producers * Each];
        int taken = 0;
        Bounded.OnThreads(Producers + Consumers, number =>
        {
            if (number < Producers)
            {
                Span<CompletionEvent> batch = new CompletionEvent[3];
                for (int i = 0; i < Each; i += batch.Length)
                {
                    for (int j = 0; j < batch.Length; j++)
                    {
                        ulong cookie = (ulong)((number * Each) + i + j);
                        batch[j] = new CompletionEvent { Cookie = cookie, Result = (long)~cookie, CallId = cookie * 3, Flags = (CompletionFlags)(uint)cookie };
                    }

                    ring.Publish(batch);
                }

                return;
            }

            ulong[] last = new ulong[Producers];
            while (Volatile.Read(ref taken) < seen.Length)
            {
                if (!ring.TryPop(out CompletionEvent completion))
                {
                    Thread.Yield();
                    continue;
                }

                Interlocked.Increment(ref taken);
                Assert.Equal((long)~completion.Cookie, completion.Result);
                Assert.Equal(completion.Cookie * 3, completion.CallId);
                Assert.Equal((uint)completion.Cookie, (uint)completion.Flags);
                Assert.Equal(1, Interlocked.Increment(ref seen[completion.Cookie]));

                // One consumer sees each producer's events in order.
                ulong producer = completion.Cookie / Each;
                Assert.True(last[producer] <= completion.Cookie);
                last[producer] = completion.Cookie;
            }
        });
        Assert.All(seen, count => Assert.Equal(1, count));
        Assert.True(ring.IsEmpty);
    }

    /// <summary>
    /// Producer and consumer start at the same instant, again and again: either the consumer sees the event, or the producer sees the consumer's target
    /// and takes it. Without the producer's fence both look too early now and then, and the consumer sleeps although its event is there.
    /// </summary>
    [Fact]
    public void Arming_and_publishing_never_miss_each_other()
    {
        using var ring = new CompletionRing(4);
        ring.GetHandle();
        long until = Stopwatch.GetTimestamp() + Stopwatch.Frequency;
        int published = 0;
        int consumed = 0;
        int misses = 0;
        bool stop = false;
        Bounded.OnThreads(2, number =>
        {
            for (int round = 1; ; round++)
            {
                if (number == 0)
                {
                    // The consumer says when; a few cycles of difference sweep over the moment.
                    while (Volatile.Read(ref consumed) < round - 1)
                    {
                        Thread.SpinWait(1);
                    }

                    if (Volatile.Read(ref stop))
                    {
                        return;
                    }

                    Volatile.Write(ref published, round);
                    for (int delay = round % 32; delay > 0; delay--)
                    {
                        _ = Volatile.Read(ref stop);
                    }

                    ring.Publish([default]);
                    Volatile.Write(ref published, -round);
                    continue;
                }

                while (Volatile.Read(ref published) != round && Volatile.Read(ref published) != -round)
                {
                    Thread.SpinWait(1);
                }

                bool sleeps = ring.TryArm(1);
                while (Volatile.Read(ref published) != -round)
                {
                    Thread.SpinWait(1);
                }

                // The event is there. A consumer that sleeps must have been signalled: its target was taken.
                if (sleeps && *(ulong*)(ring.Memory + 392) != ulong.MaxValue)
                {
                    misses++;
                }

                *(ulong*)(ring.Memory + 392) = ulong.MaxValue;
                Assert.True(ring.TryPop(out _));
                bool last = misses > 0 || Stopwatch.GetTimestamp() > until;
                Volatile.Write(ref stop, last);
                Volatile.Write(ref consumed, round);
                if (last)
                {
                    return;
                }
            }
        });
        Assert.Equal(0, misses);
    }

    private static bool HasFlag(CompletionRing ring) => (*(uint*)(ring.Memory + 136) & 1) != 0;

    private static CompletionEvent[] Events(ulong first, int count) =>
        [.. Enumerable.Range(0, count).Select(i => new CompletionEvent { Cookie = first + (ulong)i })];
}
