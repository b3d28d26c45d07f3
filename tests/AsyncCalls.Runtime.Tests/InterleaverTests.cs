using AsyncCalls.Calls;
using AsyncCalls.Ring;
using AsyncCalls.Runtime.Tests.Interleaving;

namespace AsyncCalls.Runtime.Tests;

/// <summary>
/// The ring's and the in-flight table's real code in every order of its shared accesses, within a bound; and the same with defects seeded on purpose,
/// each of which must be found.
/// </summary>
public sealed class InterleaverTests
{
    private readonly struct NoFenceInPublish : IFlaw
    {
        public static bool Omits(FencePoint point) => point == FencePoint.TailThenTarget;
    }

    private readonly struct NoFenceInArm : IFlaw
    {
        // The swap of the target is a fence of its own; it has to go too for the order to be lost.
        public static bool Omits(FencePoint point) => point == FencePoint.TargetThenTail;
    }

    private readonly struct NoFenceInOverflow : IFlaw
    {
        public static bool Omits(FencePoint point) => point == FencePoint.FlagThenHead;
    }

    private readonly struct SwapWithoutComparing : IFlaw
    {
        public static ulong ComparedBits => 0;
    }

    private readonly struct TableWithoutFlaw : IFlaw
    {
        public static bool HasBuffers => false;
    }

    private readonly struct SwapWithoutTag : IFlaw
    {
        public static bool HasBuffers => false;

        public static ulong ComparedBits => CallId.SlotMask;
    }

    [Fact]
    public void APublisherAndASleeper() => AssertHolds(Asleep<NoFlaw>(looksAgain: true));

    [Fact]
    public void TwoSleepersThatWantDifferentNumbers() => AssertHolds(() =>
    {
        var ring = new ModelRing<NoFlaw>(4, wakes: true);
        var first = ring.AddConsumer();
        var second = ring.AddConsumer();
        return Run(ring, () => { ring.Publish(1); ring.Publish(2); }, () => first.ReapAsleep(1), () => second.ReapAsleep(2));
    }, deviations: 2);

    [Fact]
    public void TwoPublishersAndASleeperWhereIndicesWrap() => AssertHolds(() =>
    {
        var ring = new ModelRing<NoFlaw>(2, ulong.MaxValue - 1, wakes: true);
        var sleeper = ring.AddConsumer();
        return Run(ring, () => ring.Publish(1), () => ring.Publish(2, thread: 1), () => sleeper.ReapAsleep(3));
    }, deviations: 2);

    [Fact]
    public void ConsumersThatPopAndReapWhileTheRingOverflows() => AssertHolds(Overflow<NoFlaw>(), deviations: 2);

    [Fact]
    public void AConsumerThatEmptiesARingThatOverflows() => AssertHolds(Emptied<NoFlaw>());

    [Fact]
    public void AConsumerElsewhereThatRingsTheDoorbell() => AssertHolds(() =>
    {
        var ring = new ModelRing<NoFlaw>(2, wakes: true, remote: true);
        var sleeper = ring.AddConsumer();
        return Run(ring, () => ring.Publish(4), () => sleeper.ReapAsleep(4), () => ring.AnswerDoorbell(4));
    }, deviations: 2);

    [Fact]
    public void ASleeperWhoseRingIsClosed() => AssertHolds(() =>
    {
        var ring = new ModelRing<NoFlaw>(2, wakes: true);
        var sleeper = ring.AddConsumer();
        return Run(ring, () => ring.Publish(3), () => sleeper.ReapAsleep(4), ring.Close);
    }, deviations: 2);

    [Fact]
    public void TheTableGivesEachCallASlotOfItsOwn() => AssertHolds(Slots<TableWithoutFlaw>());

    [Fact]
    public void ASlotThatAThreadKeepsIsNobodyElsesAndWithinReachOfAll() => AssertHolds(KeptSlot<TableWithoutFlaw>());

    [Fact]
    public void ASlotThatWandersIsFound() => AssertHolds(WanderingSlot<TableWithoutFlaw>());

    [Fact]
    public void AMissingFenceInPublishIsFound() => AssertFound(Asleep<NoFenceInPublish>(looksAgain: true), "a wake-up");

    [Fact]
    public void AMissingSecondLookBeforeSleepIsFound() => AssertFound(Asleep<NoFlaw>(looksAgain: false), "a wake-up");

    [Fact]
    public void AMissingFenceInTheOverflowProtocolIsFound() => AssertFound(Emptied<NoFenceInOverflow>(), "outside a ring that is empty");

    [Fact]
    public void ASwapOfHeadThatDoesNotCompareIsFound() => AssertFound(Overflow<SwapWithoutComparing>(), "");

    [Fact]
    public void ASwapWithoutTagInTheTableIsFound() => AssertFound(Slots<SwapWithoutTag>(), "slot");

    [Fact]
    public void OnX86TheSwapOfTheTargetIsFenceEnough()
    {
        // Not a defect there: named so that nobody takes the test above for proof that the fence in arm is needed on x86.
        AssertHolds(Asleep<NoFenceInArm>(looksAgain: true));
    }

    private static Func<Scenario> Asleep<TFlaw>(bool looksAgain)
        where TFlaw : struct, IFlaw => () =>
    {
        var ring = new ModelRing<TFlaw>(4, wakes: true);
        var sleeper = ring.AddConsumer();
        return Run(ring, () => ring.Publish(1), () => sleeper.ReapAsleep(1, looksAgain));
    };

