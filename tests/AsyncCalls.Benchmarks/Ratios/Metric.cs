using AsyncCalls.Benchmarks.Counts;
using AsyncCalls.Benchmarks.Fixtures;

namespace AsyncCalls.Benchmarks.Ratios;

/// <summary>One row of the table: some work of the library's, and the same work done by somebody else.</summary>
internal sealed record Metric
{
    /// <summary>As on the command line and in the output.</summary>
    public required string Name { get; init; }

    /// <summary>What a call is.</summary>
    public required string Work { get; init; }

    /// <summary>What it is compared with.</summary>
    public required string Reference { get; init; }

    public required Target Target { get; init; }

    /// <summary>The most that a call of ours may cost in what can be counted; null where it is not counted.</summary>
    public CallCounts? AtMost { get; init; }

    /// <summary>Awaiting loops, which is to say calls in flight.</summary>
    public int Depth { get; init; } = 1;

    /// <summary>The unit of both figures.</summary>
    public string Unit { get; init; } = "ns/call";

    /// <summary>
    /// Sets both sides up. Throws <see cref="ReferenceUnavailableException"/> where this machine cannot run the reference.
    /// </summary>
    public required Func<BenchmarkResources, Comparison> Open { get; init; }

    /// <summary>Threads that the loops are started on: one loop runs on the driver's own, several on the thread pool's.</summary>
    public int Threads => Math.Min(Depth, Environment.ProcessorCount);
}

/// <summary>Both sides of a metric, ready to run. Disposing it also disposes what was opened for them.</summary>
internal sealed class Comparison(IMeasured ours, IMeasured reference, params IDisposable[] owned) : IDisposable
{
    public IMeasured Ours { get; } = ours;

    public IMeasured Reference { get; } = reference;

    /// <summary>The runtime that our side uses, if it uses one.</summary>
    public AsyncCallRuntime? Runtime { get; } = owned.OfType<AsyncCallRuntime>().FirstOrDefault();

    public void Dispose()
    {
        foreach (IDisposable item in owned)
        {
            item.Dispose();
        }
    }
}

/// <summary>The reference cannot run on this machine; the message says why.</summary>
internal sealed class ReferenceUnavailableException(string reason) : Exception(reason);
