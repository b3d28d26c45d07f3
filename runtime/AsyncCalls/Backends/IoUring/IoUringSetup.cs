using System.Runtime.InteropServices;
using AsyncCalls.Interop.Linux;

namespace AsyncCalls.Backends.IoUring;

/// <summary>
/// Sets up an io_uring by trying: what the kernel accepts and completes is there, whatever its version says. Every refusal becomes a
/// reason in words.
/// </summary>
internal static unsafe class IoUringSetup
{
    private const string PolicyFile = "/proc/sys/kernel/io_uring_disabled";

    private const uint RequiredFeatures =
        IoUringConstants.FeatureSingleMmap
        | IoUringConstants.FeatureNoDrop
        | IoUringConstants.FeatureSubmitStable
        | IoUringConstants.FeatureReadWriteCurrentPosition;

    private static readonly byte[] RequiredOperations =
        [IoUringConstants.OpNop, IoUringConstants.OpRead, IoUringConstants.OpWrite, IoUringConstants.OpAsyncCancel, IoUringConstants.OpLinkTimeout];

    /// <summary>Completion entries for each submission entry: completions that arrive while continuations run have room.</summary>
    private const uint CompletionFactor = 16;

    private const uint MaxCompletionEntries = 1 << 16;

    /// <summary>
    /// Sets up, maps, probes and tries a ring. Null: io_uring cannot be used, and <paramref name="reason"/> says why.
    /// </summary>
    /// <remarks>
    /// The flags, best first. Neither SINGLE_ISSUER nor DEFER_TASKRUN is among them: a dispatcher thread whose continuation blocks is replaced by
    /// another one, which must be able to enter (<c>docs/adr/0002-leader-and-followers.md</c>).
    /// </remarks>
    public static IoUringQueues? TryCreate(int entries, out IoUringOperations operations, out string reason)
    {
        operations = default;
        if (!OperatingSystem.IsLinux() || RuntimeInformation.ProcessArchitecture is not (Architecture.X64 or Architecture.Arm64))
        {
            reason = "io_uring needs Linux on x86-64 or arm64";
            return null;
        }

        uint cooperative = IoUringConstants.SetupCoopTaskRun | IoUringConstants.SetupTaskRunFlag | IoUringConstants.SetupSubmitAll;
        int result = Setup(entries, cooperative, out IoUringParameters parameters);
        if (result == -Errno.EINVAL)
        {
            result = Setup(entries, 0, out parameters);
        }

        if (result < 0)
        {
            reason = Explain("io_uring_setup", -result);
            return null;
        }

        return Examine(result, parameters, out operations, out reason);
    }

    private static int Setup(int entries, uint flags, out IoUringParameters parameters)
    {
        IoUringParameters asked = default;
        asked.Flags = flags | IoUringConstants.SetupClamp | IoUringConstants.SetupCqSize;
        asked.CqEntries = Math.Min((uint)entries * CompletionFactor, MaxCompletionEntries);
        int result = Syscalls.IoUringSetup((uint)entries, &asked);
        parameters = asked;
        return result;
    }

    private static IoUringQueues? Examine(int fd, in IoUringParameters parameters, out IoUringOperations operations, out string reason)
    {
        operations = Probe(fd);
        uint missing = RequiredFeatures & ~parameters.Features;
        if (missing != 0)
        {
            reason = $"the kernel's io_uring lacks features that are needed (bits 0x{missing:x}); Linux 5.6 has them";
        }
        else if (MissingOperation(operations) is { } operation)
        {
            reason = $"the kernel's io_uring does not have operation {operation}; Linux 5.6 has it";
        }
        else if (IoUringQueues.Map(fd, parameters, out IoUringQueues? queues) is < 0 and int error)
        {
            reason = Explain("mmap of the rings", -error);
        }
        else
        {
            int tried = TryNop(queues!);
            if (tried == 0)
            {
                reason = $"a no-op went through a ring of {queues!.SqEntries} submissions and {queues.CqEntries} completions";
                return queues;
            }

            reason = Explain("io_uring_enter", -tried);
            queues!.Withdraw(static _ => { });
            queues.Dispose();
            return null;
        }

        _ = Syscalls.Close(fd);
        return null;
    }

    private static int? MissingOperation(IoUringOperations operations)
    {
        foreach (byte operation in RequiredOperations)
        {
            if (!operations.Has(operation))
            {
                return operation;
            }
        }

        return null;
    }

    /// <summary>The operations that the kernel says it has (IORING_REGISTER_PROBE); none where it cannot be asked.</summary>
    private static IoUringOperations Probe(int fd)
    {
        // struct io_uring_probe: a header of 16 bytes, then 8 bytes for each operation, flags at offset 2.
        const int HeaderBytes = 16;
        const int OperationBytes = 8;
        const int Operations = 256;
        byte* probe = stackalloc byte[HeaderBytes + (Operations * OperationBytes)];
        NativeMemory.Clear(probe, HeaderBytes + (Operations * OperationBytes));
        IoUringOperations operations = default;
        if (Syscalls.IoUringRegister(fd, IoUringConstants.RegisterProbe, probe, Operations) >= 0)
        {
            for (int operation = 0; operation < IoUringOperations.Max; operation++)
            {
                ushort flags = *(ushort*)(probe + HeaderBytes + (operation * OperationBytes) + 2);
                operations.Set(operation, (flags & IoUringConstants.ProbeSupported) != 0);
            }
        }

        return operations;
    }

    /// <summary>
    /// A no-op, waited for. It has completed when this returns, so the thread, which need not be the runtime's, leaves nothing in flight.
    /// </summary>
    private static int TryNop(IoUringQueues queues)
    {
        queues.TryNextSqe()->Opcode = IoUringConstants.OpNop;
        int result;
        do
        {
            result = queues.Enter(minComplete: 1);
        }
        while (result == -Errno.EINTR);

        return result < 0 ? result : queues.TryTakeCompletion(out IoUringCqe completion) ? completion.Result : -Errno.EAGAIN;
    }

    private static string Explain(string call, int errno)
    {
        string what = $"{call} answered {Marshal.GetPInvokeErrorMessage(errno)} ({errno})";
        return errno switch
        {
            Errno.ENOSYS => $"{what}: the kernel has no io_uring, or a container's seccomp filter hides it",
            Errno.EPERM when Policy() is { } policy and not "0" => $"{what}: {PolicyFile} is {policy}; 0 allows it",
            Errno.EPERM or Errno.EACCES => $"{what}: a seccomp filter or security module forbids it",
            Errno.ENOMEM => $"{what}: memory, or RLIMIT_MEMLOCK on a kernel before 5.12, does not suffice; raise the limit or lower IoUringEntries",
            Errno.EMFILE or Errno.ENFILE => $"{what}: raise the limit of open files (RLIMIT_NOFILE)",
            _ => what,
        };
    }

    private static string? Policy()
    {
        try
        {
            return File.ReadAllText(PolicyFile).Trim();
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }
}
