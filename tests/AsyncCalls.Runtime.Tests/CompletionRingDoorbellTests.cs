using Microsoft.Win32.SafeHandles;

namespace AsyncCalls.Runtime.Tests;

/// <summary>The descriptor that a ring's consumer can wait on: made when asked for, early at worst, never missing.</summary>
[Collection(ProcessWide.Name)]
public sealed unsafe class CompletionRingDoorbellTests
{
    [Fact]
    public void No_descriptor_exists_until_the_handle_is_asked_for()
    {
        int before = EventDescriptors();
        var ring = new CompletionRing(8);
        ring.Publish([default, default]);
        Assert.True(ring.TryPop(out _));
        ring.TryArm(3);
        ring.Publish([default, default]);
        Assert.Equal(before, EventDescriptors());
        Assert.Equal(0u, *(uint*)(ring.Memory + 384));

        SafeFileHandle handle = ring.GetHandle();
        Assert.Same(handle, ring.GetHandle());
        Assert.Equal(before + 1, EventDescriptors());
        Assert.Equal(1u, *(uint*)(ring.Memory + 384) & 1);

        ring.Dispose();
        Assert.Equal(before, EventDescriptors());
        Assert.Throws<ObjectDisposedException>(() => ring.GetHandle());
    }

    [Fact]
    public void The_descriptor_is_close_on_exec()
    {
        using var ring = new CompletionRing(8);
        Assert.Equal(1, Native.fcntl((int)ring.GetHandle().DangerousGetHandle(), Native.GetDescriptorFlags, 0));
    }

    [Theory]
    [InlineData(0UL)]
    [InlineData(uint.MaxValue - 1UL)]
    [InlineData(ulong.MaxValue - 6)]
    [InlineData(ulong.MaxValue - 2)]
    [InlineData(ulong.MaxValue - 1)]
    public void It_is_readable_when_the_asked_number_is_there_and_not_before(ulong firstIndex)
    {
        using var ring = new CompletionRing(8, firstIndex);
        SafeFileHandle handle = ring.GetHandle();
        Assert.True(ring.TryArm(3));
        ring.Publish([default]);
        ring.Publish([default]);
        Assert.False(Native.IsReadable(handle));
        ring.Publish([default]);
        Assert.True(Native.IsReadable(handle));

        // Nobody sleeps now: nothing is signalled until someone asks again.
        Reset(handle);
        ring.Publish([default]);
        Assert.False(Native.IsReadable(handle));
        Assert.False(ring.TryArm(4));
        Assert.True(ring.TryArm(5));
    }

    [Fact]
    public void Every_target_around_the_end_of_the_numbers_wakes()
    {
        for (ulong start = ulong.MaxValue - 12; start != 4; start++)
        {
            using var ring = new CompletionRing(8, start);
            SafeFileHandle handle = ring.GetHandle();
            Assert.True(ring.TryArm(2));
            ring.Publish([default, default]);
            Assert.True(Native.IsReadable(handle), $"No signal with indices that start at {start}.");
        }
    }

    [Fact]
    public void The_lower_of_two_targets_wins()
    {
        using var ring = new CompletionRing(8);
        SafeFileHandle handle = ring.GetHandle();
        Assert.True(ring.TryArm(5));
        Assert.True(ring.TryArm(2));
        Assert.True(ring.TryArm(7));
        ring.Publish([default]);
        Assert.False(Native.IsReadable(handle));
        ring.Publish([default]);
        Assert.True(Native.IsReadable(handle));
    }

    [Fact]
    public void A_consumer_that_armed_before_the_handle_was_made_is_woken_through_it()
    {
        using var ring = new CompletionRing(8);
        Assert.True(ring.TryArm(1));
        ring.Publish([default]);
        Assert.True(Native.IsReadable(ring.GetHandle()), "The event that was asked for is there, and the handle does not say so.");
    }

    [Fact]
    public void More_than_the_ring_holds_wakes_when_it_is_full_or_overflows()
    {
        using var ring = new CompletionRing(4);
        SafeFileHandle handle = ring.GetHandle();
        Assert.True(ring.TryArm(100));
        ring.Publish([default, default, default]);
        Assert.False(Native.IsReadable(handle));
        ring.Publish([default]);
        Assert.True(Native.IsReadable(handle));
        Reset(handle);
        ring.Publish([default]);
        Assert.False(ring.TryArm(1));
    }

    [Fact]
    public void Asking_for_less_than_one_is_refused()
    {
        using var ring = new CompletionRing(4);
        Assert.Throws<ArgumentOutOfRangeException>(() => ring.TryArm(0));
    }

    /// <summary>The consumer sleeps without a timeout worth the name between two looks: one missing wake-up and it stays asleep.</summary>
    [Fact]
    public void No_wake_up_is_lost_when_arming_races_with_publishing()
    {
        const int Rounds = 30_000;
        using var ring = new CompletionRing(4, ulong.MaxValue - 10_000);
        SafeFileHandle handle = ring.GetHandle();
        int consumed = 0;
        Bounded.OnThreads(2, number =>
        {
            if (number == 0)
            {
                var random = new Random(17);
                for (int i = 0; i < Rounds; i++)
                {
                    // Most of the time the ring is empty, so the consumer is going to sleep just now.
                    while (i - Volatile.Read(ref consumed) > 2)
                    {
                        Thread.SpinWait(5);
                    }

                    Thread.SpinWait(random.Next(0, 60));
                    ring.Publish([default]);
                }

                return;
            }

            while (consumed < Rounds)
            {
                if (ring.TryPop(out _))
                {
                    Volatile.Write(ref consumed, consumed + 1);
                }
                else if (ring.TryArm(1))
                {
                    Assert.True(Native.IsReadable(handle, timeoutMs: 10_000), "A wake-up was lost.");
                    Reset(handle);
                }
            }
        });
    }

    private static void Reset(SafeFileHandle handle) => Assert.Equal(8, Native.ReadSome(handle, stackalloc byte[8]));

    private static int EventDescriptors() => ProcessWide.Descriptors().Values.Count(target => target == "anon_inode:[eventfd]");
}
