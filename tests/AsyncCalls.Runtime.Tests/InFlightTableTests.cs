using System.Collections.Concurrent;
using System.Diagnostics;
using AsyncCalls.Calls;

namespace AsyncCalls.Runtime.Tests;

/// <summary>Slots and generations: an id names one use of one slot, for ever.</summary>
public sealed class InFlightTableTests
{
    [Fact]
    public void An_id_is_the_slot_and_its_generation()
    {
        var id = new CallId(slot: 0xABCDE, generation: 0x123_4567_89AB);
        Assert.Equal(0x1234_5678_9ABA_BCDEUL, id.Value);
        Assert.Equal(0xABCDE, id.Slot);
        Assert.Equal(0x123_4567_89ABUL, id.Generation);
    }

    [Fact]
    public void A_call_is_found_by_its_id_until_it_is_removed()
    {
        var table = new InFlightTable(4);
        var call = new IoCall();
        Assert.True(table.TryAdd(call));
        Assert.NotEqual(0ul, call.Id);
        Assert.Same(call, table.Find(call.Id));
        Assert.Same(call, table.InSlot(new CallId(call.Id).Slot));
        Assert.Equal(1, table.Count());
        Assert.Same(call, table.Remove(call.Id));
        Assert.Null(table.Find(call.Id));
        Assert.Null(table.Remove(call.Id));
        Assert.Equal(0, table.Count());
    }

    [Fact]
    public void A_stale_id_finds_nothing_though_its_slot_is_used_again()
    {
        var table = new InFlightTable(1);
        var seen = new HashSet<ulong>();
        for (int i = 0; i < 1_000; i++)
        {
            var call = new IoCall();
            Assert.True(table.TryAdd(call));
            Assert.True(seen.Add(call.Id), "An id came back.");
            Assert.All(seen.Where(id => id != call.Id).TakeLast(3), id => Assert.Null(table.Find(id)));
            Assert.All(seen.Where(id => id != call.Id).TakeLast(3), id => Assert.Null(table.Remove(id)));
            table.Remove(call.Id);
        }
    }

    [Theory]
    [InlineData(1)]
    [InlineData(4)]
    [InlineData(511)]
    [InlineData(512)]
    [InlineData(513)]
    [InlineData(2_000)]
    public void It_grows_to_its_capacity_and_no_further(int capacity)
    {
        var table = new InFlightTable(capacity);
        IoCall[] calls = [.. Enumerable.Range(0, capacity).Select(_ => new IoCall())];
        Assert.All(calls, call => Assert.True(table.TryAdd(call)));
        Assert.False(table.TryAdd(new IoCall()));
        Assert.Equal(capacity, calls.Select(call => new CallId(call.Id).Slot).Distinct().Count());
        Assert.All(calls, call => Assert.Same(call, table.Find(call.Id)));
        Assert.Equal(capacity, table.Snapshot().Distinct().Count());
        table.Remove(calls[capacity / 2].Id);
        Assert.True(table.TryAdd(new IoCall()));
        Assert.False(table.TryAdd(new IoCall()));
    }

    [Fact]
    public void Ids_that_never_were_find_nothing()
    {
        var table = new InFlightTable(8);
        table.TryAdd(new IoCall());
        Assert.Null(table.Find(0));
        Assert.Null(table.Find(ulong.MaxValue));
        Assert.Null(table.Find(new CallId(3, 1).Value));
        Assert.Null(table.Find(new CallId(CallId.MaxSlots - 1, 1).Value));
        Assert.Null(table.Remove(ulong.MaxValue));
    }

