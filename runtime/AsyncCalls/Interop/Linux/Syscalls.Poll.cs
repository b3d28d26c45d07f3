using System.Runtime.InteropServices;

namespace AsyncCalls.Interop.Linux;

/// <summary>poll(2).</summary>
internal static unsafe partial class Syscalls
{
    private const short PollIn = 0x1; // POLLIN
    private const short PollOut = 0x4; // POLLOUT
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

    [LibraryImport(Libc, SetLastError = true)]
    private static partial int poll(PollFd* entries, nuint count, int timeoutMs);
}
