using AsyncCalls.Interop.Linux;

namespace AsyncCalls.Calls;

/// <summary>What becomes of a call that a signal interrupted and that nobody asked to end.</summary>
internal enum InterruptRule : byte
{
    /// <summary>The class library's calls are made again; an import gives EINTR, as it does.</summary>
    Retry,

    /// <summary>It goes on with the time that is left.</summary>
    GoOn,

    /// <summary>The connection is being made all the same: wait for it, then ask how it went (SO_ERROR).</summary>
    AwaitConnection,

    /// <summary>EINTR is the result.</summary>
    Deliver,

    /// <summary>Nothing interrupts it, and it is never made again.</summary>
    Never,
}

/// <summary>What a result ≥ 0 is.</summary>
internal enum ResultKind : byte
{
    /// <summary>Zero, or a number that means something to its caller only.</summary>
    Number,

    /// <summary>Bytes that were transferred.</summary>
    Bytes,

    /// <summary>A descriptor, which is closed if its caller has gone.</summary>
    Descriptor,

    /// <summary>Zero, and two descriptors in the memory of the call, which are closed if its caller has gone.</summary>
    DescriptorPair,

    /// <summary>Zero; the C function returns the error number itself and leaves errno alone.</summary>
    ErrorNumber,
}

/// <summary>What a native form cannot express: such a call goes to the workers.</summary>
[Flags]
internal enum NativeLimits : ushort
{
    None = 0,

    /// <summary>A negative offset means "at the file's position" there, and is an error here.</summary>
    OffsetNotNegative = 1 << 0,

    /// <summary>Lengths have 32 bits.</summary>
    LengthOf32Bits = 1 << 1,

    /// <summary>No address beside the data.</summary>
    NoAddress = 1 << 2,

    /// <summary>No time limit of its own: −1.</summary>
    NoTimeout = 1 << 3,

    /// <summary>No bytes are answered without a look at the handles.</summary>
    SomeBytes = 1 << 4,

    /// <summary>A null pointer in the place of a path is a fault there, and may mean the handle itself here.</summary>
    Path = 1 << 5,

    /// <summary>It waits also where the handle has <c>O_NONBLOCK</c>. Looked at when the call is routed.</summary>
    BlockingHandle = 1 << 6,

    /// <summary>Addresses of an impossible length are refused before the handle is looked at.</summary>
    AddressLength = 1 << 7,

    /// <summary>Not <c>RWF_HIPRI</c>, which only rings that poll for completions take, and no flags that do not exist: they are refused before the offset is looked at.</summary>
    NoPolling = 1 << 8,

    /// <summary>Flags of sockets that do not exist are refused before the handle is looked at.</summary>
    SocketFlags = 1 << 9,

    /// <summary>More vectors than a call takes are refused before the handle is looked at.</summary>
    VectorCount = 1 << 10,

    /// <summary>It waits for ever also where the socket has a time limit of its own (<c>SO_RCVTIMEO</c>, <c>SO_SNDTIMEO</c>). Looked at when the call is routed.</summary>
    NoTimeLimit = 1 << 11,
}

/// <summary>How an operation is written into <c>struct io_uring_sqe</c>: which field of the block goes where.</summary>
internal sealed record NativeForm(byte Opcode)
{
    private const uint TransferFlagsKnown = 0xFE; // RWF_DSYNC to RWF_DONTCACHE, without RWF_HIPRI
    private const uint SocketFlagsKnown = 0x80800; // SOCK_CLOEXEC | SOCK_NONBLOCK
    private const ulong VectorsMax = 1_024; // IOV_MAX
    private const ulong AddressBytesMax = 128; // sizeof(struct sockaddr_storage)

    public IocbSlot Fd { get; init; }

    public IocbSlot Address { get; init; }

    public IocbSlot Offset { get; init; }

    public IocbSlot Length { get; init; }

    public IocbSlot Flags { get; init; }

    /// <summary><c>splice_fd_in</c>, <c>file_index</c>.</summary>
    public IocbSlot SpliceFd { get; init; }

    public IocbSlot Address3 { get; init; }

    /// <summary>Flags that are always set.</summary>
    public uint FixedFlags { get; init; }

    /// <summary>The length, where it is always the same.</summary>
    public uint FixedLength { get; init; }

    /// <summary>Whether the length counts bytes that the kernel transfers, of which there are at most 2³¹ − 4,096 in one call.</summary>
    public bool LengthIsTransfer { get; init; }

