using System.Runtime.InteropServices;

namespace AsyncCalls.Interop.Linux;

/// <summary>sigaction(2), tgkill(2) and gettid(2): what interrupting a blocked thread needs.</summary>
internal static unsafe partial class Syscalls
{
    private const int OnStack = 0x08000000; // SA_ONSTACK

    private static readonly nint TgKillNumber = RuntimeInformation.ProcessArchitecture == Architecture.Arm64 ? 131 : 234;
    private static readonly nint GetTidNumber = RuntimeInformation.ProcessArchitecture == Architecture.Arm64 ? 178 : 186;

    /// <summary>The kernel's id of the calling thread.</summary>
    public static int GetThreadId() => (int)Answer(syscall(GetTidNumber, 0, 0, 0, 0, 0, 0));

    /// <summary>Sends a signal to one thread of this process.</summary>
    public static int SignalThread(int threadId, int signal) =>
        (int)Answer(syscall(TgKillNumber, Environment.ProcessId, threadId, signal, 0, 0, 0));

    /// <summary>Whether the process still has the default action for a signal.</summary>
    public static bool HasDefaultAction(int signal)
    {
        SignalAction current;
        return Answer(sigaction(signal, null, &current)) == 0 && current.Handler == 0;
    }

    /// <summary>
    /// Installs a native function as handler, without SA_RESTART: a system call that the signal meets ends with EINTR.
    /// </summary>
    public static int InstallHandler(int signal, nint handler)
    {
        SignalAction action = default;
        action.Handler = handler;
        action.Flags = OnStack;
        return (int)Answer(sigaction(signal, &action, null));
    }

    /// <summary>struct sigaction of libc (glibc and musl, x86-64 and arm64): its mask has 1,024 bits.</summary>
    [StructLayout(LayoutKind.Sequential)]
    internal struct SignalAction
    {
        public nint Handler;
        public fixed ulong Mask[16];
        public int Flags;
        public nint Restorer;
    }

    [LibraryImport(Libc)]
    private static partial int sigaction(int signal, SignalAction* action, SignalAction* old);
}
