using System.Runtime.InteropServices;

namespace AsyncCalls.Runtime.Tests.Differential;

/// <summary>The plain functions of libc, declared from their manual pages and not from the runtime's table.</summary>
internal static unsafe partial class Libc
{
    public const int Unix = 1;
    public const int Internet = 2;
    public const int Stream = 1;
    public const int Datagram = 2;
    public const nuint BytesToRead = 0x541B; // FIONREAD
    public const int WorkingDirectory = -100;

    [LibraryImport("libc", SetLastError = true)]
    public static partial int ioctl(int fd, nuint request, int* value);

    [LibraryImport("libc", SetLastError = true)]
    public static partial long lseek(int fd, long offset, int whence);

    [LibraryImport("libc", SetLastError = true)]
    public static partial int pipe2(int* ends, int flags);

    [LibraryImport("libc", SetLastError = true)]
    public static partial nint readv(int fd, byte* vectors, int count);

    [LibraryImport("libc", SetLastError = true)]
    public static partial nint preadv(int fd, byte* vectors, int count, long offset);

    [LibraryImport("libc", SetLastError = true)]
    public static partial nint preadv2(int fd, byte* vectors, int count, long offset, int flags);

    [LibraryImport("libc", SetLastError = true)]
    public static partial nint writev(int fd, byte* vectors, int count);

    [LibraryImport("libc", SetLastError = true)]
    public static partial nint pwritev(int fd, byte* vectors, int count, long offset);

    [LibraryImport("libc", SetLastError = true)]
    public static partial nint pwritev2(int fd, byte* vectors, int count, long offset, int flags);

    [LibraryImport("libc", SetLastError = true)]
    public static partial int sync_file_range(int fd, long offset, long length, uint flags);

    [LibraryImport("libc")]
    public static partial int posix_fadvise(int fd, long offset, long length, int advice);

    [LibraryImport("libc", SetLastError = true)]
    public static partial int madvise(byte* memory, nuint length, int advice);

    [LibraryImport("libc", SetLastError = true)]
    public static partial int openat(int directory, byte* path, int flags, uint mode);

    [LibraryImport("libc", SetLastError = true)]
    public static partial int statx(int directory, byte* path, int flags, uint mask, byte* result);

    [LibraryImport("libc", SetLastError = true)]
    public static partial int renameat2(int oldDirectory, byte* oldPath, int newDirectory, byte* newPath, uint flags);

    [LibraryImport("libc", SetLastError = true)]
    public static partial int unlinkat(int directory, byte* path, int flags);

    [LibraryImport("libc", SetLastError = true)]
    public static partial int mkdirat(int directory, byte* path, uint mode);

    [LibraryImport("libc", SetLastError = true)]
    public static partial int symlinkat(byte* target, int directory, byte* path);

    [LibraryImport("libc", SetLastError = true)]
    public static partial int linkat(int oldDirectory, byte* oldPath, int newDirectory, byte* newPath, int flags);

    [LibraryImport("libc", SetLastError = true)]
    public static partial nint fgetxattr(int fd, byte* name, byte* value, nuint size);

    [LibraryImport("libc", SetLastError = true)]
    public static partial nint getxattr(byte* path, byte* name, byte* value, nuint size);

    [LibraryImport("libc", SetLastError = true)]
    public static partial int fsetxattr(int fd, byte* name, byte* value, nuint size, int flags);

    [LibraryImport("libc", SetLastError = true)]
    public static partial int setxattr(byte* path, byte* name, byte* value, nuint size, int flags);

    [LibraryImport("libc", SetLastError = true)]
    public static partial nint splice(int from, long* fromOffset, int to, long* toOffset, nuint length, uint flags);

    [LibraryImport("libc", SetLastError = true)]
    public static partial nint tee(int from, int to, nuint length, uint flags);

    [LibraryImport("libc", SetLastError = true)]
    public static partial int epoll_create1(int flags);

    [LibraryImport("libc", SetLastError = true)]
    public static partial int epoll_ctl(int epoll, int operation, int fd, byte* eventData);

    [LibraryImport("libc", SetLastError = true)]
    public static partial int epoll_wait(int epoll, byte* events, int count, int timeoutMs);

    [LibraryImport("libc", SetLastError = true)]
    public static partial int nanosleep(long* time, long* remaining);

    [LibraryImport("libc", SetLastError = true)]
    public static partial int waitid(int idType, uint id, byte* info, int options);

    [LibraryImport("libc")]
    public static partial int posix_spawn(int* child, byte* path, void* actions, void* attributes, byte** arguments, byte** environment);

    [LibraryImport("libc", SetLastError = true)]
    public static partial int kill(int process, int signal);

    [LibraryImport("libc", SetLastError = true)]
    public static partial int socketpair(int domain, int type, int protocol, int* ends);

    [LibraryImport("libc", SetLastError = true)]
    public static partial int socket(int domain, int type, int protocol);

    [LibraryImport("libc", SetLastError = true)]
    public static partial int bind(int socket, byte* address, uint length);

    [LibraryImport("libc", SetLastError = true)]
    public static partial int listen(int socket, int backlog);

    [LibraryImport("libc", SetLastError = true)]
    public static partial int accept4(int socket, byte* address, uint* length, int flags);

    [LibraryImport("libc", SetLastError = true)]
    public static partial int connect(int socket, byte* address, uint length);

    [LibraryImport("libc", SetLastError = true)]
    public static partial int shutdown(int socket, int how);

    [LibraryImport("libc", SetLastError = true)]
    public static partial int getsockname(int socket, byte* address, uint* length);

    [LibraryImport("libc", SetLastError = true)]
    public static partial nint send(int socket, byte* buffer, nuint length, int flags);

    [LibraryImport("libc", SetLastError = true)]
    public static partial nint sendto(int socket, byte* buffer, nuint length, int flags, byte* address, uint addressLength);

    [LibraryImport("libc", SetLastError = true)]
    public static partial nint recv(int socket, byte* buffer, nuint length, int flags);

    [LibraryImport("libc", SetLastError = true)]
    public static partial nint recvfrom(int socket, byte* buffer, nuint length, int flags, byte* address, uint* addressLength);

    [LibraryImport("libc", SetLastError = true)]
    public static partial nint sendmsg(int socket, byte* message, int flags);

    [LibraryImport("libc", SetLastError = true)]
    public static partial nint recvmsg(int socket, byte* message, int flags);

    /// <summary>What glibc has no function for.</summary>
    [LibraryImport("libc", SetLastError = true)]
    public static partial nint syscall(nint number, nint a, nint b, nint c, nint d, nint e, nint f);
}
