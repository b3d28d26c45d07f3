using System.Runtime.InteropServices;
using AsyncCalls.Interop.Linux;

namespace AsyncCalls.Backends.IoUring;

/// <summary>
/// Sets up an io_uring by trying: what the kernel accepts and completes is there, whatever its version says. Every refusal becomes a
/// reason in words. What cannot change is found out once for the process (<see cref="IoUringFacts"/>).
/// </summary>
/// <remarks>
/// The flags, best first. Neither SINGLE_ISSUER nor DEFER_TASKRUN is among them: a dispatcher thread whose continuation blocks is replaced by
/// another one, which must be able to enter (<c>docs/adr/0002-leader-and-followers.md</c>).
/// </remarks>
internal static unsafe class IoUringSetup
{
    private const uint RequiredFeatures =
        IoUringConstants.FeatureSingleMmap
        | IoUringConstants.FeatureNoDrop
        | IoUringConstants.FeatureSubmitStable
        | IoUringConstants.FeatureReadWriteCurrentPosition;

    private const uint CooperativeFlags = IoUringConstants.SetupCoopTaskRun | IoUringConstants.SetupTaskRunFlag | IoUringConstants.SetupSubmitAll;

    private static readonly byte[] RequiredOperations =
        [IoUringConstants.OpNop, IoUringConstants.OpRead, IoUringConstants.OpWrite, IoUringConstants.OpAsyncCancel, IoUringConstants.OpLinkTimeout];

    /// <summary>Completion entries for each submission entry: completions that arrive while continuations run have room.</summary>
    private const uint CompletionFactor = 16;

    private const uint MaxCompletionEntries = 1 << 16;

    /// <summary>The smallest ring that is worth having: 8 submissions and 128 completions, two pages.</summary>
    private const int EntriesMin = 8;

    /// <summary>
    /// Sets up, maps, probes and tries a ring. Null: io_uring cannot be used, and <paramref name="reason"/> says why, and what to change.
    /// </summary>
    /// <param name="request">What is wanted.</param>
    /// <param name="operations">The operations that calls may use.</param>
    /// <param name="reason">What was found, or why there is no ring; a sentence for a log.</param>
    public static IoUringQueues? TryCreate(IoUringRequest request, out IoUringOperations operations, out string reason)
    {
        operations = default;
        if (Refusal(request) is { } refusal)
        {
            reason = refusal;
            return null;
        }

        int result = SetupThatFits(request, out int entries, out IoUringParameters parameters, out IoUringMemory? memory);
        string declined = "";
        if (result < 0 && (request.Polling is not null || request.UserMemory))
        {
            declined = $"; {Wishes(request)} could not be had ({IoUringRefusal.Explain("io_uring_setup", -result)})";
            result = SetupThatFits(request with { Polling = null, UserMemory = false }, out entries, out parameters, out memory);
        }

        if (result < 0)
        {
            reason = IoUringRefusal.Explain("io_uring_setup", -result);
            if (IoUringRefusal.IsFinal(-result))
            {
                IoUringFacts.Refusal = reason;
            }

            return null;
        }

        IoUringQueues? queues = Examine(request, result, parameters, memory, out operations, out reason);
        if (queues is null)
        {
            return null;
        }

        reason += Granted(parameters) + declined;
        if (entries < request.Entries)
        {
            reason += $"; there was no memory for the {request.Entries} that were asked for ({IoUringRefusal.MemoryAdvice})";
        }

        return queues;
    }

    private static string Wishes(IoUringRequest request) => (request.Polling, request.UserMemory) switch
    {
        (null, _) => "queues in memory of the process",
        (_, false) => "a thread of the kernel that takes submissions",
        _ => "a thread of the kernel that takes submissions, with queues in memory of the process,",
    };

    private static string Granted(in IoUringParameters parameters) =>
        ((parameters.Flags & IoUringConstants.SetupSqPoll) != 0 ? "; a thread of the kernel takes submissions" : "")
        + ((parameters.Flags & IoUringConstants.SetupNoMmap) != 0 ? "; the queues lie in memory of the process" : "");

    /// <summary>Why nothing needs to be tried.</summary>
    private static string? Refusal(IoUringRequest request)
    {
        if (!OperatingSystem.IsLinux() || RuntimeInformation.ProcessArchitecture is not (Architecture.X64 or Architecture.Arm64))
        {
            return "io_uring needs Linux on x86-64 or arm64";
        }

        foreach (KernelDefect defect in DefectsOf(request))
        {
            if (defect.Opcode is null)
            {
                return $"the kernel's io_uring is defective: {defect.Symptom} ({defect.Source}); update to {Fixed(defect)}, or set AsyncCallOptions.IgnoreKernelDefects if this kernel has the fix";
            }
        }

        return IoUringFacts.Refusal;
    }

    private static IEnumerable<KernelDefect> DefectsOf(IoUringRequest request) =>
        request.IgnoreDefects ? [] : KernelDefects.Of(request.Release ?? Syscalls.KernelRelease());

