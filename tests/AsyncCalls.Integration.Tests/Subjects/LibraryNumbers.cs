using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace AsyncCalls.Integration.Tests.Subjects;

// The tests keep every number open for as long as a call has it.
#pragma warning disable AC0012

/// <summary>System calls by <c>[LibraryImport]</c>, on numbers of descriptors.</summary>
internal static partial class LibraryNumbers
{
    [AsyncCall]
    [LibraryImport("libc", SetLastError = true)]
    public static partial nint read(int fd, Span<byte> buf, nuint count);

    [AsyncCall]
    [LibraryImport("libc", EntryPoint = "read", SetLastError = true)]
    public static partial int readInt32(int fd, Span<byte> buf, int count);

    [AsyncCall]
    [LibraryImport("libc", EntryPoint = "read", SetLastError = true)]
    public static partial long readInt64(int fd, Span<byte> buf, long count);

    [AsyncCall]
    [LibraryImport("libc", SetLastError = true)]
    public static partial nint write(int fd, ReadOnlySpan<byte> buf, nuint count);

    [AsyncCall]
    [LibraryImport("libc", EntryPoint = "write", SetLastError = true)]
    public static partial int writeInt32(int fd, ReadOnlySpan<byte> buf, int count);

    [AsyncCall]
    [LibraryImport("libc", EntryPoint = "write", SetLastError = true)]
    public static partial long writeInt64(int fd, ReadOnlySpan<byte> buf, long count);

    [AsyncCall]
    [LibraryImport("libc", SetLastError = true)]
    public static partial nint pread(int fd, Span<byte> buf, nuint count, long offset);

    [AsyncCall]
    [LibraryImport("libc", SetLastError = true)]
    public static partial long pread64(int fd, Span<byte> buf, nint count, long offset);

    [AsyncCall]
    [LibraryImport("libc", EntryPoint = "pread", SetLastError = true)]
    public static partial int preadInt32(int fd, Span<byte> buf, uint count, nint offset);

    [AsyncCall]
    [LibraryImport("libc", SetLastError = true)]
    public static partial nint pwrite(int fd, ReadOnlySpan<byte> buf, nuint count, long offset);

    [AsyncCall]
    [LibraryImport("libc", SetLastError = true)]
    public static partial long pwrite64(int fd, ReadOnlySpan<byte> buf, nint count, long offset);

    [AsyncCall]
    [LibraryImport("libc", EntryPoint = "pwrite", SetLastError = true)]
    public static partial int pwriteInt32(int fd, ReadOnlySpan<byte> buf, uint count, nint offset);

    [AsyncCall]
    [LibraryImport("libc", SetLastError = true)]
    public static partial int fsync(int fd);

    [AsyncCall]
    [LibraryImport("libc", SetLastError = true)]
    public static partial int fdatasync(int fd);

    [AsyncCall]
    [LibraryImport("libc", SetLastError = true)]
    public static partial int ftruncate(int fd, long length);

    [AsyncCall]
    [LibraryImport("libc", SetLastError = true)]
    public static partial int fallocate(int fd, int mode, long offset, long len);

    [AsyncCall]
    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    public static partial int openat(int dirfd, string path, int flags, uint mode);

    [AsyncCall]
    [LibraryImport("libc", EntryPoint = "openat", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    public static partial SafeFileHandle openatHandle(int dirfd, string path, int flags, uint mode);

    [AsyncCall]
    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    public static partial int open(string path, int flags, uint mode);

    [AsyncCall]
    [LibraryImport("libc", EntryPoint = "open", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    public static partial int openPlain(string path, int flags);

    [AsyncCall]
    [LibraryImport("libc", EntryPoint = "open", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    public static partial SafeFileHandle openHandle(string path, int flags, int mode);

    [AsyncCall]
    [LibraryImport("libc", SetLastError = true)]
    public static partial int close(int fd);
}
