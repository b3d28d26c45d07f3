using Microsoft.Win32.SafeHandles;

namespace TreeDigest.Files;

/// <summary>One way of opening and reading files.</summary>
internal interface IFileSource
{
    /// <summary>What the comparison calls it.</summary>
    string Name { get; }

    /// <summary>Whether its tasks are always complete and block instead: then each lane needs a thread of its own.</summary>
    bool Blocks { get; }

    ValueTask<SafeFileHandle> OpenAsync(string path, CancellationToken cancellationToken);

    ValueTask<int> ReadAsync(SafeFileHandle file, Memory<byte> buffer, long offset, CancellationToken cancellationToken);
}
