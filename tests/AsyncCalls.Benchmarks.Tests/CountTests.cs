using AsyncCalls.Benchmarks.Counts;
using AsyncCalls.Benchmarks.Fixtures;
using AsyncCalls.Benchmarks.Ratios;

namespace AsyncCalls.Benchmarks.Tests;

/// <summary>A change that makes calls allocate, enter the kernel or switch threads more often fails here, on any machine: these are counts, not times.</summary>
public sealed class CountTests(CountTests.Files files) : IClassFixture<CountTests.Files>
{
    public static TheoryData<string> Counted => [.. CountsCommand.Counted.Select(metric => metric.Name)];

    [Theory]
    [MemberData(nameof(Counted))]
    public void A_call_costs_no_more_than_its_limits(string name)
    {
        Metric metric = CountsCommand.Counted.Single(metric => metric.Name == name);
        Comparison comparison;
        try
        {
            comparison = metric.Open(files.Resources);
        }
        catch (ReferenceUnavailableException exception)
        {
            Assert.Skip(exception.Message);
            throw;
        }

        using (comparison)
        {
            Assert.SkipUnless(comparison.Runtime!.Capabilities.IoUring.Available, comparison.Runtime.Capabilities.IoUring.Reason);
            Assert.Empty(CountRunner.Count(metric, comparison).Beyond(metric.AtMost!.Value));
        }
    }

    [Theory]
    [InlineData(0.4, 0, 0, 0)]
    [InlineData(0.6, 0, 0, 1)]
    [InlineData(0, 1.1, 0, 1)]
    [InlineData(0, 0, 0.3, 1)]
    [InlineData(8, 2, 1, 3)]
    public void What_is_beyond_a_limit_is_told(double bytes, double entries, double switches, int complaints) =>
        Assert.Equal(complaints, new CallCounts(bytes, entries, switches).Beyond(new CallCounts(0, 1, 0.2)).Count());

    /// <summary>The files and the compiled references, which all of them use.</summary>
    public sealed class Files : IDisposable
    {
        internal BenchmarkResources Resources { get; } = new();

        public void Dispose() => Resources.Dispose();
    }
}
