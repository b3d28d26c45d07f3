using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace AsyncCalls.Integration.Tests.Subjects;

/// <summary><c>struct timespec</c>.</summary>
internal readonly record struct TimeSpec(nint Seconds, nint Nanoseconds);

/// <summary><c>div_t</c>.</summary>
internal readonly record struct Quotient(int Whole, int Rest);

/// <summary><c>struct in_addr</c>.</summary>
internal readonly record struct Address(uint Value);

internal enum Whence
{
    Start = 0,
    Current = 1,
    End = 2,
    Wrong = 99,
}

internal enum Status
{
    Failed = -1,
    Done = 0,
}

/// <summary>Imports with values of every kind; but for the first they have no native path.</summary>
internal static partial class ValueImports
{
    [AsyncCall]
    [LibraryImport("libc", EntryPoint = "open", SetLastError = true)]
    public static partial int openMarshalled([MarshalAs(UnmanagedType.LPUTF8Str)] string path, int flags, uint mode);

    // UTF-16 ends after its first byte for C.
    [AsyncCall]
    [LibraryImport("libc", EntryPoint = "open", SetLastError = true, StringMarshalling = StringMarshalling.Utf16)]
    public static partial int openWide(string path, int flags, uint mode);

    [AsyncCall]
    [LibraryImport("libc", SetLastError = true)]
    public static partial nint lseek(SafeFileHandle fd, nint offset, Whence whence);

    [AsyncCall]
    [LibraryImport("libc", SetLastError = true)]
    public static partial Status flock(SafeFileHandle fd, int operation);

    [AsyncCall]
    [LibraryImport("libc", SetLastError = true)]
    public static partial SafeFileHandle dup(SafeFileHandle fd);

    [AsyncCall]
    [LibraryImport("libc", SetLastError = true)]
    public static partial Quotient div(int numerator, int denominator);

    [AsyncCall]
    [LibraryImport("libc", SetLastError = true)]
    public static partial uint inet_netof(Address address);

    [AsyncCall]
    [LibraryImport("libc", SetLastError = true)]
    public static partial int clock_getres(int clock, out TimeSpec resolution);

    [AsyncCall]
    [LibraryImport("libc", SetLastError = true)]
    public static partial int nanosleep(in TimeSpec time, out TimeSpec left);

    [AsyncCall(Errors = AsyncCallErrors.Exception)]
    [LibraryImport("libc", EntryPoint = "dup", SetLastError = true)]
    public static partial SafeFileHandle dupOrThrow(SafeFileHandle fd);

    [AsyncCall(Errors = AsyncCallErrors.Exception)]
    [LibraryImport("libc", EntryPoint = "flock", SetLastError = true)]
    public static partial Status flockOrThrow(SafeFileHandle fd, int operation);

    [AsyncCall(Errors = AsyncCallErrors.Exception)]
    [LibraryImport("libc", EntryPoint = "clock_getres", SetLastError = true)]
    public static partial int clock_getresOrThrow(int clock, out TimeSpec resolution);
}
