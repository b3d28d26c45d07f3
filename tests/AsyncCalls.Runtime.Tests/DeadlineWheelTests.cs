using AsyncCalls.Calls;

namespace AsyncCalls.Runtime.Tests;

/// <summary>The timing wheel by itself: each call is handed over once, never early, and at the first look after it was due.</summary>
public sealed class DeadlineWheelTests
{
    /// <summary>The edges of every level: the last tick of one and the first of the next.</summary>
    private static readonly long[] Edges =
        [1, 2, 63, 64, 65, 127, 128, 4_095, 4_096, 4_097, 262_143, 262_144, 16_777_215, 16_777_216, 1_073_741_823, 1_073_741_824, 4_294_967_294];

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(63)]
    [InlineData(4_095)]
    [InlineData(262_100)]
    [InlineData(16_777_214)]
    [InlineData((1L << 36) - 3)]
    [InlineData((1L << 37) + 5)]
    public void Each_call_is_due_at_its_tick_and_not_before(long start)
    {
        foreach (long after in Edges)
        {
            var wheel = new DeadlineWheel();
            var call = new WheelCall();
            wheel.Add(call, start + after, start);
            var due = new List<CallUse>();
            for (long next = wheel.NextTick; next < start + after; next = wheel.NextTick)
            {
                Assert.InRange(next, start + 1, start + after);
                wheel.Advance(next, due);
                Assert.Empty(due);
            }

            wheel.Advance(start + after - 1, due);
            Assert.Empty(due);
            Assert.Equal(start + after, wheel.NextTick);
            wheel.Advance(start + after, due);
            Assert.Same(call, Assert.Single(due).Call);
            Assert.Equal((0, long.MaxValue), (wheel.Count, wheel.NextTick));
            Assert.False(wheel.Remove(call));
        }
    }

    [Fact]
    public void A_tick_that_has_passed_is_due_at_the_next()
    {
        var wheel = new DeadlineWheel();
        wheel.Add(new WheelCall(), -5, 1_000);
        var due = new List<CallUse>();
        wheel.Advance(1_001, due);
        Assert.Single(due);
    }

    /// <summary>Against a list that is looked through: additions, removals and steps of all sizes in random order.</summary>
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    public void It_does_what_a_list_does(int seed)
    {
        var random = new Random(seed);
        var wheel = new DeadlineWheel();
        var model = new Dictionary<Call, long>();
        var due = new List<CallUse>();
        long now = random.NextInt64(1L << 36);
        for (int step = 0; step < 20_000; step++)
        {
            switch (random.Next(4))
            {
                case 0 or 1:
                    var added = new WheelCall();
                    long tick = now + (1L << random.Next(32)) - random.Next(3);
                    wheel.Add(added, tick, now);
                    model.Add(added, Math.Max(tick, now + 1));
                    break;
                case 2 when model.Count > 0:
                    Call removed = model.Keys.ElementAt(random.Next(model.Count));
                    Assert.True(wheel.Remove(removed));
                    model.Remove(removed);
                    break;
                default:
                    now = random.Next(3) == 0 ? Math.Min(wheel.NextTick, now + (1L << 33)) : now + (1L << random.Next(20));
                    due.Clear();
                    wheel.Advance(now, due);
                    Call[] expected = [.. model.Where(entry => entry.Value <= now).Select(entry => entry.Key)];
                    Assert.Equal(expected.ToHashSet(), due.Select(use => use.Call).ToHashSet());
                    Assert.Equal(expected.Length, due.Count);
                    foreach (Call gone in expected)
                    {
                        model.Remove(gone);
                    }

                    break;
            }

            Assert.Equal(model.Count, wheel.Count);
            Assert.True(model.Count == 0 || wheel.NextTick <= model.Values.Min(), "Its next look would come too late.");
        }
    }

    private sealed class WheelCall : Call
    {
        public override CallOperation Operation => default;

        public override Interruption Interruption => Interruption.None;

        public override void Execute(IInterruptGate gate) => throw new NotSupportedException();

        protected override void ReturnToPool() => throw new NotSupportedException();
    }
}