    private static Func<Scenario> Overflow<TFlaw>()
        where TFlaw : struct, IFlaw => () =>
    {
        var ring = new ModelRing<TFlaw>(2, ulong.MaxValue - 1);
        var first = ring.AddConsumer();
        var second = ring.AddConsumer();
        return Run(ring, () => { ring.Publish(2); ring.Publish(2); }, () => { first.Pop(); first.Reap(3); }, second.PopAll);
    };

    private static Func<Scenario> Emptied<TFlaw>()
        where TFlaw : struct, IFlaw => () =>
    {
        var ring = new ModelRing<TFlaw>(2);
        var consumer = ring.AddConsumer();
        return Run(ring, () => { ring.Publish(2); ring.Publish(1); }, consumer.PopAll);
    };

    private static Func<Scenario> Slots<TFlaw>()
        where TFlaw : struct, IFlaw => () =>
    {
        var table = new InFlightTable<ModelAtomics<TFlaw>>(4);
        var calls = new TestCall[5];
        for (int i = 0; i < calls.Length; i++)
        {
            calls[i] = new TestCall();
        }

        void Add(int number) => Assert.True(table.TryAdd(calls[number]), "A slot was free, and none was given.");

        void Remove(int number) => Assert.Same(calls[number], table.Remove(calls[number].Id));

        // Grows the table before anyone runs. The slot that the other thread frees first is kept for its next call; the second goes back to the stack.
        Add(0);
        return new Scenario(
            [
                () => Add(1),
                () =>
                {
                    Add(2);
                    Add(3);
                    Remove(0);
                    Remove(2);
                    Add(4);
                    Add(0);
                },
            ],
            () =>
            {
                TestCall[] live = [calls[0], calls[1], calls[3], calls[4]];
                Assert.True(live.Select(static call => new CallId(call.Id).Slot).Distinct().Count() == 4, "Two calls have one slot.");
                Assert.All(live, call => Assert.True(table.Find(call.Id) == call, "The call of a slot is another."));
                Assert.Equal(4, table.Count());
                Assert.Null(table.Find(calls[2].Id));
            });
    };

    /// <summary>One slot is free, which neither of the two keeps: whoever has it has it alone, and at the end it is there, whoever kept it.</summary>
    private static Func<Scenario> KeptSlot<TFlaw>()
        where TFlaw : struct, IFlaw => () =>
    {
        var table = new InFlightTable<ModelAtomics<TFlaw>>(2);
        TestCall[] calls = [new(), new(), new()];
        Assert.True(table.TryAdd(calls[0]));
        Assert.True(table.TryAdd(calls[1]));
        Assert.Same(calls[0], table.Remove(calls[0].Id));

        void Turn(TestCall call)
        {
            if (table.TryAdd(call))
            {
                Assert.True(table.Find(call.Id) == call, "The call of a slot is another.");
                Assert.True(table.Remove(call.Id) == call, "The call of a slot is another.");
            }
        }

        return new Scenario(
            [
                () => Turn(calls[0]),
                () => Turn(calls[2]),
            ],
            () =>
            {
                Assert.True(table.TryAdd(calls[0]), "A slot was lost.");
                Assert.False(table.TryAdd(calls[2]), "A slot came out of nothing.");
            });
    };

    /// <summary>At every moment one of two slots is free, kept in one place or in another: whoever looks finds one.</summary>
    private static Func<Scenario> WanderingSlot<TFlaw>()
        where TFlaw : struct, IFlaw => () =>
    {
        var table = new InFlightTable<ModelAtomics<TFlaw>>(2);
        TestCall[] calls = [new(), new(), new(), new()];
        Assert.True(table.TryAdd(calls[0]));
        Assert.True(table.TryAdd(calls[1]));

        // The third thread's now.
        Assert.Same(calls[0], table.Remove(calls[0].Id));
        bool otherIsFree = false;
        return new Scenario(
            [
                () => Assert.True(table.TryAdd(calls[2]), "A slot was free, and none was given."),
                () =>
                {
                    Assert.Same(calls[1], table.Remove(calls[1].Id));
                    otherIsFree = true;
                },
                () => Assert.True(!otherIsFree || table.TryAdd(calls[3]), "A slot was free, and none was given."),
            ],
            () => Assert.InRange(table.Count(), 1, 2));
    };

    private static Scenario Run<TFlaw>(ModelRing<TFlaw> ring, params Action[] threads)
        where TFlaw : struct, IFlaw => new(threads, ring.Check, ring);

    private static void AssertHolds(Func<Scenario> scenario, int deviations = 3)
    {
        Interleaver explored = Interleaver.Explore(scenario, deviations);
        TestContext.Current.TestOutputHelper?.WriteLine($"{explored.Runs} orders with at most {deviations} deviations");
        Assert.True(explored.Runs > 50, $"Only {explored.Runs} orders were run.");
    }

    private static void AssertFound(Func<Scenario> scenario, string what)
    {
        Exception? found = Interleaver.Find(scenario);
        Assert.NotNull(found);
        Assert.Contains(what, found.Message, StringComparison.Ordinal);
    }

    private sealed class TestCall : Call
    {
        public override CallOperation Operation => default;

        public override Interruption Interruption => Interruption.None;

        public override void Execute(IInterruptGate gate) => throw new NotSupportedException();

        protected override void ReturnToPool() => throw new NotSupportedException();
    }
}
