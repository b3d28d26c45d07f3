using AsyncCalls.Benchmarks.Metrics;
using BenchmarkDotNet.Attributes;

namespace AsyncCalls.Benchmarks.Detail;

/// <summary>A short body: called, handed to the thread pool, handed to a worker.</summary>
public class OffloadBenchmark : RuntimeBenchmark
{
    private readonly Func<int> _body = ShortBody.Run;

    [Benchmark(Baseline = true, Description = "the body itself")]
    public int Body() => _body();

    [Benchmark(Description = "Task.Run")]
    public Task<int> TaskRun() => Task.Run(_body);

    [Benchmark(Description = "twin")]
    public ValueTask<int> Twin() => Twins.WorkAsync();
}
