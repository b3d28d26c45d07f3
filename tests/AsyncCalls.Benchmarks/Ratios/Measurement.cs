namespace AsyncCalls.Benchmarks.Ratios;

/// <summary>Reference, ours, reference.</summary>
internal readonly record struct Round(Slice First, Slice Ours, Slice Second)
{
    public double Ratio => Divide(Ours.Figure, (First.Figure + Second.Figure) / 2);

    public double CpuRatio => Divide(Ours.CpuNsPerCall, (First.CpuNsPerCall + Second.CpuNsPerCall) / 2);

    /// <summary>The reference against itself.</summary>
    public double Control => Divide(Second.Figure, First.Figure);

    public double CpuControl => Divide(Second.CpuNsPerCall, First.CpuNsPerCall);

    /// <summary>A slice that was too short for the CPU clock says nothing; one is the neutral answer.</summary>
    private static double Divide(double value, double by) => by > 0 ? value / by : 1;
}

/// <summary>What the rounds of one metric come to.</summary>
internal sealed record Measurement
{
    /// <summary>Median over rounds, in the metric's unit.</summary>
    public required double Ours { get; init; }

    public required double Reference { get; init; }

    /// <summary>Median over rounds of ours ÷ reference.</summary>
    public required double Ratio { get; init; }

    public required double RatioMin { get; init; }

    public required double RatioMax { get; init; }

    /// <summary>Half the width of the control's range.</summary>
    public required double Noise { get; init; }

    public required double CpuRatio { get; init; }

    public required double CpuNoise { get; init; }

    public required double OursCpuNs { get; init; }

    public required double ReferenceCpuNs { get; init; }

    public required double BytesPerCall { get; init; }

    public required double OursSwitches { get; init; }

    public required double ReferenceSwitches { get; init; }

    /// <summary>Median over rounds of how evenly the loops were served; null where there is only one.</summary>
    public double? OursFairness { get; init; }

    public double? ReferenceFairness { get; init; }

    /// <summary>Median over rounds of the 99th percentile of a call's time; null where calls are too short for a clock around each.</summary>
    public double? OursP99Ns { get; init; }

    public double? ReferenceP99Ns { get; init; }

    public required int Rounds { get; init; }

    public static Measurement Of(IReadOnlyList<Round> rounds, Slice shortest)
    {
        Slice[] references = [.. rounds.Select(r => r.First), .. rounds.Select(r => r.Second)];
        return new Measurement
        {
            Ours = Statistics.Median(rounds.Select(r => r.Ours.Figure)),
            Reference = Statistics.Median(references.Select(s => s.Figure)),
            Ratio = Statistics.Median(rounds.Select(r => r.Ratio)),
            RatioMin = rounds.Min(r => r.Ratio),
            RatioMax = rounds.Max(r => r.Ratio),
            Noise = Statistics.HalfWidth(rounds.Select(r => r.Control)),
            CpuRatio = Statistics.Median(rounds.Select(r => r.CpuRatio)),
            CpuNoise = Statistics.HalfWidth(rounds.Select(r => r.CpuControl)),
            OursCpuNs = Statistics.Median(rounds.Select(r => r.Ours.CpuNsPerCall)),
            ReferenceCpuNs = Statistics.Median(references.Select(s => s.CpuNsPerCall)),
            BytesPerCall = Statistics.Median(rounds.Select(r => r.Ours.BytesPerCallBeyond(shortest))),
            OursSwitches = Statistics.Median(rounds.Select(r => r.Ours.SwitchesPerCall)),
            ReferenceSwitches = Statistics.Median(references.Select(s => s.SwitchesPerCall)),
            OursFairness = MedianOfKnown(rounds.Select(r => r.Ours.Fairness)),
            ReferenceFairness = MedianOfKnown(references.Select(s => s.Fairness)),
            OursP99Ns = MedianOfKnown(rounds.Select(r => r.Ours.P99Ns)),
            ReferenceP99Ns = MedianOfKnown(references.Select(s => s.P99Ns)),
            Rounds = rounds.Count,
        };
    }

    private static double? MedianOfKnown(IEnumerable<double?> values)
    {
        double[] known = [.. values.OfType<double>()];
        return known.Length == 0 ? null : Statistics.Median(known);
    }
}
