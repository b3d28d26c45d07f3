using System.Net.Sockets;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace AsyncCalls.Benchmarks.Metrics;

/// <summary>Annotated imports of system calls.</summary>
internal static partial class LibcTwins
{
    [AsyncCall]
    [LibraryImport("libc", SetLastError = true)]
    internal static partial nint read(SafeFileHandle fd, Span<byte> buf, nuint count);

    [AsyncCall]
    [LibraryImport("libc", SetLastError = true)]
    internal static partial int fdatasync(SafeFileHandle fd);

    [AsyncCall]
    [LibraryImport("libc", SetLastError = true)]
    internal static partial nint recv(SafeSocketHandle sockfd, Span<byte> buf, nuint len, int flags);

    [AsyncCall]
    [LibraryImport("libc", SetLastError = true)]
    internal static partial nint send(SafeSocketHandle sockfd, ReadOnlySpan<byte> buf, nuint len, int flags);
}
