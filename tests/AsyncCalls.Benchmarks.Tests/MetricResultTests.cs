using System.Text.Json;
using AsyncCalls.Benchmarks.Ratios;

namespace AsyncCalls.Benchmarks.Tests;

public sealed class MetricResultTests
{
    private static readonly Metric Example = new()
    {
        Name = "example",
        Work = "some work",
        Reference = "C, some \"other\" work",
        Target = new Target(1.1, Cpu: 0.5, Bytes: 0),
        Depth = 32,
        Open = _ => throw new NotSupportedException(),
    };

    private static readonly Slice ReferenceSlice = new(100, 90, 0.5, 0, 1_000, Fairness: 1, P99Ns: 250);

    private static readonly Slice OursSlice = new(105, 45, 0.25, 10_000, 1_000, Fairness: 0.9, P99Ns: 200);

    [Fact]
    public void A_measured_row_has_the_agreed_fields_on_one_line()
    {
        string line = Measured().ToJson();

        Assert.DoesNotContain('\n', line);
        JsonElement row = JsonDocument.Parse(line).RootElement;
        Assert.Equal("example", row.GetProperty("metric").GetString());
        Assert.Equal("ns/call", row.GetProperty("unit").GetString());
        Assert.Equal(Example.Reference, row.GetProperty("reference").GetString());
        (string Field, double Value)[] expected =
        [
            ("ours", 105), ("reference_value", 100), ("ratio", 1.05), ("ratio_min", 1.05), ("ratio_max", 1.05), ("target", 1.1),
            ("noise", 0), ("cpu_ratio", 0.5), ("bytes_per_call", 0), ("rounds", 1), ("ours_p99_ns", 200), ("ours_fairness", 0.9),
        ];
        Assert.All(expected, e => Assert.Equal(e.Value, row.GetProperty(e.Field).GetDouble(), 3));
        Assert.True(row.GetProperty("met").GetBoolean());
    }

    [Fact]
    public void A_skipped_row_says_why_and_claims_nothing()
    {
        JsonElement row = JsonDocument.Parse(MetricResult.SkippedBecause(Example, "no C compiler").ToJson()).RootElement;

        Assert.Equal("no C compiler", row.GetProperty("skipped").GetString());
        Assert.False(row.TryGetProperty("ratio", out _));
        Assert.False(row.TryGetProperty("met", out _));
    }

    [Fact]
    public void A_failed_row_is_not_a_skipped_one()
    {
        JsonElement row = JsonDocument.Parse(MetricResult.FailedBecause(Example, "it threw").ToJson()).RootElement;

        Assert.Equal("it threw", row.GetProperty("failed").GetString());
        Assert.False(row.TryGetProperty("skipped", out _));
    }

    private static MetricResult Measured()
        => MetricResult.Measured(Example, Measurement.Of([new Round(ReferenceSlice, OursSlice, ReferenceSlice)], OursSlice with { Calls = 32 }));
}
