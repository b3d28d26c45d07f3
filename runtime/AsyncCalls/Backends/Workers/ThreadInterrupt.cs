using System.Runtime.InteropServices;
using AsyncCalls.Interop.Linux;

namespace AsyncCalls.Backends.Workers;

/// <summary>
/// A signal that ends a blocking system call of one thread with EINTR. Chosen and installed once for the process, and never
/// taken back: the default action of a real-time signal ends the process.
/// </summary>
/// <remarks>
/// The handler is a pure function of libc, <c>abs</c>: it runs no managed code, touches no memory and preserves errno, so it is
/// async-signal-safe wherever it meets the thread. SA_RESTART is not set. The signal is the first real-time one whose action is still the
/// default; CoreCLR keeps SIGRTMIN for itself, and libc the ones below it.
/// </remarks>
internal static class ThreadInterrupt
{
    private const int FirstCandidate = 36;
    private const int LastCandidate = 64;

    private static readonly Lazy<(int Signal, string Reason)> Installed = new(Install);

    /// <summary>Whether a blocked system call can be interrupted.</summary>
    public static bool IsAvailable => Installed.Value.Signal != 0;

    /// <summary>Which signal is used, or why none is; a sentence for a log.</summary>
    public static string Reason => Installed.Value.Reason;

    /// <summary>Sends the signal. A full queue of signals (EAGAIN) or a thread that has ended is no error here: who waits for an effect sends again.</summary>
    public static void Send(int threadId) => _ = Syscalls.SignalThread(threadId, Installed.Value.Signal);

    /// <summary>Lets the calling thread receive the signal.</summary>
    public static void Unblock()
    {
        if (IsAvailable)
        {
            _ = Syscalls.UnblockSignal(Installed.Value.Signal);
        }
    }

    /// <summary>Keeps the signal from the calling thread, which has received it before, or was about to.</summary>
    public static void Block() => _ = Syscalls.BlockSignal(Installed.Value.Signal);

    private static (int Signal, string Reason) Install()
    {
        if (!OperatingSystem.IsLinux())
        {
            return (0, "blocked system calls cannot be interrupted on this system");
        }

        if (!NativeLibrary.TryLoad("libc", typeof(ThreadInterrupt).Assembly, null, out nint library)
            || !NativeLibrary.TryGetExport(library, "abs", out nint handler))
        {
            return (0, "blocked system calls cannot be interrupted: libc has no function that could be the handler");
        }

        for (int signal = FirstCandidate; signal <= LastCandidate; signal++)
        {
            if (Syscalls.HasDefaultAction(signal) && Syscalls.InstallHandler(signal, handler) == 0)
            {
                return (signal, $"blocked system calls are interrupted by signal {signal}");
            }
        }

        return (0, $"blocked system calls cannot be interrupted: signals {FirstCandidate} to {LastCandidate} all have a handler already");
    }
}
