using AsyncCalls.Interop.Linux;

namespace AsyncCalls.Calls;

/// <summary>Sockets.</summary>
internal static partial class OperationTable
{
    private const int MessageBytes = 56; // sizeof(struct msghdr)

    private static CallArgument Message => Structure(IocbSlot.Buffer, MessageBytes);

    private static IEnumerable<OperationRow> Sockets() =>
    [
        new(CallOperation.Socket, "socket(2)")
        {
            Number = OnThisProcessor(41, 198),
            Arguments = [Flags, Mode, Length],
            Native = new(IoUringConstants.OpSocket) { Fd = IocbSlot.Flags, Offset = IocbSlot.Mode, Length = IocbSlot.Length },
            Result = ResultKind.Descriptor,
        },
        new(CallOperation.Bind, "bind(2)")
        {
            Number = OnThisProcessor(49, 200),
            Arguments = [Handle, Buffer, Length],
            Native = new(IoUringConstants.OpBind) { Fd = IocbSlot.Handle, Address = IocbSlot.Buffer, Offset = IocbSlot.Length },
            LeavesEffects = true,
        },
        new(CallOperation.Listen, "listen(2)")
        {
            Number = OnThisProcessor(50, 201),
            Arguments = [Handle, Flags],
            Native = new(IoUringConstants.OpListen) { Fd = IocbSlot.Handle, Length = IocbSlot.Flags },
            LeavesEffects = true,
        },
        new(CallOperation.Accept, "accept4(2)")
        {
            Number = OnThisProcessor(288, 242),
            Arguments = [Handle, new(ArgumentKind.OptionalMemory, IocbSlot.Buffer), new(ArgumentKind.MemoryLength, IocbSlot.Path, sizeof(uint)), Flags],
            Native = new(IoUringConstants.OpAccept)
            {
                Fd = IocbSlot.Handle, Address = IocbSlot.Buffer, Offset = IocbSlot.Path, Flags = IocbSlot.Flags, Limits = NativeLimits.BlockingHandle | NativeLimits.SocketFlags | NativeLimits.NoTimeLimit,
            },
            LeavesEffects = true,
            Waits = true,
            ObeysNonBlock = true,
            Result = ResultKind.Descriptor,
        },
        new(CallOperation.Connect, "connect(2)")
        {
            Number = OnThisProcessor(42, 203),
            Arguments = [Handle, Buffer, Length],
            Native = new(IoUringConstants.OpConnect)
            {
                Fd = IocbSlot.Handle, Address = IocbSlot.Buffer, Offset = IocbSlot.Length, Limits = NativeLimits.BlockingHandle | NativeLimits.AddressLength | NativeLimits.NoTimeLimit,
            },
            LeavesEffects = true,
            Waits = true,
            ObeysNonBlock = true,
            Interrupted = InterruptRule.AwaitConnection,
        },
        new(CallOperation.Shutdown, "shutdown(2)")
        {
            Number = OnThisProcessor(48, 210),
            Arguments = [Handle, Flags],
            Native = new(IoUringConstants.OpShutdown) { Fd = IocbSlot.Handle, Length = IocbSlot.Flags },
            LeavesEffects = true,
        },
        Sending(CallOperation.Send, "send(2)", [Handle, Buffer, Length, Flags, Zero, Zero]),
        ZeroCopy(Sending(CallOperation.SendZeroCopy, "send(2)", [Handle, Buffer, Length, Flags, Zero, Zero])),
        Sending(CallOperation.SendTo, "sendto(2)", [Handle, Buffer, Length, Flags, new(ArgumentKind.OptionalMemory, IocbSlot.Path, 1, IocbSlot.Mode), Mode]),
        Receiving(CallOperation.Receive, "recv(2)", [Handle, Buffer, Length, Flags, Zero, Zero]),
        Receiving(
            CallOperation.ReceiveFrom,
            "recvfrom(2)",
            [Handle, Buffer, Length, Flags, new(ArgumentKind.OptionalMemory, IocbSlot.Path), new(ArgumentKind.MemoryLength, IocbSlot.Sixth, sizeof(uint))]),
        new(CallOperation.SendMessage, "sendmsg(2)")
        {
            Number = OnThisProcessor(46, 211),
            Arguments = [Handle, Message, Flags],
            Native = new(IoUringConstants.OpSendMsg)
            {
                Fd = IocbSlot.Handle, Address = IocbSlot.Buffer, Flags = IocbSlot.Flags, FixedLength = 1, FixedFlags = IoUringConstants.SendAll,
                Limits = NativeLimits.NoTimeLimit,
            },
            LeavesEffects = true,
            Waits = true,
            ObeysNonBlock = true,
            Result = ResultKind.Bytes,
        },
        new(CallOperation.ReceiveMessage, "recvmsg(2)")
        {
            Number = OnThisProcessor(47, 212),
            Arguments = [Handle, Message, Flags],
            Native = new(IoUringConstants.OpRecvMsg) { Fd = IocbSlot.Handle, Address = IocbSlot.Buffer, Flags = IocbSlot.Flags, FixedLength = 1, Limits = NativeLimits.NoTimeLimit },
            Readiness = new(AttemptManner.DoNotWait, Readable),
            Waits = true,
            ObeysNonBlock = true,
            Result = ResultKind.Bytes,
        },
    ];

    private static OperationRow Sending(CallOperation operation, string page, CallArgument[] arguments) => new(operation, page)
    {
        Number = OnThisProcessor(44, 206),
        Arguments = arguments,

        // A blocking send(2) waits until all is sent; io_uring's does so when it is told to.
        Native = new(IoUringConstants.OpSend)
        {
            Fd = IocbSlot.Handle,
            Address = IocbSlot.Buffer,
            Length = IocbSlot.Length,
            Flags = IocbSlot.Flags,
            LengthIsTransfer = true,
            FixedFlags = IoUringConstants.SendAll,
            Limits = NativeLimits.NoAddress | NativeLimits.NoTimeLimit,
        },
        Readiness = new(AttemptManner.DoNotWait, Syscalls.EpollOut),
        LeavesEffects = true,
        Waits = true,
        ObeysNonBlock = true,
        Result = ResultKind.Bytes,
    };

    /// <summary>The same without a copy: the network reads the memory itself.</summary>
    private static OperationRow ZeroCopy(OperationRow row) =>
        row with { Native = row.Native! with { Opcode = IoUringConstants.OpSendZeroCopy, TellsWhenFree = true } };

    private static OperationRow Receiving(CallOperation operation, string page, CallArgument[] arguments) => new(operation, page)
    {
        Number = OnThisProcessor(45, 207),
        Arguments = arguments,
        Native = new(IoUringConstants.OpRecv)
        {
            Fd = IocbSlot.Handle,
            Address = IocbSlot.Buffer,
            Length = IocbSlot.Length,
            Flags = IocbSlot.Flags,
            LengthIsTransfer = true,
            Limits = NativeLimits.NoAddress | NativeLimits.NoTimeLimit,
        },
        Readiness = new(AttemptManner.DoNotWait, Readable),
        Waits = true,
        ObeysNonBlock = true,
        Result = ResultKind.Bytes,
    };
}
