using Microsoft.Win32.SafeHandles;

namespace TreeDigest.Files;

/// <summary>Synchronous reads: the very methods whose twins the program uses.</summary>
internal sealed class SynchronousSource(FileReader reader) : IFileSource
{
    public string Name => "synchronous";

    public bool Blocks => true;

    public ValueTask<SafeFileHandle> OpenAsync(string path, CancellationToken cancellationToken) => new(reader.Open(path));

    public ValueTask<int> ReadAsync(SafeFileHandle file, Memory<byte> buffer, long offset, CancellationToken cancellationToken)
        => new(reader.Read(file, buffer.Span, offset));
}

/// <summary>What the class library offers today: an open that blocks, then <see cref="RandomAccess"/> on thread-pool threads.</summary>
internal sealed class RandomAccessSource : IFileSource
{
    public string Name => "RandomAccess.ReadAsync";

    public bool Blocks => false;

    public ValueTask<SafeFileHandle> OpenAsync(string path, CancellationToken cancellationToken)
        => new(File.OpenHandle(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, FileOptions.Asynchronous));

    public ValueTask<int> ReadAsync(SafeFileHandle file, Memory<byte> buffer, long offset, CancellationToken cancellationToken)
        => RandomAccess.ReadAsync(file, buffer, offset, cancellationToken);
}
