using System.Runtime.InteropServices;

namespace AsyncCalls.Interop.Linux;

/// <summary>io_uring_setup(2), io_uring_enter(2), io_uring_register(2); numbers and layouts of linux/io_uring.h.</summary>
internal static unsafe partial class Syscalls
{
    private const nint IoUringSetupNumber = 425;
    private const nint IoUringEnterNumber = 426;
    private const nint IoUringRegisterNumber = 427;

    public static int IoUringSetup(uint entries, IoUringParameters* parameters) =>
        (int)Answer(syscall(IoUringSetupNumber, (nint)entries, (nint)parameters, 0, 0, 0, 0));

    public static int IoUringEnter(int fd, uint toSubmit, uint minComplete, uint flags) =>
        (int)Answer(syscall(IoUringEnterNumber, fd, (nint)toSubmit, (nint)minComplete, (nint)flags, 0, 0));

    public static int IoUringRegister(int fd, uint opcode, void* argument, uint count) =>
        (int)Answer(syscall(IoUringRegisterNumber, fd, (nint)opcode, (nint)argument, (nint)count, 0, 0));
}

/// <summary>struct io_uring_params, 120 bytes.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct IoUringParameters
{
    public uint SqEntries;
    public uint CqEntries;
    public uint Flags;
    public uint SqThreadCpu;
    public uint SqThreadIdle;
    public uint Features;
    public uint WqFd;
    public uint Reserved0;
    public uint Reserved1;
    public uint Reserved2;
    public IoUringSqOffsets Sq;
    public IoUringCqOffsets Cq;
}

/// <summary>struct io_sqring_offsets, 40 bytes.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct IoUringSqOffsets
{
    public uint Head;
    public uint Tail;
    public uint RingMask;
    public uint RingEntries;
    public uint Flags;
    public uint Dropped;
    public uint Array;
    public uint Reserved;
    public ulong UserAddress;
}

/// <summary>struct io_cqring_offsets, 40 bytes.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct IoUringCqOffsets
{
    public uint Head;
    public uint Tail;
    public uint RingMask;
    public uint RingEntries;
    public uint Overflow;
    public uint Cqes;
    public uint Flags;
    public uint Reserved;
    public ulong UserAddress;
}

/// <summary>struct io_uring_sqe, 64 bytes; unions carry the name of the member that is used here.</summary>
[StructLayout(LayoutKind.Explicit, Size = 64)]
internal struct IoUringSqe
{
    [FieldOffset(0)]
    public byte Opcode;
    [FieldOffset(1)]
    public byte Flags;
    [FieldOffset(2)]
    public ushort IoPriority;
    [FieldOffset(4)]
    public int Fd;
    [FieldOffset(8)]
    public ulong Offset;
    [FieldOffset(16)]
    public ulong Address;
    [FieldOffset(24)]
    public uint Length;
    [FieldOffset(28)]
    public uint OperationFlags;
    [FieldOffset(32)]
    public ulong UserData;
    [FieldOffset(40)]
    public ushort BufferGroup;
    [FieldOffset(42)]
    public ushort Personality;
    [FieldOffset(44)]
    public int SpliceFd;
    [FieldOffset(48)]
    public ulong Address3;

    /// <summary>attr_ptr, in a union with addr3: newer than many headers.</summary>
    [FieldOffset(48)]
    public ulong AttributePointer;

    /// <summary>attr_type_mask, behind it.</summary>
    [FieldOffset(56)]
    public ulong AttributeMask;
}

/// <summary>struct io_uring_attr_pi, 32 bytes: protection information of a read or write (Linux 6.14).</summary>
[StructLayout(LayoutKind.Explicit, Size = 32)]
internal struct IoUringProtection
{
    [FieldOffset(0)]
    public ushort Flags;
    [FieldOffset(2)]
    public ushort ApplicationTag;
    [FieldOffset(4)]
    public uint Length;
    [FieldOffset(8)]
    public ulong Address;
    [FieldOffset(16)]
    public ulong Seed;
}

