using System.Runtime.InteropServices;

namespace AsyncCalls.Interop.Linux;

/// <summary>Descriptors that are signalled: eventfd(2), and pipe2(2) where a process that is not trusted has the other end.</summary>
internal static unsafe partial class Syscalls
{
    private const int EventFdCloseOnExec = 0x80000; // EFD_CLOEXEC
    private const int EventFdNonBlock = 0x800; // EFD_NONBLOCK

    /// <summary>Of 8 bytes each. What a pipe has more is one wake-up too many.</summary>
    private const int SignalsMax = 64 * sizeof(ulong);

    /// <summary>A new counter at zero, close-on-exec and, where asked for, non-blocking; or −errno.</summary>
    public static int EventFd(bool nonBlocking) => (int)Answer(eventfd(0, EventFdCloseOnExec | (nonBlocking ? EventFdNonBlock : 0)));

    /// <summary>A pipe, both ends close-on-exec and non-blocking. 0, or −errno.</summary>
    public static int Pipe(out int reader, out int writer)
    {
        int* ends = stackalloc int[2];
        int result = (int)Answer(pipe2(ends, EventFdCloseOnExec | EventFdNonBlock));
        (reader, writer) = (ends[0], ends[1]);
        return result;
    }

    /// <summary>
    /// Signals an event descriptor, or the reader of a pipe. One that is full is signalled already, and one whose reader has gone wakes nobody: errors are no loss.
    /// </summary>
    public static void Signal(int fd)
    {
        ulong one = 1;
        while (Answer(write(fd, (byte*)&one, sizeof(ulong))) == -Errno.EINTR)
        {
        }
    }

    /// <summary>
    /// Takes the signals of a non-blocking descriptor. True: there were some. <paramref name="isOver"/>: it is a pipe whose writers have gone, and there will be none.
    /// </summary>
    public static bool TakeSignal(int fd, out bool isOver)
    {
        byte* signals = stackalloc byte[SignalsMax];
        nint taken = Answer(read(fd, signals, SignalsMax));
        isOver = taken == 0;
        return taken > 0;
    }

    [LibraryImport(Libc)]
    private static partial int eventfd(uint initial, int flags);

    [LibraryImport(Libc)]
    private static partial int pipe2(int* ends, int flags);
}
