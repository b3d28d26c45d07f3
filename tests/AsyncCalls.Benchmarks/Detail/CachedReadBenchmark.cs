using AsyncCalls.Benchmarks.Fixtures;
using BenchmarkDotNet.Attributes;

namespace AsyncCalls.Benchmarks.Detail;

/// <summary>4 KiB from the page cache: synchronously, through the class library, through the twin.</summary>
public class CachedReadBenchmark : RuntimeBenchmark
{
    private readonly byte[] _block = new byte[CachedFile.BlockBytes];
    private CachedFile _file = null!;

    public override void Setup()
    {
        base.Setup();
        _file = CachedFile.Create(BenchmarkFolder.OnDisk());
    }

    [Benchmark(Baseline = true, Description = "RandomAccess.Read")]
    public int Synchronous() => RandomAccess.Read(_file.Reference, _block, 0);

    [Benchmark(Description = "RandomAccess.ReadAsync")]
    public ValueTask<int> ClassLibrary() => RandomAccess.ReadAsync(_file.Reference, _block, 0);

    [Benchmark(Description = "twin")]
    public ValueTask<int> Twin() => Twins.ReadBlockAsync(_file.Ours, _block, 0);

    protected override void Dispose(bool disposing)
    {
        base.Dispose(disposing);
        _file.Dispose();
    }
}
