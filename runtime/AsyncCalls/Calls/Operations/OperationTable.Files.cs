using AsyncCalls.Interop.Linux;

namespace AsyncCalls.Calls;

/// <summary>Transfers, and what is done to open files and memory.</summary>
internal static partial class OperationTable
{
    private static IEnumerable<OperationRow> Files() =>
    [
        new(CallOperation.Nop, "no-op") { Arguments = [], Native = new(IoUringConstants.OpNop), Readiness = new(AttemptManner.Plain, 0) },

        Transfer(CallOperation.Read, "read(2)", OnThisProcessor(0, 63), [Handle, Buffer, Length], IoUringConstants.OpRead),
        Transfer(CallOperation.ReadAt, "pread(2)", OnThisProcessor(17, 67), [Handle, Buffer, Length, Offset], IoUringConstants.OpRead),
        Transfer(CallOperation.Write, "write(2)", OnThisProcessor(1, 64), [Handle, Buffer, Length], IoUringConstants.OpWrite),
        Transfer(CallOperation.WriteAt, "pwrite(2)", OnThisProcessor(18, 68), [Handle, Buffer, Length, Offset], IoUringConstants.OpWrite),

        Transfer(CallOperation.ReadVectored, "readv(2)", OnThisProcessor(19, 65), [Handle, Vectors, Length], IoUringConstants.OpReadV),
        Transfer(CallOperation.ReadVectoredAt, "preadv(2)", OnThisProcessor(295, 69), [Handle, Vectors, Length, Offset, Zero], IoUringConstants.OpReadV),
        Transfer(CallOperation.ReadVectoredWithFlags, "preadv2(2)", OnThisProcessor(327, 286), [Handle, Vectors, Length, Offset, Zero, Flags], IoUringConstants.OpReadV),
        Transfer(CallOperation.WriteVectored, "writev(2)", OnThisProcessor(20, 66), [Handle, Vectors, Length], IoUringConstants.OpWriteV),
        Transfer(CallOperation.WriteVectoredAt, "pwritev(2)", OnThisProcessor(296, 70), [Handle, Vectors, Length, Offset, Zero], IoUringConstants.OpWriteV),
        Transfer(CallOperation.WriteVectoredWithFlags, "pwritev2(2)", OnThisProcessor(328, 287), [Handle, Vectors, Length, Offset, Zero, Flags], IoUringConstants.OpWriteV),

        new(CallOperation.Sync, "fsync(2)")
        {
            Number = OnThisProcessor(74, 82),
            Arguments = [Handle],
            Native = new(IoUringConstants.OpFSync) { Fd = IocbSlot.Handle },
        },
        new(CallOperation.DataSync, "fdatasync(2)")
        {
            Number = OnThisProcessor(75, 83),
            Arguments = [Handle],
            Native = new(IoUringConstants.OpFSync) { Fd = IocbSlot.Handle, FixedFlags = IoUringConstants.FSyncDataSync },
        },
        new(CallOperation.SyncRange, "sync_file_range(2)")
        {
            Number = OnThisProcessor(277, 84),
            Arguments = [Handle, Offset, Length, Flags],
            Native = new(IoUringConstants.OpSyncFileRange)
            {
                Fd = IocbSlot.Handle, Offset = IocbSlot.Offset, Length = IocbSlot.Length, Flags = IocbSlot.Flags, Limits = NativeLimits.LengthOf32Bits,
            },
        },
        new(CallOperation.Truncate, "ftruncate(2)")
        {
            Number = OnThisProcessor(77, 46),
            Arguments = [Handle, Length],
            Native = new(IoUringConstants.OpFTruncate) { Fd = IocbSlot.Handle, Offset = IocbSlot.Length },
            LeavesEffects = true,
        },
        new(CallOperation.Allocate, "fallocate(2)")
        {
            Number = OnThisProcessor(285, 47),
            Arguments = [Handle, Flags, Offset, Length],
            Native = new(IoUringConstants.OpFAllocate) { Fd = IocbSlot.Handle, Offset = IocbSlot.Offset, Address = IocbSlot.Length, Length = IocbSlot.Flags },
            LeavesEffects = true,
        },
        new(CallOperation.AdviseFile, "posix_fadvise(2)")
        {
            Number = OnThisProcessor(221, 223),
            Arguments = [Handle, Offset, Length, Flags],
            Native = new(IoUringConstants.OpFAdvise)
            {
                Fd = IocbSlot.Handle, Offset = IocbSlot.Offset, Length = IocbSlot.Length, Flags = IocbSlot.Flags, Limits = NativeLimits.LengthOf32Bits,
            },
            Result = ResultKind.ErrorNumber,
        },
        new(CallOperation.AdviseMemory, "madvise(2)")
        {
            Number = OnThisProcessor(28, 233),
            Arguments = [Buffer, Length, Flags],
            Native = new(IoUringConstants.OpMAdvise)
            {
                Address = IocbSlot.Buffer, Length = IocbSlot.Length, Flags = IocbSlot.Flags, Limits = NativeLimits.LengthOf32Bits,
            },
            LeavesEffects = true,
        },
        new(CallOperation.Close, "close(2)")
        {
            Number = OnThisProcessor(3, 57),
            Arguments = [Handle],
            Native = new(IoUringConstants.OpClose) { Fd = IocbSlot.Handle },
            LeavesEffects = true,
            Interrupted = InterruptRule.Never,
        },
        new(CallOperation.Splice, "splice(2)")
        {
            Arguments = [Handle, Offset, new(ArgumentKind.Handle, IocbSlot.SecondHandle), Number(IocbSlot.Sixth), Length, Flags],
            Native = new(IoUringConstants.OpSplice)
            {
                Fd = IocbSlot.SecondHandle, Offset = IocbSlot.Sixth, Address = IocbSlot.Offset, SpliceFd = IocbSlot.Handle, Length = IocbSlot.Length, Flags = IocbSlot.Flags,
                Limits = NativeLimits.LengthOf32Bits | NativeLimits.SomeBytes,
            },
            LeavesEffects = true,
            Waits = true,
            Result = ResultKind.Bytes,
        },
        new(CallOperation.Tee, "tee(2)")
        {
            Number = OnThisProcessor(276, 77),
            Arguments = [Handle, new(ArgumentKind.Handle, IocbSlot.SecondHandle), Length, Flags],
            Native = new(IoUringConstants.OpTee)
            {
                Fd = IocbSlot.SecondHandle, SpliceFd = IocbSlot.Handle, Length = IocbSlot.Length, Flags = IocbSlot.Flags, Limits = NativeLimits.LengthOf32Bits | NativeLimits.SomeBytes,
            },
            LeavesEffects = true,
            Waits = true,
            Result = ResultKind.Bytes,
        },
        new(CallOperation.Pipe, "pipe2(2)")
        {
            Number = OnThisProcessor(293, 59),
            Arguments = [Structure(IocbSlot.Buffer, 2 * sizeof(int)), Flags],
            Native = new(IoUringConstants.OpPipe) { Address = IocbSlot.Buffer, Flags = IocbSlot.Flags },
            Result = ResultKind.DescriptorPair,
        },
    ];