    [Fact]
    public void A_slot_whose_generations_are_used_up_is_retired()
    {
        var table = new InFlightTable(2);
        var stays = new IoCall();
        var last = new IoCall();
        table.TryAdd(stays);
        table.TryAdd(last);
        int slot = new CallId(last.Id).Slot;
        table.Remove(last.Id);
        table.SetGeneration(slot, CallId.LastGeneration - 1);

        Assert.True(table.TryAdd(last));
        Assert.Equal(CallId.LastGeneration - 1, new CallId(last.Id).Generation);
        table.Remove(last.Id);
        Assert.True(table.TryAdd(last));
        Assert.Equal(CallId.LastGeneration, new CallId(last.Id).Generation);
        ulong lastId = last.Id;
        Assert.NotEqual(ulong.MaxValue, lastId);
        table.Remove(last.Id);

        Assert.False(table.TryAdd(last), "A slot without generations was used again.");
        Assert.Null(table.Find(lastId));
        table.Remove(stays.Id);
        Assert.True(table.TryAdd(stays));
    }

    [Fact]
    public void Threads_that_add_and_remove_at_once_never_share_a_slot()
    {
        const int Threads = 4;
        const int Rounds = 60_000;
        const int Capacity = 600;
        var table = new InFlightTable(Capacity);
        int[] owners = new int[Capacity];
        var ids = new ConcurrentDictionary<ulong, bool>();
        Bounded.OnThreads(Threads, number =>
        {
            var random = new Random(number);
            var mine = new Queue<IoCall>();
            for (int i = 0; i < Rounds; i++)
            {
                if (mine.Count < 140 && random.Next(2) == 0)
                {
                    var call = new IoCall();
                    Assert.True(table.TryAdd(call));
                    int slot = new CallId(call.Id).Slot;
                    Assert.Equal(0, Interlocked.Exchange(ref owners[slot], number + 1));
                    if (i % 8 == 0)
                    {
                        Assert.True(ids.TryAdd(call.Id, true));
                    }

                    mine.Enqueue(call);
                }
                else if (mine.TryDequeue(out IoCall? call))
                {
                    Assert.Equal(number + 1, Interlocked.Exchange(ref owners[new CallId(call.Id).Slot], 0));
                    Assert.Same(call, table.Find(call.Id));
                    Assert.Same(call, table.Remove(call.Id));
                    Assert.Null(table.Find(call.Id));
                }
            }

            while (mine.TryDequeue(out IoCall? call))
            {
                Interlocked.Exchange(ref owners[new CallId(call.Id).Slot], 0);
                Assert.Same(call, table.Remove(call.Id));
            }
        });
        Assert.Equal(0, table.Count());
        for (int i = 0; i < Capacity; i++)
        {
            Assert.True(table.TryAdd(new IoCall()), "A slot was lost.");
        }
    }

    /// <summary>A thread looks at the top of the free stack and its link; meanwhile others take both and give the top back: the link is out of date.</summary>
    [Theory]
    [InlineData(2)]
    [InlineData(4)]
    public void The_free_stack_survives_slots_that_go_away_and_come_back(int capacity)
    {
        var table = new InFlightTable(capacity);
        int[] owners = new int[capacity];
        long until = Stopwatch.GetTimestamp() + (Stopwatch.Frequency / 2);
        Bounded.OnThreads(4, number =>
        {
            var first = new IoCall();
            var second = new IoCall();
            for (int i = 0; i % 256 != 0 || Stopwatch.GetTimestamp() < until; i++)
            {
                bool hasFirst = TryTake(first, number);
                bool hasSecond = TryTake(second, number);
                if (hasFirst)
                {
                    GiveBack(first, number);
                }

                if (hasSecond)
                {
                    GiveBack(second, number);
                }
            }
        });
        for (int i = 0; i < capacity; i++)
        {
            Assert.True(table.TryAdd(new IoCall()), "A slot was lost.");
        }

        Assert.False(table.TryAdd(new IoCall()), "A slot was made twice.");

        bool TryTake(IoCall call, int number)
        {
            if (!table.TryAdd(call))
            {
                return false;
            }

            Assert.Equal(0, Interlocked.Exchange(ref owners[new CallId(call.Id).Slot], number + 1));
            return true;
        }

        void GiveBack(IoCall call, int number)
        {
            Assert.Equal(number + 1, Interlocked.Exchange(ref owners[new CallId(call.Id).Slot], 0));
            Assert.Same(call, table.Remove(call.Id));
        }
    }
}
