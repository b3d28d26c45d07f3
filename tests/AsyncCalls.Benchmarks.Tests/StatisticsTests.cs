using AsyncCalls.Benchmarks.Ratios;

namespace AsyncCalls.Benchmarks.Tests;

public sealed class StatisticsTests
{
    [Theory]
    [InlineData(2.0, 3.0, 1.0, 2.0)]
    [InlineData(2.5, 4.0, 1.0, 2.0, 3.0)]
    [InlineData(7.0, 7.0)]
    public void The_median_is_the_middle_of_the_sorted_values(double expected, params double[] values)
        => Assert.Equal(expected, Statistics.Median(values));

    [Fact]
    public void Nothing_has_no_median_and_no_width()
    {
        Assert.Throws<ArgumentException>(() => Statistics.Median([]));
        Assert.Throws<ArgumentException>(() => Statistics.HalfWidth([]));
    }

    [Fact]
    public void The_half_width_is_half_the_range() => Assert.Equal(0.05, Statistics.HalfWidth([0.98, 1.06, 0.96, 1.0]), 6);

    [Fact]
    public void A_quantile_is_right_within_a_sixteenth()
    {
        var histogram = new LatencyHistogram();
        Assert.Null(histogram.Quantile(0.5));
        for (int value = 1; value <= 100_000; value++)
        {
            histogram.Add(value);
        }

        Assert.InRange(histogram.Quantile(0.50)!.Value, 50_000, 50_000 * 17.0 / 16);
        Assert.InRange(histogram.Quantile(0.99)!.Value, 99_000, 99_000 * 17.0 / 16);
        Assert.InRange(histogram.Quantile(0.0001)!.Value, 10, 11);

        histogram.Clear();
        Assert.Null(histogram.Quantile(0.5));
    }

    [Fact]
    public void A_ratio_takes_the_mean_of_the_references_around_it_and_the_control_compares_them()
    {
        Round[] rounds = [Round(100, 150, 200), Round(100, 100, 100), Round(100, 130, 100)];

        var measurement = Measurement.Of(rounds, Slice(0));

        Assert.Equal(1.0, measurement.Ratio);
        Assert.Equal(1.0, measurement.RatioMin);
        Assert.Equal(1.3, measurement.RatioMax, 6);
        Assert.Equal(0.5, measurement.Noise);
        Assert.Equal(130, measurement.Ours);
        Assert.Equal(100, measurement.Reference);
        Assert.Equal(3, measurement.Rounds);
        Assert.Null(measurement.OursFairness);
    }

    [Fact]
    public void Bytes_per_call_leave_out_what_starting_a_slice_allocates()
    {
        Slice shortest = Slice(0) with { AllocatedBytes = 5_000, Calls = 32 };
        Slice slice = Slice(0) with { AllocatedBytes = 5_000 + (72 * 968), Calls = 1_000 };

        Assert.Equal(72, slice.BytesPerCallBeyond(shortest));
        Assert.Equal(0, (slice with { AllocatedBytes = 4_000 }).BytesPerCallBeyond(shortest));
    }

    [Theory]
    [InlineData(1.00, 0.00, true)]
    [InlineData(1.02, 0.00, false)]
    [InlineData(1.02, 0.03, true)]
    [InlineData(1.06, 0.90, false)]
    public void Noise_excuses_a_twentieth_at_most(double ratio, double noise, bool met)
        => Assert.Equal(met, new Target(1.0).IsMetBy(ratio, noise, cpuRatio: 9, cpuNoise: 0, bytesPerCall: 72));

    [Fact]
    public void A_target_for_CPU_or_bytes_has_to_be_met_too()
    {
        var target = new Target(1.0, Cpu: 0.5, Bytes: 0);

        Assert.True(target.IsMetBy(0.9, 0, 0.5, 0, 0.1));
        Assert.False(target.IsMetBy(0.9, 0, 0.6, 0, 0.1));
        Assert.False(target.IsMetBy(0.9, 0, 0.5, 0, 72));
    }

    private static Round Round(double first, double ours, double second) => new(Slice(first), Slice(ours), Slice(second));

    private static Slice Slice(double figure)
        => new(figure, CpuNsPerCall: figure, SwitchesPerCall: 0, AllocatedBytes: 0, Calls: 1, Fairness: null, P99Ns: null);
}
