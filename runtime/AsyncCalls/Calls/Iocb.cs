using System.Diagnostics.CodeAnalysis;
using System.Runtime.InteropServices;

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
}

/// <summary>
/// The control block of one call: what it does, on what, with what. 128 bytes, blittable; copied when it is submitted, so it may be reused at once.
/// </summary>
/// <remarks>
/// Handles and buffers are named by the 64-bit ids that <see cref="AsyncCallContext.Lease"/> and <see cref="AsyncCallContext.Pin"/> of the same context
/// gave. Made by the methods below; a block with unknown flags, an unknown operation or anything but zero in its reserved bytes is refused.
/// </remarks>
[StructLayout(LayoutKind.Explicit, Size = 128)]
public unsafe struct Iocb
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

    [FieldOffset(80)]
    private fixed ulong _reservedMiddle[1];

    [FieldOffset(88)]
    private ulong _record;

    [FieldOffset(96)]
    private fixed ulong _reservedEnd[4];

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

    /// <summary>Whether all bytes that have no meaning yet are zero.</summary>
    internal readonly bool ReservedIsZero =>
        (_reservedMiddle[0] | _reservedEnd[0] | _reservedEnd[1] | _reservedEnd[2] | _reservedEnd[3]) == 0;

    /// <summary>A call that does nothing, through the whole asynchronous way.</summary>
    public static Iocb Nop() => new() { Operation = CallOperation.Nop };

    /// <summary>read(2): at the file's own position, or of a stream.</summary>
    public static Iocb Read(HandleLease handle, BufferLease buffer, int count) => Transfer(CallOperation.Read, handle, buffer, count, -1);

    /// <summary>pread(2).</summary>
    public static Iocb Read(HandleLease handle, BufferLease buffer, int count, long offset) =>
        Transfer(CallOperation.ReadAt, handle, buffer, count, offset);

    /// <summary>write(2): at the file's own position, or to a stream.</summary>
    public static Iocb Write(HandleLease handle, BufferLease buffer, int count) => Transfer(CallOperation.Write, handle, buffer, count, -1);

    /// <summary>pwrite(2).</summary>
    public static Iocb Write(HandleLease handle, BufferLease buffer, int count, long offset) =>
        Transfer(CallOperation.WriteAt, handle, buffer, count, offset);

    /// <summary>fsync(2).</summary>
    public static Iocb FSync(HandleLease handle) => OnFile(CallOperation.Sync, handle, 0, 0, 0);

    /// <summary>fdatasync(2).</summary>
    public static Iocb FDataSync(HandleLease handle) => OnFile(CallOperation.DataSync, handle, 0, 0, 0);

    /// <summary>ftruncate(2).</summary>
    public static Iocb FTruncate(HandleLease handle, long length) => OnFile(CallOperation.Truncate, handle, 0, 0, length);

    /// <summary>fallocate(2).</summary>
    public static Iocb FAllocate(HandleLease handle, int mode, long offset, long length) =>
        OnFile(CallOperation.Allocate, handle, mode, offset, length);

    /// <summary>openat(2). The result is a descriptor that the caller owns.</summary>
    /// <param name="directory">Where a relative path begins; null for the working directory of the moment when the call runs.</param>
    /// <param name="path">The path in UTF-8, ended by a zero byte inside the buffer.</param>
    /// <param name="flags">The flags of open(2); <c>O_CLOEXEC</c> is added, as everywhere in .NET.</param>
    /// <param name="mode">The mode of a file that is made.</param>
    public static Iocb OpenAt(HandleLease? directory, BufferLease path, int flags, uint mode = 0)
    {
        ArgumentNullException.ThrowIfNull(path);
        return new()
        {
            Operation = CallOperation.OpenAt,
            Handle = (long)(directory?.Id ?? 0),
            Path = path.Id,
            OperationFlags = (uint)flags | CloseOnExec,
            Mode = mode,
        };
    }

    /// <summary>
    /// Any system call there is, by its number on this processor, with six arguments as the kernel takes them (syscall(2)). It runs on a worker and is
    /// interrupted when it is cancelled. Addresses and descriptors in the arguments are the caller's to keep valid until the call has completed.
    /// </summary>
    public static Iocb Syscall(int number, nint first = 0, nint second = 0, nint third = 0, nint fourth = 0, nint fifth = 0, nint sixth = 0) => new()
    {
        Operation = CallOperation.Syscall,
        _flags = IocbFlags.UnsafeHandle | IocbFlags.UnsafeMemory,
        OperationFlags = (uint)number,
        Handle = first,
        Buffer = (ulong)second,
        Length = third,
        Offset = fourth,
        Path = (ulong)fifth,
        Sixth = sixth,
    };

    /// <summary>read(2) of a bare descriptor into memory at an address. The caller keeps both valid until the call has completed.</summary>
    public static Iocb UnsafeRead(int fd, void* buffer, nuint count) => UnsafeTransfer(CallOperation.Read, fd, buffer, count, -1);

    /// <summary>pread(2) of a bare descriptor into memory at an address. The caller keeps both valid until the call has completed.</summary>
    public static Iocb UnsafeRead(int fd, void* buffer, nuint count, long offset) => UnsafeTransfer(CallOperation.ReadAt, fd, buffer, count, offset);

    /// <summary>write(2) to a bare descriptor of memory at an address. The caller keeps both valid until the call has completed.</summary>
    public static Iocb UnsafeWrite(int fd, void* buffer, nuint count) => UnsafeTransfer(CallOperation.Write, fd, buffer, count, -1);

    /// <summary>pwrite(2) to a bare descriptor of memory at an address. The caller keeps both valid until the call has completed.</summary>
    public static Iocb UnsafeWrite(int fd, void* buffer, nuint count, long offset) => UnsafeTransfer(CallOperation.WriteAt, fd, buffer, count, offset);

    /// <summary>
    /// close(2) of a bare descriptor, which is gone whatever the result. Never cancelled, interrupted or retried.
    /// </summary>
    public static Iocb UnsafeClose(int fd) => new() { Operation = CallOperation.Close, _flags = IocbFlags.UnsafeHandle, Handle = fd };

    /// <summary>The block of a checkpointed call.</summary>
    internal static Iocb Restored(CallOperation operation, ulong cookie, HandleLease? handle, BufferLease buffer, long offset, long length, uint flags, uint mode) => new()
    {
        Operation = operation,
        _cookie = cookie,
        Handle = (long)(handle?.Id ?? 0),
        Buffer = operation is CallOperation.Read or CallOperation.ReadAt or CallOperation.Write or CallOperation.WriteAt ? buffer.Id : 0,
        Path = operation == CallOperation.OpenAt ? buffer.Id : 0,
        Length = length,
        Offset = offset,
        OperationFlags = flags,
        Mode = mode,
    };

    private const uint CloseOnExec = 0x80000; // O_CLOEXEC, the same on x86-64 and arm64

    private static Iocb Transfer(CallOperation operation, HandleLease handle, BufferLease buffer, int count, long offset)
    {
        ArgumentNullException.ThrowIfNull(handle);
        ArgumentNullException.ThrowIfNull(buffer);
        return new() { Operation = operation, Handle = (long)handle.Id, Buffer = buffer.Id, Length = count, Offset = offset };
    }

    private static Iocb UnsafeTransfer(CallOperation operation, int fd, void* buffer, nuint count, long offset) => new()
    {
        Operation = operation,
        _flags = IocbFlags.UnsafeHandle | IocbFlags.UnsafeMemory,
        Handle = fd,
        Buffer = (ulong)buffer,
        Length = (long)count,
        Offset = offset,
    };

    private static Iocb OnFile(CallOperation operation, HandleLease handle, int mode, long offset, long length)
    {
        ArgumentNullException.ThrowIfNull(handle);
        return new() { Operation = operation, Handle = (long)handle.Id, OperationFlags = (uint)mode, Offset = offset, Length = length };
    }
}
