using System.Runtime.InteropServices;

namespace AsyncCalls.Interop.Linux;

/// <summary>Opening, closing, sizing and describing files.</summary>
internal static unsafe partial class Syscalls
{
    /// <summary>AT_FDCWD (linux/fcntl.h).</summary>
    public const int CurrentDirectory = -100;

    /// <summary>O_NONBLOCK, the same on x86-64 and arm64.</summary>
    public const int NonBlock = 0x800;

    /// <summary>O_DIRECT differs by architecture (asm/fcntl.h).</summary>
    public static readonly int Direct = RuntimeInformation.ProcessArchitecture == Architecture.Arm64 ? 0x10000 : 0x4000;

    private const int GetFlagsCommand = 3; // F_GETFL
    private const int SeekCurrent = 1; // SEEK_CUR
    private const int AtEmptyPath = 0x1000; // AT_EMPTY_PATH
    private const int AtStatxDontSync = 0x4000; // AT_STATX_DONT_SYNC
    private const uint StatxType = 0x1; // STATX_TYPE
    private const int StatxSize = 256; // sizeof(struct statx)
    private const int StatxModeOffset = 28; // offsetof(struct statx, stx_mode)
    private const int StatFsSizeMax = 256; // struct statfs is 120 bytes; f_type is its first field

    public static int FTruncate(int fd, long length) => (int)Answer(ftruncate(fd, length));

    public static int OpenAt(int directory, byte* path, int flags, uint mode) => (int)Answer(openat(directory, path, flags, mode));

    public static int Close(int fd) => (int)Answer(close(fd));

    /// <summary>The flags of an open file, F_GETFL.</summary>
    public static int GetFlags(int fd) => (int)Answer(fcntl(fd, GetFlagsCommand));

    /// <summary>Whether the file was told not to block; not, if it cannot be asked.</summary>
    public static bool IsNonBlocking(int fd)
    {
        int flags = GetFlags(fd);
        return flags >= 0 && (flags & NonBlock) != 0;
    }

    /// <summary>Whether the file has a position, as the class library asks it: lseek(fd, 0, SEEK_CUR).</summary>
    public static bool CanSeek(int fd) => Answer((nint)lseek(fd, 0, SeekCurrent)) >= 0;

    /// <summary>The file type bits of its mode (S_IFMT), or −errno. statx(2), because its layout is the same everywhere.</summary>
    public static int FileType(int fd)
    {
        byte* buffer = stackalloc byte[StatxSize];
        byte empty = 0;

        // As it is known here: a type does not change, and a file server that is dead need not be asked.
        nint result = Answer(statx(fd, &empty, AtEmptyPath | AtStatxDontSync, StatxType, buffer));
        return result < 0 ? (int)result : *(ushort*)(buffer + StatxModeOffset) & FileTypeMask;
    }

    public const int FileTypeMask = 0xF000; // S_IFMT
    public const int RegularFile = 0x8000; // S_IFREG
    public const int SocketFile = 0xC000; // S_IFSOCK
    public const int BlockDevice = 0x6000; // S_IFBLK

    /// <summary>Whether a descriptor is an epoll instance, by the name that /proc has for it.</summary>
    public static bool IsEpoll(int fd)
    {
        Span<byte> path = stackalloc byte[32];
        path.Clear();
        _ = System.Text.Unicode.Utf8.TryWrite(path, $"/proc/self/fd/{fd}", out _);
        Span<byte> name = stackalloc byte[32];
        fixed (byte* link = path, target = name)
        {
            nint length = Answer(readlink(link, target, (nuint)name.Length));
            return length > 0 && name[..(int)length].SequenceEqual("anon_inode:[eventpoll]"u8);
        }
    }

    /// <summary>The magic number of the file's file system (linux/magic.h), or −errno.</summary>
    public static long FileSystemMagic(int fd)
    {
        byte* buffer = stackalloc byte[StatFsSizeMax];
        nint result = Answer(fstatfs(fd, buffer));
        return result < 0 ? result : *(uint*)buffer;
    }

    [LibraryImport(Libc)]
    private static partial int openat(int dirfd, byte* path, int flags, uint mode);

    [LibraryImport(Libc)]
    private static partial int ftruncate(int fd, long length);

    [LibraryImport(Libc)]
    private static partial int close(int fd);

    [LibraryImport(Libc)]
    private static partial int fcntl(int fd, int command);

    [LibraryImport(Libc)]
    private static partial long lseek(int fd, long offset, int whence);

    [LibraryImport(Libc)]
    private static partial int statx(int dirfd, byte* path, int flags, uint mask, byte* buffer);

    [LibraryImport(Libc)]
    private static partial nint readlink(byte* path, byte* buffer, nuint size);

    [LibraryImport(Libc)]
    private static partial int fstatfs(int fd, byte* buffer);
}
