using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace AsyncCalls.Integration.Tests.Subjects;

// The import that the marshaller of the runtime serves is what is tested.
#pragma warning disable SYSLIB1054, CA2101

/// <summary>System calls by <c>[DllImport]</c>, on handles.</summary>
internal static partial class DllHandles
{
    [AsyncCall]
    [DllImport("libc", SetLastError = true)]
    public static extern nint read(SafeFileHandle fd, byte[] buf, nuint count);

    [AsyncCall]
    [DllImport("libc", EntryPoint = "read", SetLastError = true)]
    public static extern int readInt32(SafeFileHandle fd, byte[] buf, int count);

    [AsyncCall]
    [DllImport("libc", EntryPoint = "read", SetLastError = true)]
    public static extern long readInt64(SafeFileHandle fd, byte[] buf, long count);

    [AsyncCall]
    [DllImport("libc", SetLastError = true)]
    public static extern nint write(SafeFileHandle fd, byte[] buf, nuint count);

    [AsyncCall]
    [DllImport("libc", EntryPoint = "write", SetLastError = true)]
    public static extern int writeInt32(SafeFileHandle fd, byte[] buf, int count);

    [AsyncCall]
    [DllImport("libc", EntryPoint = "write", SetLastError = true)]
    public static extern long writeInt64(SafeFileHandle fd, byte[] buf, long count);

    [AsyncCall]
    [DllImport("libc", SetLastError = true)]
    public static extern nint pread(SafeFileHandle fd, byte[] buf, nuint count, long offset);

    [AsyncCall]
    [DllImport("libc", SetLastError = true)]
    public static extern long pread64(SafeFileHandle fd, byte[] buf, nint count, long offset);

    [AsyncCall]
    [DllImport("libc", EntryPoint = "pread", SetLastError = true)]
    public static extern int preadInt32(SafeFileHandle fd, byte[] buf, uint count, nint offset);

    [AsyncCall]
    [DllImport("libc", SetLastError = true)]
    public static extern nint pwrite(SafeFileHandle fd, byte[] buf, nuint count, long offset);

    [AsyncCall]
    [DllImport("libc", SetLastError = true)]
    public static extern long pwrite64(SafeFileHandle fd, byte[] buf, nint count, long offset);

    [AsyncCall]
    [DllImport("libc", EntryPoint = "pwrite", SetLastError = true)]
    public static extern int pwriteInt32(SafeFileHandle fd, byte[] buf, uint count, nint offset);

    [AsyncCall]
    [DllImport("libc", SetLastError = true)]
    public static extern int fsync(SafeFileHandle fd);

    [AsyncCall]
    [DllImport("libc", SetLastError = true)]
    public static extern int fdatasync(SafeFileHandle fd);

    [AsyncCall]
    [DllImport("libc", SetLastError = true)]
    public static extern int ftruncate(SafeFileHandle fd, long length);

    [AsyncCall]
    [DllImport("libc", SetLastError = true)]
    public static extern int fallocate(SafeFileHandle fd, int mode, long offset, long len);

    [AsyncCall]
    [DllImport("libc", SetLastError = true)]
    public static extern int openat(SafeFileHandle dirfd, [MarshalAs(UnmanagedType.LPUTF8Str)] string path, int flags, uint mode);

    [AsyncCall]
    [DllImport("libc", EntryPoint = "openat", SetLastError = true)]
    public static extern SafeFileHandle openatHandle(SafeFileHandle dirfd, [MarshalAs(UnmanagedType.LPUTF8Str)] string path, int flags, uint mode);
}
