using System.Runtime.InteropServices;

namespace AsyncCalls.Interop.Linux;

/// <summary>clock_nanosleep(2) and splice(2), which take their values by address.</summary>
internal static unsafe partial class Syscalls
{
    private const int MonotonicClock = 1; // CLOCK_MONOTONIC
    private const int AbsoluteTime = 1; // TIMER_ABSTIME

    private static readonly nint ClockNanoSleepNumber = RuntimeInformation.ProcessArchitecture == Architecture.Arm64 ? 115 : 230;
    private static readonly nint SpliceNumber = RuntimeInformation.ProcessArchitecture == Architecture.Arm64 ? 76 : 275;

    /// <summary>Sleeps until a moment of CLOCK_MONOTONIC: 0, or −errno. Called again after EINTR, it goes on with the time that is left.</summary>
    public static int SleepUntil(KernelTimespec moment) =>
        (int)Answer(syscall(ClockNanoSleepNumber, MonotonicClock, AbsoluteTime, (nint)(&moment), 0, 0, 0));

    /// <summary>Moves bytes between a pipe and a file or another pipe; an offset of −1 is the file's own position, or a pipe's none.</summary>
    public static nint Splice(int from, long fromOffset, int to, long toOffset, nuint length, uint flags) => Answer(syscall(
        SpliceNumber, from, fromOffset == -1 ? 0 : (nint)(&fromOffset), to, toOffset == -1 ? 0 : (nint)(&toOffset), (nint)length, (nint)flags));
}
