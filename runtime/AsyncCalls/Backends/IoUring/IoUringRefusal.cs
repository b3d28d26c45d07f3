using System.Runtime.InteropServices;
using AsyncCalls.Interop.Linux;

namespace AsyncCalls.Backends.IoUring;

/// <summary>Refusals in words: what refused, what it answered, who may be behind it, and what to change.</summary>
internal static class IoUringRefusal
{
    public const string MemoryAdvice = "raise RLIMIT_MEMLOCK (ulimit -l, LimitMEMLOCK=) or the memory limit of the control group, or lower AsyncCallOptions.IoUringEntries";

    private const string PolicyFile = "/proc/sys/kernel/io_uring_disabled";
    private const string StatusFile = "/proc/self/status";
    private const string SeccompAdvice = "allow io_uring_setup, io_uring_enter and io_uring_register in the container's profile";

    public static string Explain(string call, int errno)
    {
        string what = $"{call} answered {Marshal.GetPInvokeErrorMessage(errno)} ({errno})";
        return errno switch
        {
            Errno.ENOSYS when IsFiltered() => $"{what}: the seccomp filter of this process hides it; {SeccompAdvice}",
            Errno.ENOSYS => $"{what}: the kernel has no io_uring; Linux 5.6 with CONFIG_IO_URING has it",
            Errno.EPERM when Policy() is { } policy and not "0" => $"{what}: {PolicyFile} is {policy}; 0 allows it",
            Errno.EPERM or Errno.EACCES when IsFiltered() => $"{what}: the seccomp filter of this process forbids it; {SeccompAdvice}",
            Errno.EPERM or Errno.EACCES => $"{what}: a security module forbids it; its policy has to allow io_uring",
            Errno.ENOMEM => $"{what}: memory does not suffice, for the smallest ring either; {MemoryAdvice}",
            Errno.EMFILE or Errno.ENFILE => $"{what}: raise the limit of open files (RLIMIT_NOFILE)",
            _ => what,
        };
    }

    /// <summary>
    /// Whether the same answer will be given as long as the process lives: a kernel does not change, and a seccomp filter is never taken off. A sysctl, a limit and the policy of a security module may.
    /// </summary>
    public static bool IsFinal(int errno) => errno switch
    {
        Errno.ENOSYS => true,
        Errno.EPERM or Errno.EACCES => IsFiltered() && Policy() is (null or "0"),
        _ => false,
    };

    /// <summary>Whether a seccomp filter is on this process (mode 2 in proc_pid_status(5)).</summary>
    private static bool IsFiltered() => ReadAll(StatusFile)?.Contains("\nSeccomp:\t2", StringComparison.Ordinal) == true;

    private static string? Policy() => ReadAll(PolicyFile)?.Trim();

    private static string? ReadAll(string path)
    {
        try
        {
            return File.ReadAllText(path);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }
}