    /// <summary>Whether the completion with the result is followed by another one, when the kernel has let go of the memory (IORING_CQE_F_NOTIF).</summary>
    public bool TellsWhenFree { get; init; }

    public NativeLimits Limits { get; init; }

    /// <summary>Writes a block into an empty entry.</summary>
    public unsafe void Write(in Iocb block, ulong userData, IoUringSqe* sqe)
    {
        sqe->UserData = userData;
        sqe->Opcode = Opcode;
        sqe->Fd = (int)block[Fd];
        sqe->Address = (ulong)block[Address];
        sqe->Offset = (ulong)block[Offset];
        sqe->Length = LengthIsTransfer ? (uint)Math.Min(block[Length], (long)Syscalls.MaxTransfer) : (uint)block[Length] | FixedLength;
        sqe->OperationFlags = (uint)block[Flags] | FixedFlags;
        sqe->SpliceFd = (int)block[SpliceFd];
        sqe->Address3 = (ulong)block[Address3];
    }

    /// <summary>
    /// Whether a block can be expressed. Transfers of no bytes are answered by io_uring without asking the file, which may have something to say (EISDIR, ENOSPC).
    /// </summary>
    public bool Fits(in Iocb block) =>
        ((!LengthIsTransfer && (Limits & NativeLimits.SomeBytes) == 0) || block.Length != 0)
        && ((Limits & NativeLimits.Path) == 0 || block.Path != 0)
        && ((Limits & NativeLimits.AddressLength) == 0 || (ulong)block.Length <= AddressBytesMax)
        && ((Limits & NativeLimits.OffsetNotNegative) == 0 || block.Offset >= 0)
        && ((Limits & NativeLimits.LengthOf32Bits) == 0 || (ulong)block.Length <= uint.MaxValue)
        && ((Limits & NativeLimits.NoAddress) == 0 || block.Path == 0)
        && ((Limits & NativeLimits.NoTimeout) == 0 || (int)block.Mode == -1)
        && ((Limits & NativeLimits.NoPolling) == 0 || (block.OperationFlags & ~TransferFlagsKnown) == 0)
        && ((Limits & NativeLimits.VectorCount) == 0 || (ulong)block.Length <= VectorsMax)
        && ((Limits & NativeLimits.SocketFlags) == 0 || (block.OperationFlags & ~SocketFlagsKnown) == 0)
        && ((Limits & NativeLimits.BlockingHandle) == 0 || !Syscalls.IsNonBlocking((int)block.Handle));

    /// <summary>Whether a block's handle is a socket with a time limit of its own, which the native form would not obey. Asks the kernel.</summary>
    public bool IsTimeLimited(in Iocb block) => (Limits & NativeLimits.NoTimeLimit) != 0 && Syscalls.HasTimeLimit((int)block.Handle, Sends);

    /// <summary>Whether its time limit, where its socket has one, is that of sending.</summary>
    public bool Sends => Opcode is IoUringConstants.OpWrite or IoUringConstants.OpWriteV or IoUringConstants.OpSend or IoUringConstants.OpSendMsg or IoUringConstants.OpSendZeroCopy
        or IoUringConstants.OpConnect;
}

/// <summary>All that is known of an operation that is a system call. One row of <see cref="OperationTable"/>.</summary>
internal sealed record OperationRow(CallOperation Operation, string Page)
{
    /// <summary>The number of the system call on this processor; −1: what it takes is more than one raw call (<see cref="IoCall.Perform(in Iocb)"/>).</summary>
    public int Number { get; init; } = -1;

    /// <summary>The arguments of the system call, in its order.</summary>
    public required CallArgument[] Arguments { get; init; }

    /// <summary>Its form in io_uring; null: there is none.</summary>
    public NativeForm? Native { get; init; }

    /// <summary>Its form where readiness is waited for; null: it cannot be attempted without waiting, or never waits for its handle.</summary>
    public ReadinessForm? Readiness { get; init; }

    /// <summary>Whether a cancelled call may have done a part of its work.</summary>
    public bool LeavesEffects { get; init; }

    /// <summary>Whether it waits for a peer, a timer or another process, whatever it is about: it may never end by itself.</summary>
    public bool Waits { get; init; }

    /// <summary>Whether it answers rather than waits where its handle has <c>O_NONBLOCK</c>, whatever the handle is.</summary>
    public bool ObeysNonBlock { get; init; }

    public InterruptRule Interrupted { get; init; }

    public ResultKind Result { get; init; }

    public CallTraits Traits => new(Interrupted == InterruptRule.Never ? CallCancellation.Never : CallCancellation.WhileItRuns, LeavesEffects);
}
