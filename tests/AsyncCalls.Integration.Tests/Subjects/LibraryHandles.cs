using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace AsyncCalls.Integration.Tests.Subjects;

/// <summary>System calls by <c>[LibraryImport]</c>, on handles.</summary>
internal static partial class LibraryHandles
{
    [AsyncCall]
    [LibraryImport("libc", SetLastError = true)]
    public static partial nint read(SafeFileHandle fd, Span<byte> buf, nuint count);

    [AsyncCall]
    [LibraryImport("libc", EntryPoint = "read", SetLastError = true)]
    public static partial int readInt32(SafeFileHandle fd, Span<byte> buf, int count);

    [AsyncCall]
    [LibraryImport("libc", EntryPoint = "read", SetLastError = true)]
    public static partial long readInt64(SafeFileHandle fd, Span<byte> buf, long count);

    [AsyncCall]
    [LibraryImport("libc", SetLastError = true)]
    public static partial nint write(SafeFileHandle fd, ReadOnlySpan<byte> buf, nuint count);

    [AsyncCall]
    [LibraryImport("libc", EntryPoint = "write", SetLastError = true)]
    public static partial int writeInt32(SafeFileHandle fd, ReadOnlySpan<byte> buf, int count);

    [AsyncCall]
    [LibraryImport("libc", EntryPoint = "write", SetLastError = true)]
    public static partial long writeInt64(SafeFileHandle fd, ReadOnlySpan<byte> buf, long count);

    [AsyncCall]
    [LibraryImport("libc", SetLastError = true)]
    public static partial nint pread(SafeFileHandle fd, Span<byte> buf, nuint count, long offset);

    [AsyncCall]
    [LibraryImport("libc", SetLastError = true)]
    public static partial long pread64(SafeFileHandle fd, Span<byte> buf, nint count, long offset);

    [AsyncCall]
    [LibraryImport("libc", EntryPoint = "pread", SetLastError = true)]
    public static partial int preadInt32(SafeFileHandle fd, Span<byte> buf, uint count, nint offset);

    [AsyncCall]
    [LibraryImport("libc", SetLastError = true)]
    public static partial nint pwrite(SafeFileHandle fd, ReadOnlySpan<byte> buf, nuint count, long offset);

    [AsyncCall]
    [LibraryImport("libc", SetLastError = true)]
    public static partial long pwrite64(SafeFileHandle fd, ReadOnlySpan<byte> buf, nint count, long offset);

    [AsyncCall]
    [LibraryImport("libc", EntryPoint = "pwrite", SetLastError = true)]
    public static partial int pwriteInt32(SafeFileHandle fd, ReadOnlySpan<byte> buf, uint count, nint offset);

    [AsyncCall]
    [LibraryImport("libc", SetLastError = true)]
    public static partial int fsync(SafeFileHandle fd);

    [AsyncCall]
    [LibraryImport("libc", SetLastError = true)]
    public static partial int fdatasync(SafeFileHandle fd);

    [AsyncCall]
    [LibraryImport("libc", SetLastError = true)]
    public static partial int ftruncate(SafeFileHandle fd, long length);

    [AsyncCall]
    [LibraryImport("libc", SetLastError = true)]
    public static partial int fallocate(SafeFileHandle fd, int mode, long offset, long len);

    [AsyncCall]
    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    public static partial int openat(SafeFileHandle dirfd, string path, int flags, uint mode);

    [AsyncCall]
    [LibraryImport("libc", EntryPoint = "openat", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    public static partial SafeFileHandle openatHandle(SafeFileHandle dirfd, string path, int flags, uint mode);
}