/// <summary>struct io_uring_rsrc_register, 32 bytes: a table of files or buffers.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct IoUringTable
{
    public uint Count;
    public uint Flags;
    public ulong Reserved;
    public ulong Data;
    public ulong Tags;
}

/// <summary>struct io_uring_rsrc_update2, 32 bytes: what lies in a place of such a table.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct IoUringTableUpdate
{
    public uint Offset;
    public uint Reserved;
    public ulong Data;
    public ulong Tags;
    public uint Count;
    public uint Reserved2;
}

/// <summary>struct io_uring_rsrc_update, 16 bytes: a ring, and its place in the table of a thread.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct IoUringRingPlace
{
    public uint Offset;
    public uint Reserved;
    public ulong Fd;
}

/// <summary>struct io_uring_restriction, 16 bytes.</summary>
[StructLayout(LayoutKind.Explicit, Size = 16)]
internal struct IoUringRestriction
{
    [FieldOffset(0)]
    public ushort Kind;

    /// <summary>register_op, sqe_op or sqe_flags.</summary>
    [FieldOffset(2)]
    public byte Value;
}

/// <summary>struct __kernel_timespec, 16 bytes.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct KernelTimespec
{
    public long Seconds;
    public long Nanoseconds;
}

/// <summary>struct io_uring_cqe, 16 bytes.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct IoUringCqe
{
    public ulong UserData;
    public int Result;
    public uint Flags;
}

/// <summary>struct io_uring_buf, 16 bytes. In the first one of a ring the last two bytes are the ring's tail.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct IoUringBuffer
{
    public ulong Address;
    public uint Length;
    public ushort Id;
    public ushort Tail;
}

/// <summary>struct io_uring_buf_reg, 40 bytes.</summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct IoUringBufferRegistration
{
    public ulong RingAddress;
    public uint RingEntries;
    public ushort Group;
    public ushort Flags;
    public fixed ulong Reserved[3];
}

/// <summary>The constants of linux/io_uring.h that are used.</summary>
internal static class IoUringConstants
{
    public const byte OpNop = 0;
    public const byte OpReadV = 1;
    public const byte OpWriteV = 2;
    public const byte OpFSync = 3;
    public const byte OpReadFixed = 4;
    public const byte OpWriteFixed = 5;
    public const byte OpPollAdd = 6;
    public const byte OpSyncFileRange = 8;
    public const byte OpSendMsg = 9;
    public const byte OpRecvMsg = 10;
    public const byte OpTimeout = 11;
    public const byte OpAccept = 13;
    public const byte OpAsyncCancel = 14;
    public const byte OpLinkTimeout = 15;
    public const byte OpConnect = 16;
    public const byte OpFAllocate = 17;
    public const byte OpOpenAt = 18;
    public const byte OpClose = 19;
    public const byte OpStatX = 21;
    public const byte OpRead = 22;
    public const byte OpWrite = 23;
    public const byte OpFAdvise = 24;
    public const byte OpMAdvise = 25;
    public const byte OpSend = 26;
    public const byte OpRecv = 27;
    public const byte OpOpenAt2 = 28;
    public const byte OpEpollCtl = 29;
    public const byte OpSplice = 30;
    public const byte OpTee = 33;
    public const byte OpShutdown = 34;
    public const byte OpRenameAt = 35;
    public const byte OpUnlinkAt = 36;
    public const byte OpMkDirAt = 37;
    public const byte OpSymLinkAt = 38;
    public const byte OpLinkAt = 39;
    public const byte OpFSetXAttr = 41;
    public const byte OpSetXAttr = 42;
    public const byte OpFGetXAttr = 43;
    public const byte OpGetXAttr = 44;
    public const byte OpSocket = 45;
    public const byte OpSendZeroCopy = 47;
    public const byte OpReadMultishot = 49;
    public const byte OpWaitId = 50;
    public const byte OpFutexWait = 51;
    public const byte OpFutexWake = 52;
    public const byte OpFTruncate = 55;
    public const byte OpBind = 56;
    public const byte OpListen = 57;
    public const byte OpEpollWait = 59;
    public const byte OpPipe = 62;

