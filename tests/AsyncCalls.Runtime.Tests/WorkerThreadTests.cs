using System.Diagnostics;
using System.Runtime.InteropServices;
using AsyncCalls.Calls;

namespace AsyncCalls.Runtime.Tests;

/// <summary>Worker threads: how many there are, what they are called, and what they take from the thread that starts them, which is nothing.</summary>
[Collection(ProcessWide.Name)]
public sealed partial class WorkerThreadTests
{
    private static readonly AsyncLocal<string> Flowing = new();

    [Fact]
    public async Task Blocked_workers_make_the_pool_grow()
    {
        await using AsyncCallRuntime runtime = Lane.Workers.NewRuntime(static options => options.MaxWorkers = 40);
        using var gate = new ManualResetEventSlim();
        int inside = 0;
        Task[] blocked = [.. Enumerable.Range(0, 30).Select(_ => runtime.RunAsync(_ =>
        {
            Interlocked.Increment(ref inside);
            Assert.True(gate.Wait(Bounded.Limit));
        }).AsTask())];
        await Bounded.UntilAsync(() => Volatile.Read(ref inside) == 30, "each has a worker");
        gate.Set();
        await Task.WhenAll(blocked).Bound();
    }

    /// <summary>Where all workers compute another one would help nobody. A few more may come: a thread that the collector stops looks blocked for that moment.</summary>
    [Fact]
    public async Task Workers_that_compute_do_not_make_the_pool_grow()
    {
        const int Spare = 4;
        await using AsyncCallRuntime runtime = Lane.Workers.NewRuntime();
        int most = 0;
        Task[] computing = [.. Enumerable.Range(0, 16 * Environment.ProcessorCount).Select(_ => runtime.RunAsync(static _ =>
        {
            TimeSpan begun = Environment.CpuUsage.TotalTime;
            while (Environment.CpuUsage.TotalTime - begun < TimeSpan.FromMilliseconds(20))
            {
                Thread.SpinWait(1_000);
            }
        }).AsTask())];
        var all = Task.WhenAll(computing);
        while (!all.IsCompleted)
        {
            most = Math.Max(most, runtime.GetStatistics().WorkerThreads);
            await Task.Delay(1, TestContext.Current.CancellationToken);
        }

        await all.Bound();
        Assert.InRange(most, 1, Environment.ProcessorCount + Spare);
    }

    /// <summary>What computes may be waiting for a call that waits for a worker: patience ends.</summary>
    [Fact]
    public async Task A_method_that_spins_for_another_one_gets_it()
    {
        await using AsyncCallRuntime runtime = Lane.Workers.NewRuntime();
        bool come = false;
        int inside = 0;
        Task[] spinning = [.. Enumerable.Range(0, Environment.ProcessorCount).Select(_ => runtime.RunAsync(_ =>
        {
            Interlocked.Increment(ref inside);
            Bounded.Spin(() => Volatile.Read(ref come), "it came");
        }).AsTask())];

        // All compute by then, and what they spin in is compiled: nothing but patience makes another worker.
        await Bounded.UntilAsync(() => Volatile.Read(ref inside) == Environment.ProcessorCount, "they spin");
        await Task.Delay(300, TestContext.Current.CancellationToken);
        await runtime.RunAsync(_ => Volatile.Write(ref come, true)).Bound();
        await Task.WhenAll(spinning).Bound();
    }

    [Theory, CombinatorialLanes]
    public async Task A_runtime_at_rest_has_no_worker(Lane lane)
    {
        await using AsyncCallRuntime runtime = lane.NewRuntime(static options => options.WorkerIdleTimeout = TimeSpan.FromMilliseconds(50));
        using var held = new HeldLock();
        Task<int> waiting = held.WaitAsync(runtime, CancellationToken.None);
        var threads = new System.Collections.Concurrent.ConcurrentDictionary<string, bool>();
        await Task.WhenAll(Enumerable.Range(0, 100).Select(_ =>
            runtime.RunAsync(_ => threads["/proc/" + new FileInfo("/proc/thread-self").LinkTarget] = true).AsTask())).Bound();
        Assert.True(await runtime.RestAsync(Bounded.Limit, TestContext.Current.CancellationToken).Bound());
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => waiting.Bound());
        await Bounded.UntilAsync(() => runtime.GetStatistics().WorkerThreads == 0, "no worker is left");
        Assert.NotEmpty(threads);
        await Bounded.UntilAsync(() => !threads.Keys.Any(Directory.Exists), "no thread is left");
        await runtime.RunAsync(static _ => { }).Bound();
    }

    [Fact]
    public async Task Threads_are_named_in_the_background_and_carry_nothing()
    {
        await using AsyncCallRuntime runtime = Lane.Workers.NewRuntime();
        Flowing.Value = "of the caller";
        (string? Name, bool Background, string? Flow, string Kernel) seen = default;
        await runtime.RunAsync(_ => seen = (
            Thread.CurrentThread.Name,
            Thread.CurrentThread.IsBackground,
            Flowing.Value,
            File.ReadAllText("/proc/thread-self/comm").TrimEnd('\n'))).Bound();
        Assert.Equal(runtime.Name + " worker 1", seen.Name);
        Assert.True(seen.Background);
        Assert.Null(seen.Flow);
        Assert.Equal(RuntimeThread.KernelName(runtime.Name, "worker", 1), seen.Kernel);
    }

    [Theory]
    [InlineData("AsyncCalls", "worker", 1, "AsyncCalls wor1")]
    [InlineData("AsyncCalls", "worker", 12, "AsyncCalls wo12")]
    [InlineData("AsyncCalls", "worker", 999, "AsyncCalls w999")]
    [InlineData("AsyncCalls", "watchdog", 0, "AsyncCalls watc")]
    [InlineData("AsyncCalls 2", "dispatcher", 1, "AsyncCalls 2 d1")]
    [InlineData("AsyncCalls 2", "worker", 12, "AsyncCalls 2 w1")]
    [InlineData("AsyncCalls 1234", "worker", 1, "AsyncCalls 1234")]
    public void The_kernel_gets_a_name_that_fits(string runtime, string role, int number, string expected) =>
        Assert.Equal(expected, RuntimeThread.KernelName(runtime, role, number));

    /// <summary>A thread inherits the signal mask of the one that starts it. A worker that was started by a thread that blocks all signals can be interrupted like any other.</summary>
    [Theory, CombinatorialLanes]
    public void A_thread_that_blocks_every_signal_starts_workers_that_can_be_interrupted(Lane lane)
    {
        using AsyncCallRuntime runtime = lane.NewRuntime();
        using var held = new HeldLock();
        using var cancel = new CancellationTokenSource();
        Task<int>? waiting = null;
        Bounded.OnThreads(1, _ =>
        {
            BlockEverySignal();
            waiting = held.WaitAsync(runtime, cancel.Token);
            Bounded.Until(() => runtime.PendingCalls is [{ State: PendingCallState.Running }], "it waits for the lock");
        });
        cancel.Cancel();
        long start = Stopwatch.GetTimestamp();
        Assert.ThrowsAny<OperationCanceledException>(() => waiting!.Bound().GetAwaiter().GetResult());
        Assert.True(Stopwatch.GetElapsedTime(start) < Bounded.Limit);
    }

    private static unsafe void BlockEverySignal()
    {
        ulong* all = stackalloc ulong[16];
        new Span<ulong>(all, 16).Fill(ulong.MaxValue);
        Assert.Equal(0, pthread_sigmask(0, all, null));
    }

    [LibraryImport("libc")]
    private static unsafe partial int pthread_sigmask(int how, ulong* set, ulong* old);
}
