using System.Globalization;
using System.IO.Pipes;
using AsyncCalls.Benchmarks.Metrics;
using Microsoft.Win32.SafeHandles;

namespace AsyncCalls.Benchmarks.Tests;

/// <summary>What a call in flight, an idle context and an idle runtime keep: counted, and the same on any machine. No other test of the process runs meanwhile.</summary>
[CollectionDefinition(nameof(MemoryTests), DisableParallelization = true)]
[Collection(nameof(MemoryTests))]
public sealed class MemoryTests
{
    private const int Calls = 16_384;

    /// <summary>As many records as the pool keeps.</summary>
    private const int Pooled = 4_096;
    private const int Contexts = 256;
    private const int Runtimes = 48;

    /// <summary>The record (360 bytes), its slot (24), and the registration with a token.</summary>
    private const double CallBytesMax = 520;

    /// <summary>A ring of 64 events and a table of as many calls.</summary>
    private const double ContextBytesMax = 12 * 1024;
    private const double RuntimeBytesMax = 1 << 20;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_call_in_flight_keeps_a_record_which_the_next_one_uses_again()
    {
        await using var runtime = new AsyncCallRuntime();
        Assert.SkipUnless(runtime.Capabilities.IoUring.Available, runtime.Capabilities.IoUring.Reason);
        using var pipe = new AnonymousPipeServerStream(PipeDirection.Out);
        using var reader = new SafeFileHandle(pipe.ClientSafePipeHandle.DangerousGetHandle(), ownsHandle: false);
        byte[] buffer = new byte[1];
        var calls = new ValueTask<nint>[Calls];
        Assert.InRange(Start(Calls), 1, CallBytesMax);
        await EndAsync(Calls);
        Assert.InRange(Start(Pooled), 0, CallBytesMax / 16);
        await EndAsync(Pooled);

        double Start(int count)
        {
            long before = GC.GetAllocatedBytesForCurrentThread();
#pragma warning disable CA2012 // Each is consumed once, below, when all are under way.
            for (int i = 0; i < count; i++)
            {
                calls[i] = LibcTwins.readAsync(reader, buffer, 1, runtime, Token);
            }
#pragma warning restore CA2012

            return (GC.GetAllocatedBytesForCurrentThread() - before) / (double)count;
        }

        async Task EndAsync(int count)
        {
            pipe.Write(new byte[count]);
            for (int i = 0; i < count; i++)
            {
                Assert.Equal(1, await calls[i]);
            }
        }
    }

    [Fact]
    public async Task An_idle_context_keeps_its_ring_and_its_table()
    {
        await using var runtime = new AsyncCallRuntime();
        var contexts = new List<AsyncCallContext>(2 * Contexts);
        Create();
        long resident = Resident();
        double bytes = Create() / (double)Contexts;
        bytes += (Resident() - resident) / (double)Contexts;
        Assert.True(bytes <= ContextBytesMax, $"{bytes:#,0} bytes");
        contexts.ForEach(context => context.Dispose());

        long Create()
        {
            long before = GC.GetAllocatedBytesForCurrentThread();
            for (int i = 0; i < Contexts; i++)
            {
                contexts.Add(runtime.CreateContext());
            }

            return GC.GetAllocatedBytesForCurrentThread() - before;
        }
    }

    [Fact]
    public async Task An_idle_runtime_keeps_less_than_a_megabyte_and_does_nothing()
    {
        var runtimes = new List<AsyncCallRuntime>();
        await CreateAsync();
        GC.Collect();
        long resident = Resident();
        await CreateAsync();
        GC.Collect();
        double bytes = (Resident() - resident) / (double)Runtimes;
        Assert.True(bytes <= RuntimeBytesMax, $"{bytes:#,0} bytes");

        // Threads spin for a while before they sleep, and then nothing wakes them.
        await Task.Delay(1_000, Token);
        long switches = Switches();
        await Task.Delay(1_000, Token);
        Assert.Equal(0, Switches() - switches);
        runtimes.ForEach(runtime => runtime.Dispose());

        async Task CreateAsync()
        {
            for (int i = 0; i < Runtimes; i++)
            {
                var runtime = new AsyncCallRuntime();
                await runtime.NopAsync(Token);
                runtimes.Add(runtime);
            }
        }
    }

    /// <summary>Memory of the process that is in use and shared with nobody.</summary>
    private static long Resident() => Status("/proc/self/smaps_rollup", "Private_Dirty:") * 1024;

    /// <summary>Context switches of the threads of all runtimes.</summary>
    private static long Switches() => Directory.GetDirectories("/proc/self/task")
        .Where(task => File.ReadAllText(task + "/comm").StartsWith("AsyncCalls ", StringComparison.Ordinal))
        .Sum(task => Status(task + "/status", "voluntary_ctxt_switches:") + Status(task + "/status", "nonvoluntary_ctxt_switches:"));

    private static long Status(string file, string field) => long.Parse(
        File.ReadLines(file).First(line => line.StartsWith(field, StringComparison.Ordinal)).Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries)[1],
        CultureInfo.InvariantCulture);
}
