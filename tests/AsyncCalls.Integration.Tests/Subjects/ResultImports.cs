using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace AsyncCalls.Integration.Tests.Subjects;

/// <summary>Imports whose twins give the error number beside the result.</summary>
internal static partial class ResultImports
{
    [AsyncCall(Errors = AsyncCallErrors.Result)]
    [LibraryImport("libc", SetLastError = true)]
    public static partial nint pread(SafeFileHandle fd, Span<byte> buf, nuint count, long offset);

    [AsyncCall(Errors = AsyncCallErrors.Result)]
    [LibraryImport("libc", SetLastError = true)]
    public static partial long pwrite(SafeFileHandle fd, ReadOnlySpan<byte> buf, long count, long offset);

    [AsyncCall(Errors = AsyncCallErrors.Result)]
    [LibraryImport("libc", SetLastError = true)]
    public static partial int ftruncate(SafeFileHandle fd, long length);

    [AsyncCall(Errors = AsyncCallErrors.Result)]
    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    public static partial SafeFileHandle open(string path, int flags, uint mode);

    [AsyncCall(Errors = AsyncCallErrors.Result)]
    [LibraryImport("libc", SetLastError = true)]
    public static partial SafeFileHandle dup(SafeFileHandle fd);

    [AsyncCall(Errors = AsyncCallErrors.Result)]
    [LibraryImport("libc", SetLastError = true)]
    public static partial int clock_getres(int clock, out TimeSpec resolution);
}
