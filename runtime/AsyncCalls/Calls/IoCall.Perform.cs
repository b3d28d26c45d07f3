using System.Diagnostics;
using System.Runtime.CompilerServices;
using AsyncCalls.Interop.Linux;

namespace AsyncCalls.Calls;

/// <summary>The system call itself, made on the calling thread, which may block.</summary>
internal sealed unsafe partial class IoCall
{
    private long Perform() => _connects ? Syscalls.AwaitConnection((int)_iocb.Handle)
        : Attributes is { } attributes ? PerformWith(attributes)
        : WaitsAnyway ? PerformPatiently()
        : Perform(_iocb);

    /// <summary>As the class library's socket does: where its descriptor was told not to wait, which was for its asynchronous calls, poll(2) waits; a time limit that passed is ETIMEDOUT.</summary>
    private long PerformPatiently()
    {
        while (true)
        {
            long result = Perform(_iocb);
            if (result != -Errno.EAGAIN)
            {
                return result;
            }

            int fd = (int)_iocb.Handle;
            if (!Syscalls.IsNonBlocking(fd))
            {
                return -Errno.ETIMEDOUT;
            }

            result = Syscalls.PollForTransfer(fd, _row.Native!.Sends);
            if (result <= 0)
            {
                return result == 0 ? -Errno.ETIMEDOUT : result;
            }
        }
    }

    /// <summary>The plain system call, which may block, of a block whose handles and memory are descriptors and addresses.</summary>
    public static long Perform(in Iocb iocb)
    {
        OperationRow row = OperationTable.Of(iocb.Operation);
        if (row.Number < 0)
        {
            return PerformSpecial(iocb);
        }

        ReadOnlySpan<CallArgument> arguments = row.Arguments;
        SystemCallValues values = default;
        for (int i = 0; i < arguments.Length; i++)
        {
            values[i] = (nint)iocb[arguments[i].Slot];
        }

        return values.Perform(row.Number);
    }

    /// <summary>What is not one system call with the block's own values.</summary>
    private static long PerformSpecial(in Iocb iocb) => iocb.Operation switch
    {
        CallOperation.Nop => 0,
        CallOperation.Poll => Syscalls.PollOne((int)iocb.Handle, (short)iocb.OperationFlags),
        CallOperation.Sleep => Syscalls.SleepUntil(new KernelTimespec { Seconds = iocb.Length, Nanoseconds = iocb.Offset }),
        CallOperation.Splice => Syscalls.Splice(
            (int)iocb.Handle, iocb.Offset, (int)iocb.SecondHandle, iocb.Sixth, (nuint)iocb.Length, iocb.OperationFlags),
        CallOperation.Syscall => Syscalls.Raw(
            (nint)iocb.OperationFlags, (nint)iocb.Handle, (nint)iocb.Buffer, (nint)iocb.Length, (nint)iocb.Offset, (nint)iocb.Path, (nint)iocb.Sixth),
        _ => throw new UnreachableException($"{iocb.Operation} is not a system call."),
    };
}

/// <summary>The values of a system call. Not on a stackalloc: a method with that is compiled once, without what its first calls would tell the compiler.</summary>
[InlineArray(6)]
internal struct SystemCallValues
{
    private nint _first;

    /// <summary>Makes the call: ≥ 0, or −errno.</summary>
    public readonly long Perform(nint number) => Syscalls.Raw(number, this[0], this[1], this[2], this[3], this[4], this[5]);
}
