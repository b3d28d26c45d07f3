using BenchmarkDotNet.Attributes;

namespace AsyncCalls.Benchmarks.Detail;

/// <summary>One awaited no-op: the asynchronous way and nothing else.</summary>
public class NopBenchmark : RuntimeBenchmark
{
    [Benchmark]
    public ValueTask Nop() => Runtime.NopAsync();
}
