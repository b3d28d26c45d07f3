using System.Runtime.InteropServices;
using AsyncCalls;
using Microsoft.Win32.SafeHandles;

namespace DeviceReader.Interop;

/// <summary>
/// The system calls of this program. The attribute adds <c>openAsync</c>, <c>readAsync</c> and <c>writeAsync</c>; errors come as the exceptions that .NET has for them.
/// </summary>
internal static partial class Libc
{
    public const int ReadOnly = 0; // O_RDONLY
    public const int NoControllingTerminal = 0x100; // O_NOCTTY
    public const int CloseOnExec = 0x80000; // O_CLOEXEC

    /// <summary>Opening a pipe by its name waits until somebody writes to it, so this needs a twin as much as reading does.</summary>
    [AsyncCall(Errors = AsyncCallErrors.Exception)]
    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial SafeFileHandle open(string path, int flags, int mode);

    [AsyncCall(Errors = AsyncCallErrors.Exception)]
    [LibraryImport("libc", SetLastError = true)]
    internal static partial nint read(SafeFileHandle fd, Span<byte> buf, nuint count);

    [AsyncCall(Errors = AsyncCallErrors.Exception)]
    [LibraryImport("libc", SetLastError = true)]
    internal static partial nint write(SafeFileHandle fd, ReadOnlySpan<byte> buf, nuint count);

    [LibraryImport("libc", SetLastError = true)]
    internal static partial int tcgetattr(SafeFileHandle fd, Span<byte> settings);

    [LibraryImport("libc", SetLastError = true)]
    internal static partial int tcsetattr(SafeFileHandle fd, int when, ReadOnlySpan<byte> settings);

    [LibraryImport("libc", SetLastError = true)]
    internal static partial int tcgetpgrp(SafeFileHandle fd);

    [LibraryImport("libc")]
    internal static partial int getpgrp();
}
