using System.Runtime.CompilerServices;
using AsyncCalls.Backends.IoUring;
using AsyncCalls.Contexts;

namespace AsyncCalls.Runtime.Tests;

/// <summary>
/// Many calls, one entry of the kernel. What is counted is one round of many: in a single one the pump may be awake at the wrong moment, and go round once more.
/// </summary>
public sealed class KernelEntryTests
{
    private const int Calls = 64;
    private const int Rounds = 21;

    [Fact]
    public void Blocks_that_are_submitted_together_enter_the_kernel_once()
    {
        using AsyncCallRuntime runtime = NativeRuntime();
        using AsyncCallContext context = runtime.CreateContext(Calls);
        long[] entries = new long[Rounds];
        Iocb[] blocks = Blocks.Nops(Calls);
        context.Submit(Iocb.Nop());
        context.ReapOne();
        for (int round = 0; round < Rounds; round++)
        {
            long before = AsleepAfter(runtime);
            Assert.Equal(Calls, context.Submit(blocks));
            context.ReapExactly(Calls);
            entries[round] = AsleepAfter(runtime) - before;
        }

        // One that submits all of them, and one in which the pump sleeps again.
        Assert.True(Median(entries) <= 2, $"{Calls} blocks took {string.Join(", ", entries)} entries.");
        Assert.Equal((Rounds * Calls) + 1, runtime.GetStatistics().CompletedByIoUring);
    }

    [Fact]
    public void Blocks_that_are_submitted_one_by_one_enter_the_kernel_for_each()
    {
        using AsyncCallRuntime runtime = NativeRuntime();
        using AsyncCallContext context = runtime.CreateContext(Calls);
        context.Submit(Iocb.Nop());
        context.ReapOne();
        long before = AsleepAfter(runtime);
        foreach (Iocb block in Blocks.Nops(Calls))
        {
            context.Submit(block);
            context.ReapOne();
            AsleepAfter(runtime);
        }

        Assert.True(AsleepAfter(runtime) - before >= Calls, "The count does not count.");
    }

    /// <summary>Twins that are started while the pump's thread is busy, here by a continuation on it, wait for its next entry.</summary>
    [Fact]
    public async Task Twins_that_were_started_before_the_pump_runs_enter_the_kernel_together()
    {
        await using AsyncCallRuntime runtime = NativeRuntime();
        long[] entries = new long[Rounds];
        for (int round = 0; round < Rounds; round++)
        {
            await runtime.NopAsync().ConfigureAwait(false);
            long before = runtime.GetStatistics().KernelEntries;
            var started = new Task[Calls];
            for (int i = 0; i < Calls; i++)
            {
                started[i] = runtime.NopAsync().AsTask();
            }

            await Task.WhenAll(started).ConfigureAwait(false);
            entries[round] = runtime.GetStatistics().KernelEntries - before;
        }

        Assert.True(Median(entries) <= 1, $"{Calls} twins took {string.Join(", ", entries)} entries.");
    }

    private static AsyncCallRuntime NativeRuntime()
    {
        AsyncCallRuntime runtime = Lane.NativeNoInline.NewRuntime();
        Assert.SkipUnless(runtime.Capabilities.IoUring.Available, runtime.Capabilities.IoUring.Reason);
        return runtime;
    }

    /// <summary>The number of entries once the pump sleeps, in the last of them.</summary>
    private static long AsleepAfter(AsyncCallRuntime runtime)
    {
        IoUringBackend backend = Backend(runtime.Engine)!;
        long entries = -1;
        Bounded.Until(
            () =>
            {
                // Asleep, and still in the entry that was the last one a moment ago.
                bool same = entries == backend.Entries && Volatile.Read(ref Sleeping(backend)) != 0;
                entries = backend.Entries;
                return same;
            },
            "the pump sleeps");
        return entries;
    }

    private static long Median(long[] values) => values.Order().ElementAt(values.Length / 2);

    [UnsafeAccessor(UnsafeAccessorKind.Field, Name = "_ioUring")]
    private static extern ref IoUringBackend? Backend(CallEngine engine);

    [UnsafeAccessor(UnsafeAccessorKind.Field, Name = "_sleeping")]
    private static extern ref int Sleeping(IoUringBackend backend);
}
