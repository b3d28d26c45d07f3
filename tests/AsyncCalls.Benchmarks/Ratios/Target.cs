namespace AsyncCalls.Benchmarks.Ratios;

/// <summary>What a metric has to reach.</summary>
/// <param name="Time">The most that the time ratio may be.</param>
/// <param name="Cpu">The most that the ratio of CPU times may be, where that is asked for.</param>
/// <param name="Bytes">The most bytes that a call may allocate, where that is asked for.</param>
internal readonly record struct Target(double Time, double? Cpu = null, double? Bytes = null)
{
    /// <summary>A noisy run may excuse this much, and no more.</summary>
    public const double MostNoise = 0.05;

    /// <summary>Bytes per call are a median of whole slices: less than half a byte is some other thread's single allocation.</summary>
    public const double BytesTolerance = 0.5;

    public bool IsMetBy(double timeRatio, double timeNoise, double cpuRatio, double cpuNoise, double bytesPerCall)
        => timeRatio <= Time + Math.Min(timeNoise, MostNoise)
            && (Cpu is not { } cpu || cpuRatio <= cpu + Math.Min(cpuNoise, MostNoise))
            && (Bytes is not { } bytes || bytesPerCall <= bytes + BytesTolerance);
}
