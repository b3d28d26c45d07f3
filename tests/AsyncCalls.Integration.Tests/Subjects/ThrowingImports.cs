using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace AsyncCalls.Integration.Tests.Subjects;

/// <summary>Imports whose twins throw what the class library throws.</summary>
internal static partial class ThrowingImports
{
    [AsyncCall(Errors = AsyncCallErrors.Exception)]
    [LibraryImport("libc", SetLastError = true)]
    public static partial nint pread(SafeFileHandle fd, Span<byte> buf, nuint count, long offset);

    [AsyncCall(Errors = AsyncCallErrors.Exception)]
    [LibraryImport("libc", SetLastError = true)]
    public static partial long pwrite(SafeFileHandle fd, ReadOnlySpan<byte> buf, long count, long offset);

    [AsyncCall(Errors = AsyncCallErrors.Exception)]
    [LibraryImport("libc", SetLastError = true)]
    public static partial int ftruncate(SafeFileHandle fd, long length);

    [AsyncCall(Errors = AsyncCallErrors.Exception)]
    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    public static partial SafeFileHandle open(string path, int flags, uint mode);
}
