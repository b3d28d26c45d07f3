using System.Diagnostics;
using System.Runtime.InteropServices;
using AsyncCalls.Interop.Linux;

namespace AsyncCalls.Calls;

/// <summary>
/// The system calls that the runtime knows, one row each: the worker makes the call from it, io_uring's entry is written from it, blocks and imports are checked by it, and the
/// documentation is written from it. Where an operation runs is the routing table's business.
/// </summary>
/// <remarks>Numbers of system calls: asm/unistd_64.h of x86-64, asm-generic/unistd.h of arm64. Forms of io_uring: io_uring_enter(2), linux/io_uring.h.</remarks>
internal static partial class OperationTable
{
    /// <summary>One past the highest number of an operation.</summary>
    public const int Count = (int)CallOperation.SendZeroCopy + 1;

    /// <summary>What those wait for that take something from their handle.</summary>
    private const uint Readable = Syscalls.EpollIn | Syscalls.EpollReadHangUp;

    private static CallArgument Zero => new(ArgumentKind.Zero, IocbSlot.None);
    private static CallArgument Handle => new(ArgumentKind.Handle, IocbSlot.Handle);
    private static CallArgument Directory => new(ArgumentKind.Directory, IocbSlot.Handle);
    private static CallArgument Path => new(ArgumentKind.Text, IocbSlot.Path);
    private static CallArgument Buffer => new(ArgumentKind.Memory, IocbSlot.Buffer, 1, IocbSlot.Length);
    private static CallArgument Vectors => new(ArgumentKind.Vectors, IocbSlot.Buffer, Syscalls.VectorBytes, IocbSlot.Length);
    private static CallArgument Length => Number(IocbSlot.Length);
    private static CallArgument Offset => Number(IocbSlot.Offset);
    private static CallArgument Flags => Number(IocbSlot.Flags);
    private static CallArgument Mode => Number(IocbSlot.Mode);

    private static readonly OperationRow?[] Index = BuildIndex();

    /// <summary>All rows, by the number of the operation.</summary>
    public static IEnumerable<OperationRow> All => Index.OfType<OperationRow>();

    /// <summary>The row of an operation; null for a body, an import without a native path, and numbers that mean nothing.</summary>
    public static OperationRow? Find(CallOperation operation) => (uint)operation < (uint)Index.Length ? Index[(int)operation] : null;

    /// <summary>The row of an operation that is a system call.</summary>
    public static OperationRow Of(CallOperation operation) => Find(operation) ?? throw new UnreachableException($"{operation} is not a system call.");

    private static CallArgument Number(IocbSlot slot) => new(ArgumentKind.Number, slot);

    private static CallArgument Structure(IocbSlot slot, int bytes) => new(ArgumentKind.Memory, slot, bytes);

    private static int OnThisProcessor(int x64, int arm64) => RuntimeInformation.ProcessArchitecture == Architecture.Arm64 ? arm64 : x64;

    private static OperationRow?[] BuildIndex()
    {
        var index = new OperationRow?[Count];
        foreach (OperationRow row in (OperationRow[])[.. Files(), .. Paths(), .. Waiting(), .. Sockets()])
        {
            Debug.Assert(index[(int)row.Operation] is null, "An operation has one row.");
            index[(int)row.Operation] = row;
        }

        return index;
    }
}
