using AsyncCalls.Interop.Linux;

namespace AsyncCalls.Calls;

/// <summary>What waits for events, time, processes and memory; and any system call at all.</summary>
internal static partial class OperationTable
{
    private const int SigInfoBytes = 128; // sizeof(siginfo_t)

    private static CallArgument Word => Structure(IocbSlot.Buffer, sizeof(uint));

    private static IEnumerable<OperationRow> Waiting() =>
    [
        new(CallOperation.Poll, "poll(2)")
        {
            Arguments = [Handle, Flags],
            Native = new(IoUringConstants.OpPollAdd) { Fd = IocbSlot.Handle, Flags = IocbSlot.Flags },
            Readiness = new(AttemptManner.NoTime, 0),
            Waits = true,
        },
        new(CallOperation.EpollControl, "epoll_ctl(2)")
        {
            Number = OnThisProcessor(233, 21),
            Arguments = [Handle, Flags, new(ArgumentKind.Handle, IocbSlot.SecondHandle), new(ArgumentKind.OptionalMemory, IocbSlot.Buffer, Syscalls.EpollEventBytes)],
            Native = new(IoUringConstants.OpEpollCtl) { Fd = IocbSlot.Handle, Length = IocbSlot.Flags, Offset = IocbSlot.SecondHandle, Address = IocbSlot.Buffer },
            LeavesEffects = true,
        },
        new(CallOperation.EpollWait, "epoll_wait(2)")
        {
            // epoll_pwait(2) without a mask: arm64 has no other.
            Number = OnThisProcessor(281, 22),
            Arguments = [Handle, new(ArgumentKind.Memory, IocbSlot.Buffer, Syscalls.EpollEventBytes, IocbSlot.Flags), Flags, Mode, Zero, Zero],
            Native = new(IoUringConstants.OpEpollWait) { Fd = IocbSlot.Handle, Address = IocbSlot.Buffer, Length = IocbSlot.Flags, Limits = NativeLimits.NoTimeout },
            Readiness = new(AttemptManner.NoTime, Readable),
            Waits = true,
        },
        new(CallOperation.Sleep, "clock_nanosleep(2)")
        {
            Arguments = [Length, Offset],
            Native = new(IoUringConstants.OpTimeout) { FixedFlags = IoUringConstants.TimeoutAbsolute, FixedLength = 1 },
            Waits = true,
            Interrupted = InterruptRule.GoOn,
        },
        new(CallOperation.WaitId, "waitid(2)")
        {
            Number = OnThisProcessor(247, 95),
            Arguments = [Flags, Mode, new(ArgumentKind.OptionalMemory, IocbSlot.Buffer, SigInfoBytes), Length, Zero],
            Native = new(IoUringConstants.OpWaitId) { Length = IocbSlot.Flags, Fd = IocbSlot.Mode, Offset = IocbSlot.Buffer, SpliceFd = IocbSlot.Length },
            LeavesEffects = true,
            Waits = true,
        },
        new(CallOperation.FutexWait, "futex_wait(2)")
        {
            Number = 455,
            Arguments = [Word, Offset, Number(IocbSlot.Sixth), Flags, Zero, Zero],
            Native = new(IoUringConstants.OpFutexWait) { Address = IocbSlot.Buffer, Offset = IocbSlot.Offset, Address3 = IocbSlot.Sixth, Fd = IocbSlot.Flags },
            Waits = true,
        },
        new(CallOperation.FutexWake, "futex_wake(2)")
        {
            Number = 454,
            Arguments = [Word, Number(IocbSlot.Sixth), Offset, Flags],
            Native = new(IoUringConstants.OpFutexWake) { Address = IocbSlot.Buffer, Offset = IocbSlot.Offset, Address3 = IocbSlot.Sixth, Fd = IocbSlot.Flags },
            LeavesEffects = true,
        },
        new(CallOperation.Syscall, "syscall(2)")
        {
            Arguments = [],
            LeavesEffects = true,
            Waits = true,
            Interrupted = InterruptRule.Deliver,
        },
    ];
}
