using System.Net.Sockets;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace AsyncCalls.Integration.Tests.Subjects;

/// <summary>Imports whose twins are streams.</summary>
internal static partial class StreamImports
{
    [AsyncCall(Multishot = true)]
    [LibraryImport("libc", SetLastError = true)]
    public static partial int accept4(SafeSocketHandle listener, nint address, nint addressLength, int flags);

    [AsyncCall(Multishot = true)]
    [LibraryImport("libc", SetLastError = true)]
    public static partial nint recv(SafeHandle socket, Span<byte> buffer, nuint length, int flags);

    [AsyncCall(Multishot = true)]
    [DllImport("libc", SetLastError = true)]
    public static extern nint read(SafeFileHandle fd, byte[] buffer, nuint length);
}
