using System.Diagnostics;

namespace AsyncCalls.Benchmarks.Ratios;

/// <summary>One side of a metric.</summary>
internal interface IMeasured
{
    /// <summary>The most calls that one slice may make.</summary>
    int MostCalls { get; }

    /// <summary>Whatever has to be done before a slice and is not part of it.</summary>
    void Prepare();

    /// <summary>Makes that many calls and returns the figure that is compared.</summary>
    double Run(int calls);

    /// <summary>How evenly the last slice served its loops, 0 to 1; null where there is only one.</summary>
    double? Fairness => null;

    /// <summary>99th percentile of the time of a call of the last slice, in nanoseconds; null where it was not taken.</summary>
    double? LatencyP99Ns => null;
}

/// <summary>Synchronous work whose figure is the wall-clock time of a call, in nanoseconds.</summary>
/// <param name="run">Makes so many calls and returns when the last has ended.</param>
internal sealed class TimedWork(Action<int> run) : IMeasured
{
    public int MostCalls => int.MaxValue;

    public void Prepare()
    {
    }

    public double Run(int calls)
    {
        long from = Stopwatch.GetTimestamp();
        run(calls);
        return Stopwatch.GetElapsedTime(from).TotalNanoseconds / calls;
    }
}

/// <summary>Work that times each of its samples itself: the figure is their median.</summary>
/// <param name="sample">Fills the array with nanoseconds.</param>
internal sealed class SampledWork(Action<double[]> sample) : IMeasured
{
    public int MostCalls => int.MaxValue;

    public void Prepare()
    {
    }

    public double Run(int calls)
    {
        double[] samples = new double[calls];
        sample(samples);
        return Statistics.Median(samples);
    }
}
