using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace EpollLoop.Interop;

/// <summary>What an epoll loop needs of libc, and .NET does not have.</summary>
internal static unsafe partial class Libc
{
    public const int CloseOnExec = 0x80000; // EPOLL_CLOEXEC and TFD_CLOEXEC, both O_CLOEXEC
    public const int NonBlocking = 0x800; // TFD_NONBLOCK, which is O_NONBLOCK
    public const int ClockMonotonic = 1;

    public const int ControlAdd = 1; // EPOLL_CTL_ADD
    public const int ControlModify = 3; // EPOLL_CTL_MOD

    public const uint In = 0x001; // EPOLLIN
    public const uint Out = 0x004; // EPOLLOUT
    public const uint EdgeTriggered = 1u << 31; // EPOLLET

    public const int Interrupted = 4; // EINTR

    [LibraryImport("libc", EntryPoint = "epoll_create1", SetLastError = true)]
    public static partial SafeFileHandle EpollCreate(int flags);

    [LibraryImport("libc", EntryPoint = "epoll_ctl", SetLastError = true)]
    public static partial int EpollControl(SafeFileHandle epoll, int operation, SafeHandle handle, byte* epollEvent);

    [LibraryImport("libc", EntryPoint = "epoll_wait", SetLastError = true)]
    public static partial int EpollWait(SafeFileHandle epoll, byte* events, int count, int timeoutMs);

    [LibraryImport("libc", EntryPoint = "timerfd_create", SetLastError = true)]
    public static partial SafeFileHandle TimerCreate(int clock, int flags);

    [LibraryImport("libc", EntryPoint = "timerfd_settime", SetLastError = true)]
    public static partial int TimerSet(SafeFileHandle timer, int flags, TimerSettings* settings, TimerSettings* old);

    [LibraryImport("libc", EntryPoint = "read", SetLastError = true)]
    public static partial nint Read(SafeFileHandle handle, ulong* counter, nuint count);

    /// <summary><c>struct itimerspec</c> with a 64-bit time.</summary>
    [StructLayout(LayoutKind.Sequential)]
    public struct TimerSettings
    {
        public long IntervalSeconds;
        public long IntervalNanoseconds;
        public long FirstSeconds;
        public long FirstNanoseconds;
    }
}
