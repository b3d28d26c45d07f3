using System.Runtime.InteropServices;

namespace AsyncCalls.Interop.Linux;

/// <summary>Anonymous files that processes share (memfd_create(2)) and their seals, huge pages, mlock(2).</summary>
internal static unsafe partial class Syscalls
{
    /// <summary>F_SEAL_SHRINK and F_SEAL_GROW (linux/fcntl.h): the size is fixed for good, so that no access to a mapping can fail.</summary>
    public const int SealSize = SealShrink | SealGrow;

    /// <summary>F_SEAL_SHRINK.</summary>
    public const int SealShrink = 0x2;

    private const int SealSeal = 0x1; // F_SEAL_SEAL
    private const int SealGrow = 0x4; // F_SEAL_GROW
    private const int AddSealsCommand = 1033; // F_ADD_SEALS
    private const int GetSealsCommand = 1034; // F_GET_SEALS
    private const int DuplicateCommand = 1030; // F_DUPFD_CLOEXEC
    private const uint MemFdCloseOnExec = 0x1; // MFD_CLOEXEC
    private const uint MemFdAllowSealing = 0x2; // MFD_ALLOW_SEALING
    private const uint MemFdHugePages = 0x4; // MFD_HUGETLB
    private const uint MemFdNoExecute = 0x8; // MFD_NOEXEC_SEAL, since Linux 6.3
    private const int MapPrivate = 0x02; // MAP_PRIVATE
    private const int MapShare = 0x01; // MAP_SHARED
    private const int MapAnonymous = 0x20; // MAP_ANONYMOUS
    private const int MapHugePages = 0x40000; // MAP_HUGETLB
    private const uint StatxFileSize = 0x200; // STATX_SIZE
    private const int StatxFileSizeOffset = 40; // offsetof(struct statx, stx_size)
    private const int PopulateWrite = 23; // MADV_POPULATE_WRITE, since Linux 5.14

    /// <summary>A new close-on-exec file in memory whose size can be sealed; or −errno.</summary>
    public static int MemFd(ReadOnlySpan<byte> nullTerminatedName, bool hugePages)
    {
        uint flags = MemFdCloseOnExec | MemFdAllowSealing | (hugePages ? MemFdHugePages : 0);
        fixed (byte* name = nullTerminatedName)
        {
            int fd = (int)Answer(memfd_create(name, flags | MemFdNoExecute));
            return fd == -Errno.EINVAL ? (int)Answer(memfd_create(name, flags)) : fd;
        }
    }

    /// <summary>Fixes the size of a memfd for good.</summary>
    public static int SealFileSize(int fd) => (int)Answer(fcntl(fd, AddSealsCommand, SealSize | SealSeal));

    /// <summary>The seals of a file, or −EINVAL: its file system has none.</summary>
    public static int GetSeals(int fd) => (int)Answer(fcntl(fd, GetSealsCommand));

    /// <summary>Another close-on-exec descriptor of the same open file, or −errno.</summary>
    public static int Duplicate(int fd) => (int)Answer(fcntl(fd, DuplicateCommand, 0));

    /// <summary>The size of a file, or −errno.</summary>
    public static long FileSize(int fd)
    {
        byte* buffer = stackalloc byte[StatxSize];
        byte empty = 0;
        nint result = Answer(statx(fd, &empty, AtEmptyPath, StatxFileSize, buffer));
        return result < 0 ? result : *(long*)(buffer + StatxFileSizeOffset);
    }

    /// <summary>Maps a file for reading and writing, shared; a forked child does not inherit the mapping. Or −errno.</summary>
    public static nint MapRing(int fd, nuint length) => KeepFromChildren(Answer(mmap(0, length, ReadWrite, MapShare, fd, 0)), length);

    /// <summary>Maps reserved huge pages; a forked child does not inherit the mapping. Or −errno.</summary>
    public static nint MapHuge(nuint length) =>
        KeepFromChildren(Answer(mmap(0, length, ReadWrite, MapPrivate | MapAnonymous | MapHugePages, -1, 0)), length);

    /// <summary>
    /// Has the kernel provide all pages now, so that none is missing at the first access, which would be a fatal signal. 0, or −errno; a kernel
    /// that does not know how provides them at the first access.
    /// </summary>
    public static int Populate(nint address, nuint length)
    {
        int result = (int)Answer(madvise(address, length, PopulateWrite));
        return result == -Errno.EINVAL ? 0 : result;
    }

    public static int LockMemory(nint address, nuint length) => (int)Answer(mlock(address, length));

    public static void UnlockMemory(nint address, nuint length) => _ = munlock(address, length);

    private static nint KeepFromChildren(nint address, nuint length)
    {
        if (address > 0)
        {
            _ = madvise(address, length, DontFork);
        }

        return address;
    }

    [LibraryImport(Libc)]
    private static partial int memfd_create(byte* name, uint flags);

    [LibraryImport(Libc)]
    private static partial int fcntl(int fd, int command, nint argument);

    [LibraryImport(Libc)]
    private static partial int mlock(nint address, nuint length);

    [LibraryImport(Libc)]
    private static partial int munlock(nint address, nuint length);
}
