using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace AsyncCalls.Integration.Tests.Subjects;

// The tests keep every number open for as long as a call has it.
#pragma warning disable AC0012

// The import that the marshaller of the runtime serves is what is tested.
#pragma warning disable SYSLIB1054, CA2101

/// <summary>System calls by <c>[DllImport]</c>, on numbers of descriptors.</summary>
internal static partial class DllNumbers
{
    [AsyncCall]
    [DllImport("libc", SetLastError = true)]
    public static extern nint read(int fd, byte[] buf, nuint count);

    [AsyncCall]
    [DllImport("libc", EntryPoint = "read", SetLastError = true)]
    public static extern int readInt32(int fd, byte[] buf, int count);

    [AsyncCall]
    [DllImport("libc", EntryPoint = "read", SetLastError = true)]
    public static extern long readInt64(int fd, byte[] buf, long count);

    [AsyncCall]
    [DllImport("libc", SetLastError = true)]
    public static extern nint write(int fd, byte[] buf, nuint count);

    [AsyncCall]
    [DllImport("libc", EntryPoint = "write", SetLastError = true)]
    public static extern int writeInt32(int fd, byte[] buf, int count);

    [AsyncCall]
    [DllImport("libc", EntryPoint = "write", SetLastError = true)]
    public static extern long writeInt64(int fd, byte[] buf, long count);

    [AsyncCall]
    [DllImport("libc", SetLastError = true)]
    public static extern nint pread(int fd, byte[] buf, nuint count, long offset);

    [AsyncCall]
    [DllImport("libc", SetLastError = true)]
    public static extern long pread64(int fd, byte[] buf, nint count, long offset);

    [AsyncCall]
    [DllImport("libc", EntryPoint = "pread", SetLastError = true)]
    public static extern int preadInt32(int fd, byte[] buf, uint count, nint offset);

    [AsyncCall]
    [DllImport("libc", SetLastError = true)]
    public static extern nint pwrite(int fd, byte[] buf, nuint count, long offset);

    [AsyncCall]
    [DllImport("libc", SetLastError = true)]
    public static extern long pwrite64(int fd, byte[] buf, nint count, long offset);

    [AsyncCall]
    [DllImport("libc", EntryPoint = "pwrite", SetLastError = true)]
    public static extern int pwriteInt32(int fd, byte[] buf, uint count, nint offset);

    [AsyncCall]
    [DllImport("libc", SetLastError = true)]
    public static extern int fsync(int fd);

    [AsyncCall]
    [DllImport("libc", SetLastError = true)]
    public static extern int fdatasync(int fd);

    [AsyncCall]
    [DllImport("libc", SetLastError = true)]
    public static extern int ftruncate(int fd, long length);

    [AsyncCall]
    [DllImport("libc", SetLastError = true)]
    public static extern int fallocate(int fd, int mode, long offset, long len);

    [AsyncCall]
    [DllImport("libc", SetLastError = true)]
    public static extern int openat(int dirfd, [MarshalAs(UnmanagedType.LPUTF8Str)] string path, int flags, uint mode);

    [AsyncCall]
    [DllImport("libc", EntryPoint = "openat", SetLastError = true)]
    public static extern SafeFileHandle openatHandle(int dirfd, [MarshalAs(UnmanagedType.LPUTF8Str)] string path, int flags, uint mode);

    [AsyncCall]
    [DllImport("libc", SetLastError = true)]
    public static extern int open([MarshalAs(UnmanagedType.LPUTF8Str)] string path, int flags, uint mode);

    [AsyncCall]
    [DllImport("libc", EntryPoint = "open", SetLastError = true)]
    public static extern int openPlain([MarshalAs(UnmanagedType.LPUTF8Str)] string path, int flags);

    [AsyncCall]
    [DllImport("libc", EntryPoint = "open", SetLastError = true)]
    public static extern SafeFileHandle openHandle([MarshalAs(UnmanagedType.LPUTF8Str)] string path, int flags, int mode);

    [AsyncCall]
    [DllImport("libc", SetLastError = true)]
    public static extern int close(int fd);
}
