using System.Runtime.InteropServices;
using System.Text;
using System.Text.Unicode;

namespace AsyncCalls.Interop.Linux;

/// <summary>Names and states of threads: prctl(2), rt_sigprocmask(2), proc_pid_stat(5).</summary>
internal static unsafe partial class Syscalls
{
    private const int SetNameCommand = 15; // PR_SET_NAME
    private const int BlockCommand = 0; // SIG_BLOCK
    private const int UnblockCommand = 1; // SIG_UNBLOCK
    private const int OpenCloseOnExec = 0x80000; // O_CLOEXEC, the same on x86-64 and arm64
    private const int StatBytes = 128; // "tid (comm) state …": 10 digits and 15 characters lie before the state

    private const int OfThread = 1; // IOPRIO_WHO_PROCESS; thread 0 is the calling one

    private static readonly nint SetIoPriorityNumber = RuntimeInformation.ProcessArchitecture == Architecture.Arm64 ? 30 : 251;
    private static readonly nint GetIoPriorityNumber = RuntimeInformation.ProcessArchitecture == Architecture.Arm64 ? 31 : 252;
    private static readonly nint PrCtlNumber = RuntimeInformation.ProcessArchitecture == Architecture.Arm64 ? 167 : 157;
    private static readonly nint SigProcMaskNumber = RuntimeInformation.ProcessArchitecture == Architecture.Arm64 ? 135 : 14;

    /// <summary>Names the calling thread for the kernel, which keeps 15 bytes.</summary>
    public static void NameThread(string name)
    {
        byte* bytes = stackalloc byte[64];
        int length = Encoding.UTF8.GetBytes(name.AsSpan(0, Math.Min(name.Length, 15)), new Span<byte>(bytes, 63));
        bytes[length] = 0;
        _ = Raw(PrCtlNumber, SetNameCommand, (nint)bytes, 0, 0, 0, 0);
    }

    /// <summary>The priority of the calling thread's input and output (ioprio_get(2)), or −errno.</summary>
    public static int GetIoPriority() => (int)Raw(GetIoPriorityNumber, OfThread, 0, 0, 0, 0, 0);

    /// <summary>Sets it (ioprio_set(2)). 0, or −errno.</summary>
    public static int SetIoPriority(int priority) => (int)Raw(SetIoPriorityNumber, OfThread, 0, priority, 0, 0, 0);

    /// <summary>Lets the calling thread receive a signal, whatever mask it inherited from the thread that started it.</summary>
    public static int UnblockSignal(int signal) => ChangeMask(UnblockCommand, signal);

    /// <summary>Keeps a signal that is sent to the calling thread pending.</summary>
    public static int BlockSignal(int signal) => ChangeMask(BlockCommand, signal);

    private static int ChangeMask(int command, int signal)
    {
        ulong set = 1UL << (signal - 1);
        return (int)Raw(SigProcMaskNumber, command, (nint)(&set), 0, sizeof(ulong), 0, 0);
    }

    /// <summary>Whether a thread of this process computes, or waits for nothing but a processor (state R). False also where that cannot be found out.</summary>
    public static bool IsRunnable(int threadId)
    {
        byte* path = stackalloc byte[64];
        if (!Utf8.TryWrite(new Span<byte>(path, 63), $"/proc/self/task/{threadId}/stat", out int length))
        {
            return false;
        }

        path[length] = 0;
        int fd = OpenAt(CurrentDirectory, path, OpenCloseOnExec, 0);
        if (fd < 0)
        {
            return false;
        }

        byte* stat = stackalloc byte[StatBytes];
        nint got = Read(fd, stat, StatBytes);
        _ = Close(fd);
        var text = new ReadOnlySpan<byte>(stat, (int)Math.Max(0, got));

        // The name may hold any character: the state follows the last bracket.
        int state = text.LastIndexOf((byte)')') + 2;
        return state > 1 && state < text.Length && text[state] == (byte)'R';
    }
}