    private static OperationRow Transfer(CallOperation operation, string page, int number, CallArgument[] arguments, byte opcode)
    {
        bool writes = opcode is IoUringConstants.OpWrite or IoUringConstants.OpWriteV;
        bool positioned = arguments.Contains(Offset);

        // A vectored write that ended with a part would go on within its vectors: only a worker's call does.
        bool attempted = operation is CallOperation.Read or CallOperation.Write or CallOperation.ReadVectored;
        return new(operation, page)
        {
            Number = number,
            Arguments = arguments,
            Native = new(opcode)
            {
                Fd = IocbSlot.Handle,
                Address = IocbSlot.Buffer,
                Length = IocbSlot.Length,
                Offset = IocbSlot.Offset,
                Flags = arguments.Contains(Flags) ? IocbSlot.Flags : IocbSlot.None,
                LengthIsTransfer = arguments.Contains(Buffer),
                Limits = (positioned ? NativeLimits.OffsetNotNegative : NativeLimits.NoTimeLimit) | (arguments.Contains(Flags) ? NativeLimits.NoPolling : NativeLimits.None)
                    | (arguments.Contains(Vectors) ? NativeLimits.VectorCount : NativeLimits.None),
            },
            Readiness = attempted ? new(AttemptManner.NoWait, writes ? Syscalls.EpollOut : Readable) : null,
            LeavesEffects = writes,
            Result = ResultKind.Bytes,
        };
    }
}
