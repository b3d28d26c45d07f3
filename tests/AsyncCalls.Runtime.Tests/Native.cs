using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace AsyncCalls.Runtime.Tests;

/// <summary>The plain imports that the twins are compared with, and what tests need of the system.</summary>
internal static unsafe partial class Native
{
    public const int ReadOnly = 0;
    public const int WriteOnly = 1;
    public const int ReadWrite = 2;
    public const int Create = 0x40;
    public const int CloseOnExec = 0x80000;
    public const int Direct = 0x4000;
    public const int NonBlock = 0x800;
    public const int GetDescriptorFlags = 1;
    public const int DontNeed = 4;
    public const int FileLimit = 7;
    public const short PollIn = 1;
    public const int LockExclusive = 2;
    public const int LockNow = 4;

    [LibraryImport("libc", SetLastError = true)]
    public static partial nint read(int fd, byte* buf, nuint count);

    [LibraryImport("libc", SetLastError = true)]
    public static partial nint write(int fd, byte* buf, nuint count);

    [LibraryImport("libc", SetLastError = true)]
    public static partial nint pread(int fd, byte* buf, nuint count, long offset);

    [LibraryImport("libc", SetLastError = true)]
    public static partial nint pwrite(int fd, byte* buf, nuint count, long offset);

    [LibraryImport("libc", SetLastError = true)]
    public static partial int fsync(int fd);

    [LibraryImport("libc", SetLastError = true)]
    public static partial int fdatasync(int fd);

    [LibraryImport("libc", SetLastError = true)]
    public static partial int ftruncate(int fd, long length);

    [LibraryImport("libc", SetLastError = true)]
    public static partial int fallocate(int fd, int mode, long offset, long len);

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    public static partial int open(string path, int flags, uint mode);

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    public static partial int openat(int dirfd, string path, int flags, uint mode);

    [LibraryImport("libc", SetLastError = true)]
    public static partial int close(int fd);

    [LibraryImport("libc", SetLastError = true)]
    public static partial int dup2(int from, int to);

    [LibraryImport("libc", SetLastError = true)]
    public static partial int flock(int fd, int operation);

    [LibraryImport("libc", SetLastError = true)]
    public static partial int fcntl(int fd, int command, nint argument);

    [LibraryImport("libc", SetLastError = true)]
    public static partial int posix_fadvise(int fd, long offset, long length, int advice);

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    public static partial int mkfifo(string path, uint mode);

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    public static partial int mknod(string path, uint mode, ulong device);

    [LibraryImport("libc", SetLastError = true)]
    public static partial int pause();

    [LibraryImport("libc", SetLastError = true)]
    public static partial int poll(PollEntry* entries, ulong count, int timeoutMs);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int getrlimit(int resource, Limits* limits);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int setrlimit(int resource, Limits* limits);

    /// <summary>What the descriptors of this process refer to.</summary>
    public static string[] OpenFiles() => [.. Directory.GetFiles("/proc/self/fd").Select(static path => new FileInfo(path).LinkTarget ?? "")];

    public static Limits GetLimit(int resource)
    {
        Limits limits;
        Assert.Equal(0, getrlimit(resource, &limits));
        return limits;
    }

    public static void SetLimit(int resource, Limits limits) => Assert.Equal(0, setrlimit(resource, &limits));

    /// <summary>A handle of a file opened with the flags of open(2).</summary>
    public static SafeFileHandle OpenFile(string path, int flags) => new(open(path, flags | CloseOnExec, 0x1A4), ownsHandle: true);

    /// <summary>Whether a descriptor can be read at once.</summary>
    public static bool IsReadable(SafeHandle handle, int timeoutMs = 0)
    {
        var entry = new PollEntry { Fd = (int)handle.DangerousGetHandle(), Events = PollIn };
        int result;
        do
        {
            result = poll(&entry, 1, timeoutMs);
        }
        while (result < 0 && Marshal.GetLastPInvokeError() == 4);

        return result == 1 && (entry.Returned & PollIn) != 0;
    }

    /// <summary>Writes all bytes, blocking.</summary>
    public static void WriteAll(SafeHandle handle, ReadOnlySpan<byte> data)
    {
        while (!data.IsEmpty)
        {
            fixed (byte* start = data)
            {
                nint written = write((int)handle.DangerousGetHandle(), start, (nuint)data.Length);
                Assert.True(written > 0, $"write answered errno {Marshal.GetLastPInvokeError()}");
                data = data[(int)written..];
            }
        }
    }

    /// <summary>What one read(2) of up to so many bytes gives.</summary>
    public static byte[] ReadOnce(SafeHandle handle, int count)
    {
        byte[] buffer = new byte[count];
        fixed (byte* start = buffer)
        {
            nint got = read((int)handle.DangerousGetHandle(), start, (nuint)count);
            Assert.True(got > 0, "There is nothing to read.");
            return buffer[..(int)got];
        }
    }

    /// <summary>Writes once, blocking: the answer of write(2).</summary>
    public static int WriteOnce(SafeHandle handle, ReadOnlySpan<byte> data)
    {
        fixed (byte* start = data)
        {
            return (int)write((int)handle.DangerousGetHandle(), start, (nuint)data.Length);
        }
    }

    /// <summary>Reads once, blocking.</summary>
    public static int ReadSome(SafeHandle handle, Span<byte> buffer)
    {
        fixed (byte* start = buffer)
        {
            return (int)read((int)handle.DangerousGetHandle(), start, (nuint)buffer.Length);
        }
    }

    [StructLayout(LayoutKind.Sequential)]
    public struct PollEntry
    {
        public int Fd;
        public short Events;
        public short Returned;
    }

    [StructLayout(LayoutKind.Sequential)]
    public struct Limits
    {
        public ulong Current;
        public ulong Most;
    }
}
