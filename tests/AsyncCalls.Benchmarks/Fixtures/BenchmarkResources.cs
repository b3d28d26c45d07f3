using AsyncCalls.Benchmarks.Native;

namespace AsyncCalls.Benchmarks.Fixtures;

/// <summary>What several metrics share and what is costly to make: made when it is first asked for, disposed at the end of the run.</summary>
internal sealed class BenchmarkResources : IDisposable
{
    private readonly List<IDisposable> _made = [];
    private readonly Lazy<CReferences> _c;
    private readonly Lazy<CachedFile> _cachedFile;
    private readonly Lazy<DirectFile> _directFile;

    public BenchmarkResources()
    {
        _c = new Lazy<CReferences>(() => Keep(CReferences.Compile(Folder)));
        _cachedFile = new Lazy<CachedFile>(() => Keep(CachedFile.Create(Folder)));
        _directFile = new Lazy<DirectFile>(() => Keep(DirectFile.Create(Folder)));
    }

    public BenchmarkFolder Folder { get; } = BenchmarkFolder.OnDisk();

    /// <summary>The references in C, compiled.</summary>
    public CReferences C => _c.Value;

    /// <summary>A file that is in the page cache and stays there.</summary>
    public CachedFile CachedFile => _cachedFile.Value;

    /// <summary>A file that every read fetches from the disk.</summary>
    public DirectFile DirectFile => _directFile.Value;

    public void Dispose()
    {
        for (int i = _made.Count - 1; i >= 0; i--)
        {
            _made[i].Dispose();
        }
    }

    private T Keep<T>(T resource)
        where T : IDisposable
    {
        _made.Add(resource);
        return resource;
    }
}
