using System;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using AsyncCalls;
using Microsoft.Win32.SafeHandles;

namespace Demo;

internal static partial class Libc
{
    // What a single call has and a stream has not may be of any type.
    [AsyncCall(Multishot = true)]
    [LibraryImport("libc", SetLastError = true)]
    internal static partial int accept4(SafeSocketHandle listener, nint address, nint addressLength, int flags);

    [AsyncCall(Multishot = true, Name = "AcceptAllAsync")]
    [LibraryImport("libc", EntryPoint = "accept", SetLastError = true)]
    internal static unsafe partial int Accept(SafeHandle listener, byte* address, ref uint addressLength);

    [AsyncCall(Multishot = true)]
    [LibraryImport("libc", EntryPoint = "recv", SetLastError = true)]
    internal static partial nint Receive(SafeHandle socket, Span<byte> buffer, nuint length, int flags = 0);

    [AsyncCall(Multishot = true)]
    [LibraryImport("libc", SetLastError = true)]
    internal static partial nint read(SafeFileHandle fd, byte[] buffer, nint length);

    [AsyncCall(Multishot = true, Name = "ReceiveWithDefaultsAsync")]
    [LibraryImport("libc", EntryPoint = "recv", SetLastError = true)]
    internal static partial nint ReceiveWithDefaults(SafeHandle socket = null!, nint buffer = 0, nuint length = 0, int flags = 0);

    // The same function twice: a call, and a stream of calls.
    [AsyncCall]
    [LibraryImport("libc", EntryPoint = "read", SetLastError = true)]
    internal static partial nint ReadOnce(SafeFileHandle fd, Span<byte> buffer, nuint length);
}

internal sealed partial class Terminal(AsyncCallRuntime calls)
{
    internal AsyncCallRuntime Calls { get; } = calls;

    [AsyncCall(Multishot = true)]
    [DllImport("libc", SetLastError = true)]
    internal static extern nint read(SafeFileHandle fd, byte[] runtime, nint length);
}
