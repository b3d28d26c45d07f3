using AsyncCalls.Benchmarks.Metrics;
using BenchmarkDotNet.Attributes;

namespace AsyncCalls.Benchmarks.Detail;

/// <summary>A benchmark with a runtime of default options. (BenchmarkDotNet derives from it: it cannot be sealed.)</summary>
[MemoryDiagnoser]
public abstract class RuntimeBenchmark : IDisposable
{
    private FileTwins? _twins;

    protected AsyncCallRuntime Runtime { get; private set; } = null!;

    internal FileTwins Twins => _twins ??= new FileTwins(Runtime);

    [GlobalSetup]
    public virtual void Setup() => Runtime = new AsyncCallRuntime();

    [GlobalCleanup]
    public void Dispose()
    {
        Dispose(disposing: true);
        GC.SuppressFinalize(this);
    }

    protected virtual void Dispose(bool disposing) => Runtime.Dispose();
}
