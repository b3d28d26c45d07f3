using System.Runtime.InteropServices;

namespace AsyncCalls.Interop.Linux;

/// <summary>epoll_create1(2), epoll_ctl(2), epoll_wait(2).</summary>
internal static unsafe partial class Syscalls
{
    public const int EpollAdd = 1; // EPOLL_CTL_ADD
    public const int EpollDelete = 2; // EPOLL_CTL_DEL
    public const int EpollModify = 3; // EPOLL_CTL_MOD

    public const uint EpollIn = 0x1; // EPOLLIN
    public const uint EpollOut = 0x4; // EPOLLOUT
    public const uint EpollError = 0x8; // EPOLLERR
    public const uint EpollHangUp = 0x10; // EPOLLHUP
    public const uint EpollReadHangUp = 0x2000; // EPOLLRDHUP

    /// <summary>EPOLLONESHOT: after one event the registration says nothing until it is modified.</summary>
    public const uint EpollOneShot = 1u << 30;

    /// <summary>EPOLLET: an event for each signal, not for as long as the descriptor is ready.</summary>
    public const uint EpollEdge = 1u << 31;

    private const int EpollCloseOnExec = 0x80000; // EPOLL_CLOEXEC

    /// <summary>Offset of the data in struct epoll_event, which is packed on x86-64 only.</summary>
    private static readonly int EpollDataOffset = RuntimeInformation.ProcessArchitecture == Architecture.X64 ? 4 : 8;

    /// <summary>A new close-on-exec instance, or −errno.</summary>
    public static int EpollCreate() => (int)Answer(epoll_create1(EpollCloseOnExec));

    /// <summary>Adds, modifies or deletes the registration of a descriptor. 0, or −errno; EPERM: the file cannot be polled.</summary>
    public static int EpollControl(int epoll, int operation, int fd, uint events, ulong data)
    {
        byte* entry = stackalloc byte[16];
        *(uint*)entry = events;
        *(ulong*)(entry + EpollDataOffset) = data;
        return (int)Answer(epoll_ctl(epoll, operation, fd, entry));
    }

    /// <summary>Waits for events; −1 ms waits without limit. How many there are, or −errno.</summary>
    /// <param name="epoll">The instance.</param>
    /// <param name="entries">Room for <paramref name="max"/> times <see cref="EpollEventBytes"/>.</param>
    /// <param name="max">The most events.</param>
    /// <param name="timeoutMs">The time.</param>
    public static int EpollWait(int epoll, byte* entries, int max, int timeoutMs) => (int)Answer(epoll_wait(epoll, entries, max, timeoutMs));

    /// <summary>One of the events that were waited for.</summary>
    public static (uint Events, ulong Data) EpollEvent(byte* entries, int index)
    {
        byte* entry = entries + (index * EpollEventBytes);
        return (*(uint*)entry, *(ulong*)(entry + EpollDataOffset));
    }

    [LibraryImport(Libc)]
    private static partial int epoll_create1(int flags);

    [LibraryImport(Libc)]
    private static partial int epoll_ctl(int epoll, int operation, int fd, byte* entry);

    [LibraryImport(Libc)]
    private static partial int epoll_wait(int epoll, byte* entries, int max, int timeoutMs);
}
