namespace AsyncCalls.Benchmarks.Ratios;

/// <summary>One stretch of calls of one side.</summary>
/// <param name="Figure">In the metric's unit.</param>
/// <param name="CpuNsPerCall">Process CPU time, all threads.</param>
/// <param name="SwitchesPerCall">Context switches, all threads.</param>
/// <param name="AllocatedBytes">Of the whole slice, with what it costs to start its loops.</param>
/// <param name="Calls">How many calls it made.</param>
/// <param name="Fairness">How evenly it served its loops; null where there is only one.</param>
/// <param name="P99Ns">99th percentile of the time of a call; null where calls are too short for a clock around each.</param>
internal readonly record struct Slice(double Figure, double CpuNsPerCall, double SwitchesPerCall, long AllocatedBytes, int Calls, double? Fairness, double? P99Ns)
{
    public static Slice Take(IMeasured work, int calls)
    {
        work.Prepare();

        // Each slice pays for its own garbage and not for its neighbour's.
        GC.Collect(0);

        ProcessUsage before = ProcessUsage.Now();
        double figure = work.Run(calls);
        ProcessUsage used = ProcessUsage.Now() - before;
        return new Slice(figure, used.CpuNs / calls, (double)used.Switches / calls, used.AllocatedBytes, calls, work.Fairness, work.LatencyP99Ns);
    }

    /// <summary>
    /// What one call more allocates: the loops' own state machines, which a slice of any length allocates once, fall out.
    /// </summary>
    public double BytesPerCallBeyond(Slice shortest)
        => Calls <= shortest.Calls
            ? (double)AllocatedBytes / Calls
            : Math.Max(0, (double)(AllocatedBytes - shortest.AllocatedBytes) / (Calls - shortest.Calls));
}
