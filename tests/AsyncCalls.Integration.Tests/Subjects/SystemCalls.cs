using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace AsyncCalls.Integration.Tests.Subjects;

/// <summary>Imports of system calls that the runtime describes argument by argument: every kind of argument, and every kind of result.</summary>
internal static partial class SystemCalls
{
    [AsyncCall]
    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int statx(SafeFileHandle directory, string path, int flags, uint mask, Span<byte> result);

    [AsyncCall]
    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int rename(string from, string to);

    [AsyncCall]
    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int renameat2(SafeFileHandle oldDirectory, string oldPath, SafeFileHandle newDirectory, string newPath, uint flags);

    [AsyncCall]
    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int mkdir(string path, uint mode);

    [AsyncCall]
    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int unlinkat(SafeFileHandle directory, string path, int flags);

    [AsyncCall]
    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int symlinkat(string target, SafeFileHandle directory, string path);

    [AsyncCall]
    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial nint getxattr(string path, string name, Span<byte> value, nuint size);

    [AsyncCall]
    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int setxattr(string path, string name, ReadOnlySpan<byte> value, int size, int flags);

    [AsyncCall]
    [LibraryImport("libc", SetLastError = true)]
    internal static partial int posix_fadvise(SafeFileHandle file, long offset, long length, int advice);

    [AsyncCall]
    [LibraryImport("libc", SetLastError = true)]
    internal static partial int pipe2(Span<int> descriptors, int flags);

    [AsyncCall]
    [LibraryImport("libc", SetLastError = true)]
    internal static partial SafeFileHandle socket(int domain, int type, int protocol);

    [AsyncCall]
    [LibraryImport("libc", SetLastError = true)]
    internal static partial int bind(SafeFileHandle socket, byte[] address, int length);

    [AsyncCall]
    [LibraryImport("libc", SetLastError = true)]
    internal static partial int listen(SafeFileHandle socket, int backlog);

    [AsyncCall]
    [LibraryImport("libc", SetLastError = true)]
    internal static partial SafeFileHandle accept4(SafeFileHandle socket, Span<byte> address, Span<uint> addressLength, int flags);

    [AsyncCall]
    [LibraryImport("libc", SetLastError = true)]
    internal static partial int connect(SafeFileHandle socket, byte[] address, int length);

    [AsyncCall]
    [LibraryImport("libc", SetLastError = true)]
    internal static partial nint send(SafeFileHandle socket, ReadOnlySpan<byte> buffer, nuint length, int flags);

    [AsyncCall]
    [LibraryImport("libc", SetLastError = true)]
    internal static partial nint recv(SafeFileHandle socket, Span<byte> buffer, nuint length, int flags);

    [AsyncCall]
    [LibraryImport("libc", SetLastError = true)]
    internal static partial int shutdown(SafeFileHandle socket, int how);
}
