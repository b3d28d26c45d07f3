using AsyncCalls.Interop.Linux;

namespace AsyncCalls.Calls;

/// <summary>How an operation is attempted so that it answers at once, with EAGAIN where it would wait.</summary>
internal enum AttemptManner : byte
{
    /// <summary>It waits for nobody.</summary>
    Plain,

    /// <summary>preadv2(2) or pwritev2(2) with <c>RWF_NOWAIT</c>.</summary>
    NoWait,

    /// <summary>With <c>MSG_DONTWAIT</c>.</summary>
    DoNotWait,

    /// <summary>With a timeout of zero; nothing to report is EAGAIN.</summary>
    NoTime,
}

/// <summary>
/// How an operation is served where only readiness is told: attempt it, wait until its handle is ready, attempt it again. Only what can be attempted without waiting, and without changing the
/// flags that the descriptor shares with others, has such a form.
/// </summary>
/// <param name="Manner">How it is attempted.</param>
/// <param name="Events">What it waits for; 0: what the block asks for.</param>
internal sealed record ReadinessForm(AttemptManner Manner, uint Events)
{
    private const ulong VectorsMax = 1_024; // IOV_MAX

    /// <summary>Whether calls for the same readiness are served in the order in which they came: they take from, or add to, the same queue of the kernel.</summary>
    public bool IsOrdered => Events != 0;

    /// <summary>
    /// Whether a block can be served so. Left to workers: transfers of no bytes; flags whose EAGAIN, or whose part, means something else than "later" (MSG_WAITALL, MSG_ERRQUEUE, MSG_OOB); an
    /// address to send to, whose queue no poll of the sender tells of; a time limit.
    /// </summary>
    public static bool Fits(in Iocb block) => block.Operation switch
    {
        CallOperation.Read or CallOperation.Write => block.Length != 0,
        CallOperation.ReadVectored => (ulong)block.Length - 1 < VectorsMax,
        CallOperation.Send or CallOperation.SendTo or CallOperation.SendZeroCopy => block.Length != 0 && block.Path == 0 && (block.OperationFlags & ~Syscalls.PlainSendFlags) == 0,
        CallOperation.Receive or CallOperation.ReceiveFrom => block.Length != 0 && (block.OperationFlags & ~Syscalls.PlainReceiveFlags) == 0,
        CallOperation.ReceiveMessage => (block.OperationFlags & ~Syscalls.PlainReceiveFlags) == 0,
        CallOperation.EpollWait => (int)block.Mode == -1,
        _ => true,
    };

    /// <summary>What the kernel is asked to tell of.</summary>
    public uint EventsOf(in Iocb block) => IsOrdered ? Events : block.Operation == CallOperation.Poll ? (ushort)block.OperationFlags : 0u;

    /// <summary>Attempts a block: its result, or −errno; EAGAIN where it would wait.</summary>
    public unsafe long Attempt(in Iocb block)
    {
        Iocb tried = block;
        switch (Manner)
        {
            case AttemptManner.NoWait when block.Operation == CallOperation.ReadVectored:
                tried.Operation = CallOperation.ReadVectoredWithFlags;
                tried.Offset = -1;
                tried.OperationFlags = Syscalls.RwfNoWait;
                return IoCall.Perform(tried);
            case AttemptManner.NoWait:
                nuint length = (nuint)Math.Min((ulong)block.Length, Syscalls.MaxTransfer);
                return block.Operation == CallOperation.Write
                    ? Syscalls.WriteNoWait((int)block.Handle, (byte*)block.Buffer, length, -1)
                    : Syscalls.ReadNoWait((int)block.Handle, (byte*)block.Buffer, length, -1);
            case AttemptManner.DoNotWait:
                tried.OperationFlags |= Syscalls.DoNotWait;
                return IoCall.Perform(tried);
            case AttemptManner.NoTime when block.Operation == CallOperation.Poll:
                return NothingIsLater(Syscalls.PollOne((int)block.Handle, (short)block.OperationFlags, timeoutMs: 0));
            case AttemptManner.NoTime:
                tried.Mode = 0;
                return NothingIsLater(IoCall.Perform(tried));
            default:
                return IoCall.Perform(tried);
        }
    }

    private static long NothingIsLater(long result) => result == 0 ? -Errno.EAGAIN : result;
}
