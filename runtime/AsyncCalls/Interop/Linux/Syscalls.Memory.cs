using System.Runtime.InteropServices;

namespace AsyncCalls.Interop.Linux;

/// <summary>mmap(2), munmap(2) and madvise(2) for the memory that is shared with the kernel.</summary>
internal static unsafe partial class Syscalls
{
    private const int ReadWrite = 0x3; // PROT_READ | PROT_WRITE
    private const int SharedPopulate = 0x8001; // MAP_SHARED | MAP_POPULATE
    private const int DontFork = 10; // MADV_DONTFORK

    /// <summary>Zeroed memory of the process itself, which a forked child does not inherit; or −errno.</summary>
    public static nint MapOwn(nuint length) => KeepFromChildren(Answer(mmap(0, length, ReadWrite, SharedPopulate | MapAnonymous, -1, 0)), length);

    /// <summary>Maps a shared region of a descriptor that a forked child does not inherit; or −errno.</summary>
    public static nint MapShared(int fd, nuint length, long offset) => KeepFromChildren(Answer(mmap(0, length, ReadWrite, SharedPopulate, fd, offset)), length);

    public static void Unmap(nint address, nuint length) => _ = munmap(address, length);

    [LibraryImport(Libc)]
    private static partial nint mmap(nint address, nuint length, int protection, int flags, int fd, long offset);

    [LibraryImport(Libc)]
    private static partial int munmap(nint address, nuint length);

    [LibraryImport(Libc)]
    private static partial int madvise(nint address, nuint length, int advice);
}
