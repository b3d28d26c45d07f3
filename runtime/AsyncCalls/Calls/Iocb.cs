using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using AsyncCalls.Calls;

namespace AsyncCalls;

/// <summary>How a control block is to be understood, and where its completion goes.</summary>
[Flags]
[SuppressMessage("Naming", "CA1711:Identifiers should not have incorrect suffix", Justification = "The kernel's word, as in struct iocb.")]
public enum IocbFlags : uint
{
    /// <summary>Handle and memory are ids of leases; the completion goes to the ring.</summary>
    None = 0,

    /// <summary>The completion is not announced in the ring: to its <see cref="Iocb.Record"/>, if it has one, or to nobody.</summary>
    NoEvent = 1 << 0,

    /// <summary><see cref="Iocb.Handle"/> is a descriptor number: nothing keeps it from being closed and reused.</summary>
    UnsafeHandle = 1 << 1,

    /// <summary><see cref="Iocb.Buffer"/> and <see cref="Iocb.Path"/> are addresses: the caller keeps the memory valid until the call has completed.</summary>
    UnsafeMemory = 1 << 2,

    /// <summary>
    /// The call may go on after a result: each that it gives before its last is an event with <see cref="CompletionFlags.More"/>. Set by the methods that make such blocks.
    /// </summary>
    Multishot = 1 << 3,

    /// <summary>
    /// The next block of the batch begins when this call has ended, and everything linked after it ends with −ECANCELED if this call fails, or transfers less than it was to (reads, writes,
    /// splices). A chain is accepted as a whole or not at all; the end of the batch ends it.
    /// </summary>
    Link = 1 << 4,

    /// <summary>As <see cref="Link"/>, and the next call begins whatever became of this one.</summary>
    HardLink = 1 << 5,

    /// <summary>
    /// The call, and the chain that it belongs to, begins when all calls of the context that were in flight have ended, and blocks that are submitted later begin when it has ended. Awaited twins
    /// of the context are waited for, and not held back.
    /// </summary>
    Drain = 1 << 6,
}

/// <summary>
/// The control block of one call: what it does, on what, with what. 128 bytes, blittable; copied when it is submitted, so it may be reused at once.
/// </summary>
/// <remarks>
/// Handles and buffers are named by the 64-bit ids that <see cref="AsyncCallContext.Lease(SafeHandle)"/> and <see cref="AsyncCallContext.Pin"/> of the same context
/// gave. Made by the methods below; a block with unknown flags, an unknown operation or anything but zero in its reserved bytes is refused.
/// </remarks>
[StructLayout(LayoutKind.Explicit, Size = 128)]
public unsafe partial struct Iocb
{
    [FieldOffset(0)]
    internal uint OperationNumber;

    [FieldOffset(4)]
    private IocbFlags _flags;

    [FieldOffset(8)]
    private ulong _cookie;

    /// <summary>The id of a lease or, unsafely, a descriptor. The first argument of a raw system call.</summary>
    [FieldOffset(16)]
    internal long Handle;

    /// <summary>The id of a pinned buffer or, unsafely, an address. The second argument of a raw system call.</summary>
    [FieldOffset(24)]
    internal ulong Buffer;

    /// <summary>Bytes of the buffer; the length of an allocation or truncation. The third argument of a raw system call.</summary>
    [FieldOffset(32)]
    internal long Length;

    /// <summary>The offset in the file; −1 for its own position. The fourth argument of a raw system call.</summary>
    [FieldOffset(40)]
    internal long Offset;

    /// <summary>A path, null-terminated: the id of a pinned buffer or, unsafely, an address. The fifth argument of a raw system call.</summary>
    [FieldOffset(48)]
    internal ulong Path;

    /// <summary>The sixth argument of a raw system call.</summary>
    [FieldOffset(56)]
    internal long Sixth;

    /// <summary>Flags of openat(2), mode of fallocate(2), number of a raw system call.</summary>
    [FieldOffset(64)]
    internal uint OperationFlags;

    /// <summary>The mode of a file that openat(2) makes.</summary>
    [FieldOffset(68)]
    internal uint Mode;

    [FieldOffset(72)]
    private long _timeoutTicks;

    /// <summary>A second handle, as <see cref="Handle"/>. Zero in operations that have none.</summary>
    [FieldOffset(80)]
    internal long SecondHandle;

    [FieldOffset(88)]
    private ulong _record;

    [FieldOffset(96)]
    private ulong _attributes;

    [FieldOffset(104)]
    private fixed ulong _reservedEnd[3];

    /// <summary>Comes back with the completion, untouched. Must not be zero where the completion goes to a <see cref="Record"/>.</summary>
    public ulong Cookie
    {
        readonly get => _cookie;
        set => _cookie = value;
    }

    /// <summary>How the block is to be understood. The unsafe flags are set by the methods that make unsafe blocks.</summary>
    public IocbFlags Flags
    {
        readonly get => _flags;
        set => _flags = value;
    }

    /// <summary>The <see cref="CompletionRecord.Id"/> of a record that gets the completion, beside the ring or alone; 0 for none.</summary>
    public ulong Record
    {
        readonly get => _record;
        set => _record = value;
    }

    /// <summary>The <see cref="AttributesLease.Id"/> of what the call is to be made with; 0 for nothing. Its results are there when the call has completed.</summary>
    public ulong Attributes
    {
        readonly get => _attributes;
        set => _attributes = value;
    }

    /// <summary>
    /// The time of the call, from its submission: one that has not completed by then is cancelled, and completes with −ETIME unless it completed all the same. Zero, as in a new
    /// block, or <see cref="System.Threading.Timeout.InfiniteTimeSpan"/>: no limit.
    /// </summary>
    public TimeSpan Timeout
    {
        readonly get => TimeSpan.FromTicks(_timeoutTicks);
        set => _timeoutTicks = value == System.Threading.Timeout.InfiniteTimeSpan ? 0 : value.Ticks;
    }

    internal CallOperation Operation
    {
        readonly get => (CallOperation)OperationNumber;
        set => OperationNumber = (uint)value;
    }

    /// <summary>A field by its place. Those of 32 bits are taken as signed.</summary>
    internal long this[IocbSlot slot]
    {
        readonly get => slot is IocbSlot.Flags or IocbSlot.Mode ? Field<int>(this, slot) : slot == IocbSlot.None ? 0 : Field<long>(this, slot);

        set
        {
            if (slot is IocbSlot.Flags or IocbSlot.Mode)
            {
                Field<int>(this, slot) = (int)value;
            }
            else
            {
                Field<long>(this, slot) = value;
            }
        }
    }

    /// <summary>Whether all bytes that have no meaning yet are zero.</summary>
    internal readonly bool ReservedIsZero =>
        (_reservedEnd[0] | _reservedEnd[1] | _reservedEnd[2]) == 0;

    private static ref T Field<T>(in Iocb block, IocbSlot slot)
        where T : unmanaged => ref Unsafe.As<Iocb, T>(ref Unsafe.AddByteOffset(ref Unsafe.AsRef(in block), (nint)slot));
}
