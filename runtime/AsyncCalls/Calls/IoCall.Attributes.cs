using AsyncCalls.Interop.Linux;

namespace AsyncCalls.Calls;

/// <summary>
/// Attributes of a call. Whoever makes the call (a worker, or io_uring's entry) says which of them it was made with; they are told, beside the result, when the call settles.
/// </summary>
internal sealed unsafe partial class IoCall
{
    /// <summary>What the call is to be made with; null: nothing.</summary>
    public CallAttributes? Attributes => ExistingRareParts?.Attributes;

    /// <summary>The address of the tuples of protection information, pinned with the call.</summary>
    public ulong Tuples => ExistingRareParts?.Tuples ?? 0;

    public HandleKind Kind => _kind;

    /// <summary>Whether the call is a read or write, the only ones that flags, and on io_uring priorities, mean something to.</summary>
    public bool IsReadOrWrite => _row.Native is { Opcode: IoUringConstants.OpRead or IoUringConstants.OpWrite or IoUringConstants.OpReadV or IoUringConstants.OpWriteV };

    public void SetAttributes(CallAttributes attributes)
    {
        attributes.Begin();
        RareParts parts = RareParts;
        parts.Attributes = attributes;
        parts.MadeWith = CallAttribute.None;
        parts.Tuples = IsReadOrWrite && attributes.Integrity is { Tuples.IsEmpty: false } integrity ? Pin<byte>(integrity.Tuples) : 0;
    }

    /// <summary>Says what the attempt that is being made has. By whoever makes it.</summary>
    public void MadeWith(CallAttribute honoured) => RareParts.MadeWith = honoured;

    /// <summary>What was asked of a transfer counts as honoured if the kernel made it; it refuses what it does not know.</summary>
    private void TellAttributes()
    {
        if (ExistingRareParts is { Attributes: { } attributes } parts)
        {
            attributes.Complete(Result >= 0 ? parts.MadeWith : parts.MadeWith & ~(CallAttribute.TransferFlags | CallAttribute.Integrity));
            parts.Attributes = IsSubmitted ? attributes : null;
        }
    }

    /// <summary>The plain call with its attributes, as far as a thread can honour them.</summary>
    private long PerformWith(CallAttributes attributes)
    {
        RareParts.MadeWith = CallAttribute.None;
        if (attributes.Personality is not null)
        {
            // With other credentials it would be another call.
            return -Errno.EOPNOTSUPP;
        }

        int before = attributes.Priority is { } priority ? EnterPriority(priority) : -1;
        long result;
        if (attributes.TransferFlags != 0 && IsReadOrWrite)
        {
            RareParts.MadeWith |= CallAttribute.TransferFlags;
            result = PerformTransfer((uint)attributes.TransferFlags);
        }
        else
        {
            result = Perform(_iocb);
        }

        if (before >= 0)
        {
            _ = Syscalls.SetIoPriority(before);
        }

        return result;
    }

    /// <summary>Gives this thread a priority for a while. What it had before; negative: it could not be given.</summary>
    private int EnterPriority(IoPriority priority)
    {
        int before = Syscalls.GetIoPriority();
        if (before < 0 || Syscalls.SetIoPriority(priority.Encoded) < 0)
        {
            return -1;
        }

        RareParts.MadeWith |= CallAttribute.Priority;
        return before;
    }

    private long PerformTransfer(uint flags)
    {
        bool isVectored = Operation is CallOperation.ReadVectored or CallOperation.ReadVectoredAt or CallOperation.ReadVectoredWithFlags
            or CallOperation.WriteVectored or CallOperation.WriteVectoredAt or CallOperation.WriteVectoredWithFlags;
        bool writes = Operation is CallOperation.Write or CallOperation.WriteAt
            or CallOperation.WriteVectored or CallOperation.WriteVectoredAt or CallOperation.WriteVectoredWithFlags;
        bool positioned = Operation is CallOperation.ReadAt or CallOperation.WriteAt or CallOperation.ReadVectoredAt or CallOperation.WriteVectoredAt;
        if (positioned && _iocb.Offset < 0)
        {
            // −1 would mean "at the position" to preadv2(2), and is an error to pread(2).
            return -Errno.EINVAL;
        }

        if (Operation is CallOperation.ReadVectoredWithFlags or CallOperation.WriteVectoredWithFlags)
        {
            flags |= _iocb.OperationFlags;
            positioned = true;
        }

        var single = new Syscalls.IoVector { Base = (byte*)_iocb.Buffer, Length = (nuint)_iocb.Length };
        Syscalls.IoVector* vectors = isVectored ? (Syscalls.IoVector*)_iocb.Buffer : &single;
        return Syscalls.TransferWithFlags(writes, (int)_iocb.Handle, vectors, isVectored ? (nint)_iocb.Length : 1, positioned ? _iocb.Offset : -1, flags);
    }
}
