namespace AsyncCalls.Benchmarks.Fixtures;

/// <summary>
/// Where the files of the benchmarks live: the temporary folder, or, where that is in memory, the program's own. Files are
/// opened by everyone who needs them and deleted at once, so that nothing stays behind however the run ends.
/// </summary>
internal sealed class BenchmarkFolder
{
    private static readonly string[] InMemory = ["tmpfs", "ramfs"];

    private BenchmarkFolder(string path, string format)
    {
        Path = path;
        Format = format;
    }

    public string Path { get; }

    /// <summary>The file system.</summary>
    public string Format { get; }

    /// <summary>A folder on a disk.</summary>
    public static BenchmarkFolder OnDisk()
    {
        string[] candidates = [System.IO.Path.GetTempPath(), AppContext.BaseDirectory];
        string chosen = candidates.FirstOrDefault(path => !InMemory.Contains(FormatOf(path))) ?? candidates[0];
        return new BenchmarkFolder(chosen, FormatOf(chosen));
    }

    /// <summary>A folder in memory, or null where the system has none.</summary>
    public static BenchmarkFolder? InSharedMemory()
    {
        const string sharedMemory = "/dev/shm";
        return Directory.Exists(sharedMemory) && InMemory.Contains(FormatOf(sharedMemory))
            ? new BenchmarkFolder(sharedMemory, FormatOf(sharedMemory))
            : null;
    }

    /// <summary>Makes a file of that many random bytes, opens it with the given functions and deletes it.</summary>
    public T[] OpenAndDelete<T>(long length, params Func<string, T>[] open)
    {
        string path = System.IO.Path.Combine(Path, $"asynccalls-{Environment.ProcessId}-{Guid.NewGuid():n}");
        try
        {
            Fill(path, length);
            return [.. open.Select(one => one(path))];
        }
        finally
        {
            File.Delete(path);
        }
    }

    private static void Fill(string path, long length)
    {
        byte[] chunk = new byte[1 << 20];
        Random.Shared.NextBytes(chunk);
        using FileStream file = new(path, FileMode.CreateNew, FileAccess.Write, FileShare.None, bufferSize: 0);
        for (long written = 0; written < length; written += chunk.Length)
        {
            file.Write(chunk.AsSpan(0, (int)Math.Min(chunk.Length, length - written)));
        }

        // On the disk now, so that nobody writes it back while it is being read.
        file.Flush(flushToDisk: true);
    }

    private static string FormatOf(string path)
    {
        try
        {
            return new DriveInfo(path).DriveFormat;
        }
        catch (IOException)
        {
            return "unknown";
        }
    }
}