    private static string Fixed(KernelDefect defect) => $"Linux {defect.Before}";

    /// <summary>Sets up the largest ring that there is memory for, half as large each time. A descriptor, or −errno.</summary>
    private static int SetupThatFits(IoUringRequest request, out int entries, out IoUringParameters parameters, out IoUringMemory? memory)
    {
        int result;
        entries = request.Entries;
        while ((result = SetupWithFlags(request, entries, out parameters, out memory)) == -Errno.ENOMEM && entries / 2 >= EntriesMin)
        {
            entries /= 2;
        }

        return result;
    }

    private static int SetupWithFlags(IoUringRequest request, int entries, out IoUringParameters parameters, out IoUringMemory? memory)
    {
        uint flags = (request.Allowed is null ? 0 : IoUringConstants.SetupDisabled)
            | (request.CompletionPolling ? IoUringConstants.SetupIoPoll : 0)
            | (request.UserMemory ? IoUringConstants.SetupNoMmap : 0);
        if (request.Polling is not null)
        {
            // Nobody else runs the kernel's part of a request then: how it interrupts does not matter.
            return Setup(request, entries, flags | IoUringConstants.SetupSqPoll, out parameters, out memory);
        }

        if (!IoUringFacts.PlainFlags)
        {
            int result = Setup(request, entries, CooperativeFlags | flags, out parameters, out memory);
            if (result != -Errno.EINVAL || request.UserMemory || request.CompletionPolling)
            {
                // What was refused of a wish says nothing of the flags that every ring has.
                return result;
            }

            IoUringFacts.PlainFlags = true;
        }

        return Setup(request, entries, flags, out parameters, out memory);
    }

    private static int Setup(IoUringRequest request, int entries, uint flags, out IoUringParameters parameters, out IoUringMemory? memory)
    {
        IoUringParameters asked = default;
        asked.Flags = flags | IoUringConstants.SetupClamp | IoUringConstants.SetupCqSize;
        asked.CqEntries = Math.Min((uint)entries * CompletionFactor, MaxCompletionEntries);
        asked.SqThreadIdle = request.Polling is { } idle ? (uint)Math.Ceiling(idle.TotalMilliseconds) : 0;
        memory = null;
        if ((flags & IoUringConstants.SetupNoMmap) != 0)
        {
            int made = IoUringMemory.Allocate((uint)entries, asked.CqEntries, out IoUringMemory own);
            if (made < 0)
            {
                parameters = asked;
                return made;
            }

            memory = own;
            asked.Cq.UserAddress = (ulong)own.Ring;
            asked.Sq.UserAddress = (ulong)own.Sqes;
        }

        int result = Syscalls.IoUringSetup((uint)entries, &asked);
        parameters = asked;
        if (result < 0)
        {
            memory?.Free();
            memory = null;
        }

        return result;
    }

    private static IoUringQueues? Examine(
        IoUringRequest request, int fd, in IoUringParameters parameters, IoUringMemory? memory, out IoUringOperations operations, out string reason)
    {
        operations = (IoUringFacts.Kernel ?? IoUringFacts.Keep(new IoUringFacts.KernelFacts(Probe(fd)))).Operations;
        uint missing = RequiredFeatures & ~parameters.Features;
        if (missing != 0)
        {
            IoUringFacts.Refusal = reason = $"the kernel's io_uring lacks features that are needed (bits 0x{missing:x}); Linux 5.6 has them";
        }
        else if (MissingOperation(operations) is { } operation)
        {
            IoUringFacts.Refusal = reason = $"the kernel's io_uring does not have operation {operation}; Linux 5.6 has it";
        }
        else if (Restrict(request, fd, ref operations) is < 0 and int refused)
        {
            reason = IoUringRefusal.Explain("io_uring_register of the restrictions", -refused);
        }
        else if (IoUringQueues.Map(fd, parameters, memory, request.Fault, out IoUringQueues? queues) is < 0 and int error)
        {
            reason = IoUringRefusal.Explain("mmap of the rings", -error);
        }
        else
        {
            int tried = TryNop(queues!);
            if (tried == 0)
            {
                reason = $"a no-op went through a ring of {queues!.SqEntries} submissions and {queues.CqEntries} completions";
                return queues;
            }

            reason = IoUringRefusal.Explain("io_uring_enter", -tried);
            queues!.Withdraw(static _ => { });
            queues.Dispose();
            return null;
        }

        _ = Syscalls.Close(fd);
        memory?.Free();
        return null;
    }

    /// <summary>Takes away what calls must not use: what is known to be defective, and what is not allowed. 0, or −errno.</summary>
    private static int Restrict(IoUringRequest request, int fd, ref IoUringOperations operations)
    {
        foreach (KernelDefect defect in DefectsOf(request))
        {
            operations.Remove(defect.Opcode!.Value);
        }

        if (request.Allowed is not { } allowed)
        {
            return 0;
        }

        operations = IoUringRestrictions.Usable(allowed, operations);
        return IoUringRestrictions.Apply(fd, operations);
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
}
