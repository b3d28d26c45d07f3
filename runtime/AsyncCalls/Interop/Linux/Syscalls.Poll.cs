using System.Runtime.InteropServices;

namespace AsyncCalls.Interop.Linux;

/// <summary>poll(2).</summary>
internal static unsafe partial class Syscalls
{
    /// <summary>Bytes of struct epoll_event, which is packed on x86-64 only.</summary>
    public static readonly int EpollEventBytes = RuntimeInformation.ProcessArchitecture == Architecture.X64 ? 12 : 16;

    private const short PollIn = 0x1; // POLLIN
    private const short PollOut = 0x4; // POLLOUT
    private const short PollInvalid = 0x20; // POLLNVAL
    private const int SetFlagsCommand = 4; // F_SETFL

    /// <summary>Waits until one of the descriptors is readable; −1 ms waits without limit. The number that are, 0 after the time, or −errno.</summary>
    public static int PollReadable(ReadOnlySpan<int> descriptors, int timeoutMs)
    {
        Span<PollFd> entries = stackalloc PollFd[descriptors.Length];
        for (int i = 0; i < descriptors.Length; i++)
        {
            entries[i] = new PollFd { Fd = descriptors[i], Events = PollIn };
        }

        fixed (PollFd* first = entries)
        {
            return (int)Answer(poll(first, (nuint)entries.Length, timeoutMs));
        }
    }

    /// <summary>Whether a read, or a write of a few bytes, would be answered at once: also with an error, or the end of the file.</summary>
    public static bool IsReady(int fd, bool toWrite)
    {
        var entry = new PollFd { Fd = fd, Events = toWrite ? PollOut : PollIn };
        return Answer(poll(&entry, 1, 0)) != 0;
    }

    /// <summary>Waits, without limit unless a time is given, until one of the events is there for a descriptor: those that are, 0 after the time, or −errno.</summary>
    public static int PollOne(int fd, short events, int timeoutMs = -1)
    {
        if (fd < 0)
        {
            // poll(2) leaves out what is negative, and would wait for nobody for ever.
            return -Errno.EBADF;
        }

        var entry = new PollFd { Fd = fd, Events = events };
        int result = (int)Answer(poll(&entry, 1, timeoutMs));
        return result < 0 ? result : (entry.Answered & PollInvalid) != 0 ? -Errno.EBADF : entry.Answered;
    }

    /// <summary>Waits until a connection that is being made is made, or is not: 0, or −errno.</summary>
    public static int AwaitConnection(int fd)
    {
        int result = PollOne(fd, PollOut);
        if (result < 0)
        {
            return result;
        }

        int error;
        uint length = sizeof(int);
        result = (int)Answer(getsockopt(fd, SocketLevel, SocketError, &error, &length));
        return result < 0 ? result : -error;
    }

    /// <summary>Makes reads and writes of an open file answer rather than wait.</summary>
    public static int SetNonBlocking(int fd)
    {
        int flags = GetFlags(fd);
        return flags < 0 ? flags : (int)Answer(fcntl(fd, SetFlagsCommand, flags | NonBlock));
    }

    /// <summary>struct pollfd.</summary>
    [StructLayout(LayoutKind.Sequential)]
    private struct PollFd
    {
        public int Fd;
        public short Events;
        public short Answered;
    }

    /// <summary>Waits until a socket can send or has something to receive, for as long as its own time limit says: &gt; 0, 0 after that time, or −errno.</summary>
    public static int PollForTransfer(int fd, bool toSend)
    {
        long limitMs = TimeLimitMs(fd, toSend);
        return PollOne(fd, toSend ? PollOut : PollIn, limitMs == 0 ? -1 : (int)Math.Min(limitMs, int.MaxValue));
    }

    /// <summary>Whether a socket has a time for receiving or sending that waits, SO_RCVTIMEO or SO_SNDTIMEO. What is no socket has none.</summary>
    public static bool HasTimeLimit(int fd, bool toSend) => TimeLimitMs(fd, toSend) != 0;

    private static long TimeLimitMs(int fd, bool toSend)
    {
        KernelTimespec limit = default;
        uint length = (uint)sizeof(KernelTimespec); // struct timeval: seconds and microseconds, of the same size
        return Answer(getsockopt(fd, SocketLevel, toSend ? SendTimeLimit : ReceiveTimeLimit, &limit, &length)) == 0
            ? (limit.Seconds * 1_000) + ((limit.Nanoseconds + 999) / 1_000)
            : 0;
    }

    /// <summary>MSG_DONTWAIT: fail with EAGAIN rather than wait for a peer.</summary>
    public const uint DoNotWait = 0x40;

    /// <summary>Flags with which EAGAIN means "nothing there yet": MSG_PEEK, MSG_TRUNC, MSG_NOSIGNAL, MSG_CMSG_CLOEXEC.</summary>
    public const uint PlainReceiveFlags = 0x40004022;

    /// <summary>Flags with which EAGAIN means "no room yet": MSG_DONTROUTE, MSG_EOR, MSG_NOSIGNAL, MSG_MORE.</summary>
    public const uint PlainSendFlags = 0xC084;

    private const int SocketError = 4; // SO_ERROR
    private const int ReceiveTimeLimit = 20; // SO_RCVTIMEO
    private const int SendTimeLimit = 21; // SO_SNDTIMEO

    [LibraryImport(Libc)]
    private static partial int getsockopt(int socket, int level, int option, void* value, uint* length);

    [LibraryImport(Libc)]
    private static partial int poll(PollFd* entries, nuint count, int timeoutMs);
}
