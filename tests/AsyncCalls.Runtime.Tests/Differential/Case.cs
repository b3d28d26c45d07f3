using System.Runtime.InteropServices;

namespace AsyncCalls.Runtime.Tests.Differential;

/// <summary>One call that is made plainly in one scene, and by the runtime in another.</summary>
/// <param name="Operation">What it does.</param>
/// <param name="Name">What distinguishes it.</param>
/// <param name="Prepare">Makes what the call needs in a scene, and gives the two ways of making it.</param>
internal sealed record Case(CallOperation Operation, string Name, Func<Scene, Prepared> Prepare)
{
    public override string ToString() => $"{Operation} {Name}";
}

/// <summary>A call in its scene.</summary>
/// <param name="Plain">The function of libc; −1 is an error.</param>
/// <param name="Block">The same as a block of bare descriptors and addresses.</param>
internal readonly record struct Prepared(Func<long> Plain, Iocb Block);

/// <summary>Blocks of bare descriptors and addresses, with any values at all.</summary>
internal static unsafe class Raw
{
    public static Iocb Block(
        CallOperation operation,
        long handle = 0,
        void* buffer = null,
        long length = 0,
        long offset = 0,
        void* path = null,
        long sixth = 0,
        long flags = 0,
        long mode = 0,
        long second = 0) => new()
        {
            Operation = operation,
            Flags = IocbFlags.UnsafeHandle | IocbFlags.UnsafeMemory,
            Handle = handle,
            Buffer = (ulong)buffer,
            Length = length,
            Offset = offset,
            Path = (ulong)path,
            Sixth = sixth,
            OperationFlags = unchecked((uint)flags),
            Mode = unchecked((uint)mode),
            SecondHandle = second,
        };

    /// <summary>The answer of the kernel behind one of libc.</summary>
    public static long Answer(long result) => result == -1 ? -Marshal.GetLastPInvokeError() : result;
}
