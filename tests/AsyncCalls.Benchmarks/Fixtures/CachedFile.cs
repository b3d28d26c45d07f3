using AsyncCalls.Benchmarks.Ratios;
using Microsoft.Win32.SafeHandles;

namespace AsyncCalls.Benchmarks.Fixtures;

/// <summary>
/// A file whose pages cannot leave memory: it is mapped and the mapping locked. Without the lock a machine that reclaims
/// cold page cache in the background turns a benchmark of cached reads into one of its disk.
/// </summary>
internal sealed class CachedFile : IDisposable
{
    public const int BlockBytes = 4096;

    /// <summary>
    /// 4 MiB: half of what a process without privileges may lock (RLIMIT_MEMLOCK is 8 MiB by default since Linux 5.16).
    /// </summary>
    public const int Blocks = 1024;

    private readonly LockedMapping _mapping;

    private CachedFile(SafeFileHandle ours, SafeFileHandle reference, LockedMapping mapping)
    {
        Ours = ours;
        Reference = reference;
        _mapping = mapping;
    }

    /// <summary>Each side has an open file of its own, so that neither profits from what the other one learnt about it.</summary>
    public SafeFileHandle Ours { get; }

    public SafeFileHandle Reference { get; }

    public static CachedFile Create(BenchmarkFolder folder)
    {
        SafeFileHandle[] handles = folder.OpenAndDelete((long)Blocks * BlockBytes, Open, Open);
        try
        {
            return new CachedFile(handles[0], handles[1], LockedMapping.Of(handles[0], (nuint)(Blocks * BlockBytes)));
        }
        catch (IOException e)
        {
            throw new ReferenceUnavailableException($"the file cannot be locked in memory ({e.Message}): cached reads would measure the disk");
        }
    }

    /// <summary>For reading, buffered by the kernel.</summary>
    public static SafeFileHandle Open(string path)
        => File.OpenHandle(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, FileOptions.Asynchronous);

    public void Dispose()
    {
        _mapping.Dispose();
        Ours.Dispose();
        Reference.Dispose();
    }
}
