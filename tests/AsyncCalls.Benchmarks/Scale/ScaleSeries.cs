using AsyncCalls.Benchmarks.Fixtures;
using AsyncCalls.Benchmarks.Ratios;

namespace AsyncCalls.Benchmarks.Scale;

/// <summary>One question of scale: what a call costs while something grows.</summary>
internal sealed record ScaleSeries
{
    /// <summary>As in the output.</summary>
    public required string Name { get; init; }

    /// <summary>What grows, and what a call is.</summary>
    public required string Work { get; init; }

    /// <summary>How much of it there is, from little to much.</summary>
    public required int[] Points { get; init; }

    /// <summary>Sets up one point. Throws <see cref="ReferenceUnavailableException"/> where this machine cannot have so much.</summary>
    public required Func<BenchmarkResources, int, ScalePoint> Open { get; init; }
}

/// <summary>One point, ready to run. Disposing it also disposes what was opened for it.</summary>
/// <param name="work">What is measured.</param>
/// <param name="calls">The fewest calls of a slice, so that each loop, thread or handle has its turn.</param>
/// <param name="owned">What was opened for it.</param>
internal sealed class ScalePoint(IMeasured work, int calls, params IDisposable[] owned) : IDisposable
{
    public IMeasured Work { get; } = work;

    public int LeastCalls { get; } = calls;

    public void Dispose()
    {
        foreach (IDisposable item in owned)
        {
            item.Dispose();
        }
    }
}
