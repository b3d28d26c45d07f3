using AsyncCalls.Backends.Workers;

namespace AsyncCalls.Runtime.Tests;

/// <summary>What a worker keeps for itself: a few calls in a row and no more, and nothing for long if it does not come back.</summary>
public sealed class OwnCallTests
{
    private readonly OwnCall _own = new();

    [Fact]
    public void One_call_at_a_time_is_kept()
    {
        Assert.False(_own.TryTake(out _));
        Assert.True(_own.TryKeep(Entry(1), now: 5));
        Assert.False(_own.TryKeep(Entry(2), now: 5));

        Assert.True(_own.TryTake(out WorkEntry taken));
        Assert.Equal(1, taken.Epoch);
        Assert.False(_own.TryTake(out _));
    }

    [Fact]
    public void A_row_ends_after_sixteen()
    {
        for (int i = 0; i < 16; i++)
        {
            Assert.True(_own.TryKeep(Entry(i), now: 5));
            Assert.True(_own.TryTake(out _));
        }

        Assert.False(_own.TryKeep(Entry(16), now: 5));
        _own.EndRow();
        Assert.True(_own.TryKeep(Entry(17), now: 5));
    }

    [Fact]
    public void A_row_ends_with_the_tick_in_which_it_began()
    {
        Assert.True(_own.TryKeep(Entry(1), now: 5));
        Assert.True(_own.TryTake(out _));
        Assert.True(_own.TryKeep(Entry(2), now: 5));
        Assert.True(_own.TryTake(out _));

        Assert.False(_own.TryKeep(Entry(3), now: 6));
        _own.EndRow();
        Assert.True(_own.TryKeep(Entry(4), now: 6));
    }

    [Fact]
    public void What_is_seen_twice_is_overdue_and_what_is_new_is_not()
    {
        Assert.False(_own.TryTakeOverdue(out _, out bool isFull));
        Assert.False(isFull);
        Assert.True(_own.TryKeep(Entry(1), now: 5));
        Assert.False(_own.TryTakeOverdue(out _, out isFull));
        Assert.True(isFull);

        // Another one by now.
        Assert.True(_own.TryTake(out _));
        Assert.True(_own.TryKeep(Entry(2), now: 5));
        Assert.False(_own.TryTakeOverdue(out _, out isFull));
        Assert.True(isFull);

        Assert.True(_own.TryTakeOverdue(out WorkEntry overdue, out _));
        Assert.Equal(2, overdue.Epoch);
        Assert.False(_own.TryTake(out _));
        Assert.True(_own.TryKeep(Entry(3), now: 5));
    }

    /// <summary>The owner and the watchdog take at the same moment: one of them has it.</summary>
    [Fact]
    public void A_call_is_taken_once()
    {
        const int Calls = 100_000;
        long byWatchdog = 0;
        bool ended = false;
        var watchdog = new Thread(() =>
        {
            while (!Volatile.Read(ref ended))
            {
                if (_own.TryTakeOverdue(out WorkEntry entry, out _))
                {
                    Interlocked.Add(ref byWatchdog, entry.Epoch);
                }
            }
        });
        watchdog.Start();
        long byOwner = 0;
        long kept = 0;
        for (int i = 1; i <= Calls; i++)
        {
            if (_own.TryKeep(Entry(i), now: 5))
            {
                kept += i;
            }

            Thread.SpinWait(i % 50 * 10);
            byOwner += _own.TryTake(out WorkEntry entry) ? entry.Epoch : 0;
            _own.EndRow();
        }

        Volatile.Write(ref ended, true);
        watchdog.Join();
        Assert.Equal(kept, byOwner + byWatchdog);
    }

    /// <summary>Loops that start their next call in a continuation share one worker evenly: none keeps it.</summary>
    [Fact]
    public async Task Loops_on_one_worker_advance_together()
    {
        const int Calls = 20_000;
        await using AsyncCallRuntime runtime = Lane.Workers.NewRuntime(static options => options.MaxWorkers = 1);
        int[] counts = new int[4];
        int[]? atTheEnd = null;
        await Task.WhenAll(Enumerable.Range(0, counts.Length).Select(Loop)).Bound();

        Assert.All(atTheEnd!, count => Assert.True(count > Calls / 2, $"One loop had made {string.Join(", ", atTheEnd!)} calls when the first had ended."));

        async Task Loop(int number)
        {
            for (int i = 0; i < Calls; i++)
            {
                await runtime.RunAsync(static _ => { }).ConfigureAwait(false);
                counts[number]++;
            }

            Interlocked.CompareExchange(ref atTheEnd, [.. counts], null);
        }
    }

    private static WorkEntry Entry(long epoch) => new(null!, epoch, Lane: null);
}
