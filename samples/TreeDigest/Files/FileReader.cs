using AsyncCalls;
using Microsoft.Win32.SafeHandles;

namespace TreeDigest.Files;

/// <summary>
/// The file I/O of this program, written as one would write it synchronously. The attribute adds <c>OpenAsync</c>,
/// <c>ReadAsync</c> and <c>ListAsync</c>, which the rest of the program awaits; the first two are what
/// <see cref="IFileSource"/> asks for.
/// </summary>
internal sealed partial class FileReader(AsyncCallRuntime calls) : IFileSource
{
    /// <inheritdoc/>
    public string Name => "twins";

    /// <inheritdoc/>
    public bool Blocks => false;

    /// <summary>Opens a file for reading, whoever else has it open.</summary>
    [AsyncCall]
    public SafeFileHandle Open(string path)
        => File.OpenHandle(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);

    /// <summary>Reads from a position of a file; 0 is its end.</summary>
    [AsyncCall]
    public int Read(SafeFileHandle file, Span<byte> buffer, long offset)
        => RandomAccess.Read(file, buffer, offset);

    /// <summary>Lists a folder, sorted. There is no system call for that: the twin runs this body on a worker thread.</summary>
    [AsyncCall]
    public IReadOnlyList<FolderEntry> List(string folder, CancellationToken cancellationToken)
        => FolderListing.Read(folder, cancellationToken);
}
