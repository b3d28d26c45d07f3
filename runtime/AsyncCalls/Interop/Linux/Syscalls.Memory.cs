using System.Runtime.InteropServices;

namespace AsyncCalls.Interop.Linux;

/// <summary>mmap(2), munmap(2) and madvise(2) for the memory that is shared with the kernel.</summary>
internal static unsafe partial class Syscalls
{
    private const int ReadWrite = 0x3; // PROT_READ | PROT_WRITE
    private const int SharedPopulate = 0x8001; // MAP_SHARED | MAP_POPULATE
    private const int SharedAnonymousPopulate = 0x8021; // MAP_SHARED | MAP_ANONYMOUS | MAP_POPULATE
    private const int DontFork = 10; // MADV_DONTFORK

    /// <summary>Zeroed memory of the process itself, which a forked child does not inherit; or −errno.</summary>
    public static nint MapOwn(nuint length)
    {
        nint address = Answer(mmap(0, length, ReadWrite, SharedAnonymousPopulate, -1, 0));
        if (address > 0)
        {
            _ = madvise(address, length, DontFork);
        }

        return address;
    }

    /// <summary>Maps a shared region of a descriptor that a forked child does not inherit; or −errno.</summary>
    public static nint MapShared(int fd, nuint length, long offset)
    {
        nint address = Answer(mmap(0, length, ReadWrite, SharedPopulate, fd, offset));
        if (address > 0)
        {
            _ = madvise(address, length, DontFork);
        }

        return address;
    }

    public static void Unmap(nint address, nuint length) => _ = munmap(address, length);

    [LibraryImport(Libc, SetLastError = true)]
    private static partial nint mmap(nint address, nuint length, int protection, int flags, int fd, long offset);

    [LibraryImport(Libc, SetLastError = true)]
    private static partial int munmap(nint address, nuint length);

    [LibraryImport(Libc, SetLastError = true)]
    private static partial int madvise(nint address, nuint length, int advice);
}
