using AsyncCalls.Calls;
using AsyncCalls.Interop.Linux;

namespace AsyncCalls.Backends.IoUring;

/// <summary>
/// Restrictions of a ring (io_uring_register(2), IORING_REGISTER_RESTRICTIONS): registered while it is disabled, then it is enabled, and from then on the kernel itself refuses every other operation.
/// A ring that lives cannot be restricted any more (EBADFD).
/// </summary>
internal static unsafe class IoUringRestrictions
{
    /// <summary>What the runtime itself needs: the no-op of the trial, the read of the wake descriptor, cancels, deadlines.</summary>
    private static readonly byte[] Own = [IoUringConstants.OpNop, IoUringConstants.OpRead, IoUringConstants.OpAsyncCancel, IoUringConstants.OpLinkTimeout];

    /// <summary>What may be registered with the ring later: credentials of calls, rings of buffers, tables of files and buffers, and the ring itself in the tables of threads.</summary>
    private static readonly byte[] Registrations =
    [
        IoUringConstants.RegisterPersonality, IoUringConstants.UnregisterPersonality, IoUringConstants.RegisterBufferRing, IoUringConstants.UnregisterBufferRing,
        IoUringConstants.RegisterFileTable, IoUringConstants.UpdateFileTable, IoUringConstants.RegisterBufferTable, IoUringConstants.UpdateBufferTable,
        IoUringConstants.RegisterRingFds, IoUringConstants.UnregisterRingFds,
    ];

    /// <summary>Restricts a disabled ring to some operations and the runtime's own, and enables it. 0, or −errno.</summary>
    public static int Apply(int fd, IoUringOperations allowed)
    {
        Span<IoUringRestriction> restrictions = stackalloc IoUringRestriction[IoUringOperations.Max + Registrations.Length + 1];
        int count = 0;
        for (int opcode = 0; opcode < IoUringOperations.Max; opcode++)
        {
            if (allowed.Has((byte)opcode) || Own.Contains((byte)opcode))
            {
                restrictions[count++] = new IoUringRestriction { Kind = IoUringConstants.RestrictionSqeOp, Value = (byte)opcode };
            }
        }

        foreach (byte registration in Registrations)
        {
            restrictions[count++] = new IoUringRestriction { Kind = IoUringConstants.RestrictionRegisterOp, Value = registration };
        }

        restrictions[count++] = new IoUringRestriction { Kind = IoUringConstants.RestrictionSqeFlagsAllowed, Value = IoUringConstants.SqeIoLink | IoUringConstants.SqeBufferSelect | IoUringConstants.SqeFixedFile };
        int result;
        fixed (IoUringRestriction* first = restrictions)
        {
            result = Syscalls.IoUringRegister(fd, IoUringConstants.RegisterRestrictions, first, (uint)count);
        }

        return result < 0 ? result : Syscalls.IoUringRegister(fd, IoUringConstants.RegisterEnableRings, null, 0);
    }

    /// <summary>Of the operations that the kernel has, those that calls may use. Operations that are one opcode of io_uring (read(2) and pread(2)) are allowed together.</summary>
    public static IoUringOperations Usable(IReadOnlyCollection<CallOperation> allowed, IoUringOperations had)
    {
        IoUringOperations usable = default;
        foreach (CallOperation operation in allowed)
        {
            if (OperationTable.Find(operation) is { Native: { } form })
            {
                usable.Set(form.Opcode, had.Has(form.Opcode));
            }
        }

        // The same system calls with memory that is registered.
        usable.Set(IoUringConstants.OpReadFixed, usable.Has(IoUringConstants.OpRead) && had.Has(IoUringConstants.OpReadFixed));
        usable.Set(IoUringConstants.OpWriteFixed, usable.Has(IoUringConstants.OpWrite) && had.Has(IoUringConstants.OpWriteFixed));
        return usable;
    }
}