    public const byte SqeFixedFile = 1 << 0;
    public const byte SqeIoLink = 1 << 2;
    public const byte SqeBufferSelect = 1 << 5;

    public const ushort AcceptMultishot = 1 << 0;
    public const ushort ReceiveMultishot = 1 << 1;

    /// <summary>IORING_RECVSEND_FIXED_BUF.</summary>
    public const ushort SendFixedBuffer = 1 << 2;

    public const uint PollAddMultishot = 1u << 0;

    public const uint CompletionBuffer = 1u << 0;
    public const uint CompletionMore = 1u << 1;
    public const uint CompletionNotification = 1u << 3;
    public const int CompletionBufferShift = 16;

    public const uint TimeoutAbsolute = 1u << 0;
    public const uint FSyncDataSync = 1u << 0;

    /// <summary>MSG_WAITALL: a send goes on until all is sent, as a blocking one does.</summary>
    public const uint SendAll = 0x100;

    public const uint SetupIoPoll = 1u << 0;
    public const uint SetupSqPoll = 1u << 1;
    public const uint SetupCqSize = 1u << 3;
    public const uint SetupClamp = 1u << 4;
    public const uint SetupDisabled = 1u << 6;
    public const uint SetupSubmitAll = 1u << 7;
    public const uint SetupCoopTaskRun = 1u << 8;
    public const uint SetupTaskRunFlag = 1u << 9;

    /// <summary>IORING_SETUP_NO_MMAP (Linux 6.5).</summary>
    public const uint SetupNoMmap = 1u << 14;

    public const uint FeatureSingleMmap = 1u << 0;
    public const uint FeatureNoDrop = 1u << 1;
    public const uint FeatureSubmitStable = 1u << 2;
    public const uint FeatureReadWriteCurrentPosition = 1u << 3;

    /// <summary>IORING_FEAT_RW_ATTR (Linux 6.14).</summary>
    public const uint FeatureAttributes = 1u << 16;

    /// <summary>IORING_RW_ATTR_FLAG_PI.</summary>
    public const ulong AttributeProtection = 1;

    public const uint EnterGetEvents = 1u << 0;
    public const uint EnterSqWakeup = 1u << 1;
    public const uint EnterSqWait = 1u << 2;

    /// <summary>IORING_ENTER_REGISTERED_RING (Linux 5.18): the descriptor is a place in the thread's table.</summary>
    public const uint EnterRegisteredRing = 1u << 4;

    public const uint SqNeedWakeup = 1u << 0;
    public const uint SqCqOverflow = 1u << 1;
    public const uint SqTaskRun = 1u << 2;

    public const byte RegisterFileTable = 13;
    public const byte UpdateFileTable = 14;
    public const byte RegisterBufferTable = 15;
    public const byte UpdateBufferTable = 16;

    /// <summary>IORING_RSRC_REGISTER_SPARSE (Linux 5.19).</summary>
    public const uint TableSparse = 1u << 0;

    public const byte RegisterRingFds = 20;
    public const byte UnregisterRingFds = 21;
    public const byte RegisterBufferRing = 22;
    public const byte UnregisterBufferRing = 23;
    public const uint RegisterProbe = 8;
    public const ushort ProbeSupported = 1;
    public const byte RegisterPersonality = 9;
    public const byte UnregisterPersonality = 10;
    public const uint RegisterRestrictions = 11;
    public const uint RegisterEnableRings = 12;
    public const ushort RestrictionRegisterOp = 0;
    public const ushort RestrictionSqeOp = 1;
    public const ushort RestrictionSqeFlagsAllowed = 2;

    public const long SqRingOffset = 0;
    public const long SqesOffset = 0x10000000;
}
