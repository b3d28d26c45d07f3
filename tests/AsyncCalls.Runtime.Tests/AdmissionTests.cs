using System.Collections.Concurrent;

namespace AsyncCalls.Runtime.Tests;

/// <summary>More calls than slots: the rest waits, asynchronously, and none is forgotten.</summary>
public sealed class AdmissionTests
{
    [Theory, CombinatorialLanes]
    public async Task All_calls_complete_though_there_are_few_slots(Lane lane)
    {
        await using AsyncCallRuntime runtime = lane.NewRuntime(options => options.MaxInFlight = 4);
        for (int round = 0; round < 50; round++)
        {
            Task[] calls = [.. Enumerable.Range(0, 100).Select(_ => runtime.NopAsync().AsTask())];
            await Task.WhenAll(calls).Bound();
        }

        Assert.Equal(0, runtime.GetStatistics().InFlight);
    }

    [Theory, CombinatorialLanes]
    public async Task A_waiting_call_starts_when_another_ends(Lane lane)
    {
        await using AsyncCallRuntime runtime = lane.NewRuntime(options => options.MaxInFlight = 1);
        using var pipe = new TestPipe();
        Task<nint> parked = runtime.ReadAsync(pipe.Reader, new byte[1]).AsTask();
        Task waiting = runtime.NopAsync().AsTask();
        Assert.Equal(1, runtime.GetStatistics().InFlight);
        Assert.False(waiting.IsCompleted);
        Native.WriteAll(pipe.Writer, [1]);
        await waiting.Bound();
        Assert.Equal(1, await parked.Bound());
    }

    [Theory, CombinatorialLanes]
    public async Task A_waiting_call_is_cancelled_at_once(Lane lane)
    {
        await using AsyncCallRuntime runtime = lane.NewRuntime(options => options.MaxInFlight = 2);
        using var pipe = new TestPipe();
        Task<nint>[] parked = [.. Enumerable.Range(0, 2).Select(_ => runtime.ReadAsync(pipe.Reader, new byte[1]).AsTask())];
        using var cancel = new CancellationTokenSource();
        Task[] waiting = [.. Enumerable.Range(0, 10).Select(_ => runtime.NopAsync(cancel.Token).AsTask())];
        Task stays = runtime.NopAsync().AsTask();
        await cancel.CancelAsync();
        foreach (Task task in waiting)
        {
            OperationCanceledException thrown = await Assert.ThrowsAnyAsync<OperationCanceledException>(() => task.Bound());
            Assert.Equal(cancel.Token, thrown.CancellationToken);
        }

        Assert.False(stays.IsCompleted);
        Assert.All(parked, read => Assert.False(read.IsCompleted));
        Native.WriteAll(pipe.Writer, [1, 2]);
        await Task.WhenAll(parked).Bound();
        await stays.Bound();
    }

    [Theory, CombinatorialLanes]
    public async Task Dispose_ends_those_that_wait(Lane lane)
    {
        AsyncCallRuntime runtime = lane.NewRuntime(options => options.MaxInFlight = 1);
        using var pipe = new TestPipe();
        Task<nint> parked = runtime.ReadAsync(pipe.Reader, new byte[1]).AsTask();
        Task[] waiting = [.. Enumerable.Range(0, 10).Select(_ => runtime.NopAsync().AsTask())];
        await runtime.DisposeAsync().Bound();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => parked.Bound());
        foreach (Task task in waiting)
        {
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => task.Bound());
        }
    }

    /// <summary>Threads come and go at the last slot all the time: a call that is put back must not miss the slot that was freed meanwhile.</summary>
    [Theory]
    [InlineData(Lane.NativeNoInline, 1)]
    [InlineData(Lane.NativeNoInline, 2)]
    [InlineData(Lane.WorkersNoInline, 1)]
    [InlineData(Lane.WorkersNoInline, 2)]
    public async Task No_call_is_forgotten_when_threads_race_for_the_last_slot(Lane lane, int slots)
    {
        await using AsyncCallRuntime runtime = lane.NewRuntime(options => options.MaxInFlight = slots);
        Task[] users = [.. Enumerable.Range(0, 6).Select(_ => Task.Run(async () =>
        {
            for (int i = 0; i < 4_000; i++)
            {
                await runtime.NopAsync().ConfigureAwait(false);
            }
        }))];
        await Task.WhenAll(users).Bound();
        Assert.Equal(0, runtime.GetStatistics().InFlight);
    }

    /// <summary>A token fires while its waiting call is being admitted: one of the two takes it, and it ends once.</summary>
    [Theory]
    [InlineData(Lane.NativeNoInline)]
    [InlineData(Lane.WorkersNoInline)]
    public async Task A_cancel_that_races_with_admission_ends_each_call_once(Lane lane)
    {
        await using AsyncCallRuntime runtime = lane.NewRuntime(options => options.MaxInFlight = 2);
        var ends = new ConcurrentQueue<bool>();
        Task[] users = [.. Enumerable.Range(0, 6).Select(number => Task.Run(async () =>
        {
            for (int i = 0; i < 2_500; i++)
            {
                using var cancel = new CancellationTokenSource();
                ValueTask call = runtime.NopAsync(cancel.Token);
                Thread.SpinWait((i * (number + 3)) % 211);
                await cancel.CancelAsync().ConfigureAwait(false);
                try
                {
                    await call.ConfigureAwait(false);
                    ends.Enqueue(true);
                }
                catch (OperationCanceledException)
                {
                    ends.Enqueue(false);
                }
            }
        }))];
        await Task.WhenAll(users).Bound();
        Assert.Equal(6 * 2_500, ends.Count);
        Assert.Equal(0, runtime.GetStatistics().InFlight);
        await runtime.NopAsync().Bound();
    }
}
