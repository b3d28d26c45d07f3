using System.Runtime.InteropServices;

namespace AsyncCalls.Interop.Linux;

/// <summary>eventfd(2).</summary>
internal static unsafe partial class Syscalls
{
    private const int EventFdCloseOnExec = 0x80000; // EFD_CLOEXEC
    private const int EventFdNonBlock = 0x800; // EFD_NONBLOCK

    /// <summary>A new counter at zero, close-on-exec and, where asked for, non-blocking; or −errno.</summary>
    public static int EventFd(bool nonBlocking) => (int)Answer(eventfd(0, EventFdCloseOnExec | (nonBlocking ? EventFdNonBlock : 0)));

    /// <summary>Adds one to the counter. A counter at its limit is signalled already: EAGAIN is no loss.</summary>
    public static void SignalEventFd(int fd)
    {
        ulong one = 1;
        while (Answer(write(fd, (byte*)&one, sizeof(ulong))) == -Errno.EINTR)
        {
        }
    }

    [LibraryImport(Libc, SetLastError = true)]
    private static partial int eventfd(uint initial, int flags);
}
