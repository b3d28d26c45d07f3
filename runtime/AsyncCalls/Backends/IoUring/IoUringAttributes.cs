using System.Runtime.CompilerServices;
using AsyncCalls.Calls;
using AsyncCalls.Interop.Linux;

namespace AsyncCalls.Backends.IoUring;

/// <summary>Attributes of calls in io_uring's entries: <c>ioprio</c>, <c>rw_flags</c>, <c>personality</c>, <c>attr_ptr</c>.</summary>
internal static unsafe class IoUringAttributes
{
    /// <summary>
    /// Whether io_uring can make a call with its attributes as the system call would. RWF_HIPRI is an error on a ring that does not poll. The real-time class is one where it is not permitted, and a
    /// worker, which cannot have it either, makes the call all the same and says so.
    /// </summary>
    public static bool Fit(CallAttributes attributes) =>
        (attributes.TransferFlags & TransferFlags.HighPriority) == 0 && attributes.Priority is not { Class: IoPriorityClass.RealTime };

    /// <summary>Writes the attributes of a call into its entry, and says which of them it has now.</summary>
    /// <param name="call">The call; one without attributes changes nothing.</param>
    /// <param name="sqe">Its entry, which describes the call already.</param>
    /// <param name="protection">Memory that the kernel reads when it takes the entry.</param>
    /// <param name="hasAttributes">Whether this kernel's io_uring takes attributes of reads and writes (IORING_FEAT_RW_ATTR).</param>
    public static void Encode(IoCall call, IoUringSqe* sqe, IoUringProtection* protection, bool hasAttributes)
    {
        if (call.Attributes is not { } attributes)
        {
            return;
        }

        CallAttribute has = CallAttribute.None;
        if (attributes.Personality is { } personality)
        {
            sqe->Personality = personality.Id;
            has |= CallAttribute.Personality;
        }

        if (call.IsReadOrWrite)
        {
            has |= EncodeTransfer(call, attributes, sqe, protection, hasAttributes);
        }

        call.MadeWith(has);
    }

    private static CallAttribute EncodeTransfer(IoCall call, CallAttributes attributes, IoUringSqe* sqe, IoUringProtection* protection, bool hasAttributes)
    {
        CallAttribute has = CallAttribute.None;
        if (attributes.Priority is { } priority)
        {
            sqe->IoPriority = priority.Encoded;
            has |= CallAttribute.Priority;
        }

        if (attributes.TransferFlags != 0)
        {
            sqe->OperationFlags |= (uint)attributes.TransferFlags;
            has |= CallAttribute.TransferFlags;
        }

        if (attributes.Integrity is { } integrity && hasAttributes)
        {
            Unsafe.InitBlock(protection, 0, (uint)sizeof(IoUringProtection));
            protection->Flags = (ushort)integrity.Checks;
            protection->ApplicationTag = integrity.ApplicationTag;
            protection->Length = (uint)integrity.Tuples.Length;
            protection->Address = call.Tuples;
            protection->Seed = integrity.Seed;
            sqe->AttributePointer = (ulong)protection;
            sqe->AttributeMask = IoUringConstants.AttributeProtection;
            has |= CallAttribute.Integrity;
        }

        return has;
    }
}
