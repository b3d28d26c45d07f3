using System.Diagnostics;

namespace AsyncCalls.Benchmarks.Ratios;

/// <summary>
/// Measures a metric: warms both sides up, finds out how many calls make a slice, and then alternates them. Each round is
/// reference, ours, reference: the ratio takes the mean of the two references, so that a slow drift of the machine cancels
/// out, and the two of them compared with each other are the control.
/// </summary>
internal sealed class MetricRunner(RunSettings settings)
{
    private const double NsPerMs = 1e6;

    private const double LongestWarmUpSliceMs = 5;

    /// <summary>However slow the calls are: enough for one that stalls not to be the whole slice.</summary>
    private const int LeastCallsPerLoop = 32;

    public Measurement Measure(Metric metric, Comparison comparison)
    {
        WarmUp(metric.Depth, comparison.Reference);
        WarmUp(metric.Depth, comparison.Ours);
        int oursCalls = Calibrate(metric.Depth, comparison.Ours);
        int referenceCalls = Calibrate(metric.Depth, comparison.Reference);
        Slice shortest = ShortestSlice(metric, comparison.Ours);

        var rounds = new List<Round>(settings.Rounds);
        for (int i = 0; i < settings.Rounds; i++)
        {
            Slice first = Slice.Take(comparison.Reference, referenceCalls);
            Slice ours = Slice.Take(comparison.Ours, oursCalls);
            Slice second = Slice.Take(comparison.Reference, referenceCalls);
            rounds.Add(new Round(first, ours, second));
        }

        return Measurement.Of(rounds, shortest);
    }

    /// <summary>Warms the work up, and says how many calls make a slice.</summary>
    /// <param name="few">Calls of the shortest slice.</param>
    /// <param name="work">The work.</param>
    public int Prepare(int few, IMeasured work)
    {
        WarmUp(few, work);
        return Calibrate(few, work);
    }

    /// <summary>
    /// Slices that grow from the shortest to a few milliseconds, again and again: a method is compiled anew after some dozens of
    /// calls, and a loop that never suspends enters its method only once in a slice.
    /// </summary>
    private void WarmUp(int depth, IMeasured side)
    {
        int few = Math.Min(depth, side.MostCalls);
        int calls = few;
        long from = Stopwatch.GetTimestamp();
        while (ElapsedMs(from) < settings.WarmUpMs)
        {
            side.Prepare();
            long sliceFrom = Stopwatch.GetTimestamp();
            side.Run(calls);
            calls = ElapsedMs(sliceFrom) < LongestWarmUpSliceMs ? (int)Math.Min(calls * 2L, side.MostCalls) : few;
        }
    }

    private int Calibrate(int depth, IMeasured side)
    {
        int calls = Math.Min(depth, side.MostCalls);
        while (true)
        {
            side.Prepare();
            long from = Stopwatch.GetTimestamp();
            side.Run(calls);
            double elapsedMs = ElapsedMs(from);
            if (calls == side.MostCalls)
            {
                return calls;
            }

            if (elapsedMs > settings.SliceMs / 4)
            {
                // Once more: what is slow only the first time must not make all slices too short.
                side.Prepare();
                from = Stopwatch.GetTimestamp();
                side.Run(calls);
                elapsedMs = Math.Min(elapsedMs, ElapsedMs(from));
                int least = Math.Min(depth * LeastCallsPerLoop, side.MostCalls);
                return (int)Math.Clamp(calls * settings.SliceMs / elapsedMs, least, side.MostCalls);
            }

            calls = (int)Math.Min(calls * 4L, side.MostCalls);
        }
    }

    /// <summary>The least that starting the loops and making one call each allocates.</summary>
    private static Slice ShortestSlice(Metric metric, IMeasured side)
    {
        int few = Math.Min(metric.Depth, side.MostCalls);
        Slice least = Slice.Take(side, few);
        for (int i = 0; i < 4; i++)
        {
            Slice again = Slice.Take(side, few);
            least = again.AllocatedBytes < least.AllocatedBytes ? again : least;
        }

        return least;
    }

    private static double ElapsedMs(long from) => Stopwatch.GetElapsedTime(from).TotalNanoseconds / NsPerMs;
}
