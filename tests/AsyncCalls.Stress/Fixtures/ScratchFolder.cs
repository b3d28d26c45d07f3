namespace AsyncCalls.Stress.Fixtures;

/// <summary>Where the files of a proof live: on a disk, and only as long as it runs.</summary>
internal sealed class ScratchFolder : IDisposable
{
    /// <summary>Part of the name of every such folder.</summary>
    public const string Mark = "asynccalls-stress-";

    private static readonly string[] InMemory = ["tmpfs", "ramfs"];

    private readonly string _path;

    public ScratchFolder()
    {
        string[] candidates = [Path.GetTempPath(), AppContext.BaseDirectory];
        string parent = candidates.FirstOrDefault(static path => !InMemory.Contains(new DriveInfo(path).DriveFormat)) ?? candidates[0];
        _path = Path.Combine(parent, $"{Mark}{Environment.ProcessId}-{Guid.NewGuid():n}");
        Directory.CreateDirectory(_path);
    }

    /// <summary>Makes a file of pages that each begin with the number of the file and their own.</summary>
    public string CreateFile(int number, int pages)
    {
        string path = Path.Combine(_path, $"file{number}");
        using var file = new FileStream(path, FileMode.CreateNew, FileAccess.Write, FileShare.None, bufferSize: 0);
        byte[] content = new byte[pages * PageIdentity.PageBytes];
        for (int page = 0; page < pages; page++)
        {
            PageIdentity.Write(content.AsSpan(page * PageIdentity.PageBytes, PageIdentity.PageBytes), number, page);
        }

        file.Write(content);

        // On the disk now, so that nobody writes it back while it is being read.
        file.Flush(flushToDisk: true);
        return path;
    }

    public void Dispose() => Directory.Delete(_path, recursive: true);
}
