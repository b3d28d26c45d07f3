using System.Runtime.InteropServices;

namespace Doctor.Interop;

/// <summary>System calls that are tried, to see what they answer.</summary>
internal static partial class Libc
{
    private const int CloseOnExec = 0x80000; // EPOLL_CLOEXEC

    private static readonly (nint Setup, nint Destroy) LinuxAio = RuntimeInformation.ProcessArchitecture == Architecture.Arm64 ? (0, 1) : (206, 207);

    public static string TryEpoll()
    {
        int fd = epoll_create1(CloseOnExec);
        if (fd < 0)
        {
            return Refused();
        }

        _ = close(fd);
        return "works";
    }

    /// <summary>Sets a context for one event up, and takes it down again.</summary>
    public static string TryLinuxAio()
    {
        nint context = 0;
        if (syscall(LinuxAio.Setup, 1, ref context) < 0)
        {
            return Refused();
        }

        _ = syscall(LinuxAio.Destroy, context);
        return "works";
    }

    private static string Refused() => Marshal.GetLastPInvokeErrorMessage();

    [LibraryImport("libc", SetLastError = true)]
    private static partial int epoll_create1(int flags);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int close(int fd);

    [LibraryImport("libc", SetLastError = true)]
    private static partial nint syscall(nint number, nint events, ref nint context);

    [LibraryImport("libc", SetLastError = true)]
    private static partial nint syscall(nint number, nint context);
}
