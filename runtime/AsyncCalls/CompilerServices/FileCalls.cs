using System.ComponentModel;
using Microsoft.Win32.SafeHandles;

namespace AsyncCalls.CompilerServices;

/// <summary>Asynchronous forms of <see cref="File"/>, for generated code.</summary>
[EditorBrowsable(EditorBrowsableState.Never)]
public static class FileCalls
{
    /// <summary>
    /// <see cref="File.OpenHandle"/>, on a worker: besides open(2) it locks the file, refuses directories and reserves space, which no single native
    /// call does.
    /// </summary>
    /// <remarks>A relative path is resolved now, against the working directory of this moment, as the class library does.</remarks>
    public static ValueTask<SafeFileHandle> OpenHandle(
        AsyncCallRuntime runtime,
        string method,
        string path,
        FileMode mode,
        FileAccess access,
        FileShare share,
        FileOptions options,
        long preallocationSize,
        CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(runtime);
        if (!AreValid(path, mode, access, share, options, preallocationSize))
        {
            // The class library says what is wrong, before it touches a file; should it find nothing wrong, the handle is the result.
            return new ValueTask<SafeFileHandle>(File.OpenHandle(path, mode, access, share, options, preallocationSize));
        }

        return WorkerCalls.Run(
            runtime,
            method,
            (path: Path.GetFullPath(path), mode, access, share, options, preallocationSize),
            static state => File.OpenHandle(state.path, state.mode, state.access, state.share, state.options, state.preallocationSize),
            cancellationToken);
    }

    private static bool AreValid(string path, FileMode mode, FileAccess access, FileShare share, FileOptions options, long preallocationSize)
    {
        const FileShare KnownShares = FileShare.ReadWrite | FileShare.Delete | FileShare.Inheritable;
        const FileOptions KnownOptions = FileOptions.WriteThrough | FileOptions.Asynchronous | FileOptions.RandomAccess
            | FileOptions.DeleteOnClose | FileOptions.SequentialScan | FileOptions.Encrypted;

        bool writes = (access & FileAccess.Write) != 0;
        bool makes = mode is FileMode.Create or FileMode.CreateNew;
        return !string.IsNullOrEmpty(path) && !path.Contains('\0', StringComparison.Ordinal)
            && mode is >= FileMode.CreateNew and <= FileMode.Append
            && access is >= FileAccess.Read and <= FileAccess.ReadWrite
            && (share & ~KnownShares) == 0
            && (options & ~KnownOptions) == 0
            && (writes || mode is FileMode.Open or FileMode.OpenOrCreate)
            && (mode != FileMode.Append || access == FileAccess.Write)
            && (preallocationSize == 0 || (preallocationSize > 0 && writes && makes));
    }
}
