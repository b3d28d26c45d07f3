using AsyncCalls.CompilerServices;
using Microsoft.Win32.SafeHandles;

namespace AsyncCalls.Runtime.Tests.Faults;

/// <summary>One call on an open file, in every form that it has.</summary>
/// <param name="Name">The system call.</param>
/// <param name="System">The plain system call.</param>
/// <param name="Import">The twin of its import.</param>
/// <param name="Block">Its control block.</param>
/// <param name="Original">The call of the class library, if there is one; its result, or 0.</param>
/// <param name="Twin">The twin of that.</param>
internal sealed record FileCall(
    string Name,
    FileCall.Plain System,
    Func<AsyncCallRuntime, SafeFileHandle, Memory<byte>, CancellationToken, ImportCall> Import,
    Func<HandleLease, BufferLease, Iocb> Block,
    FileCall.Plain? Original = null,
    Func<AsyncCallRuntime, SafeFileHandle, Memory<byte>, CancellationToken, Task<long>>? Twin = null)
{
    /// <summary>How many bytes are transferred.</summary>
    public const int Bytes = 10;

    private const AsyncCallErrors Number = AsyncCallErrors.ReturnValue;

    public delegate long Plain(SafeFileHandle file, Span<byte> buffer);

    public static FileCall Read { get; } = new(
        "read",
        static (file, buffer) => Native.ReadSome(file, buffer),
        static (runtime, file, buffer, token) => LibcCalls.Read(runtime, "t", Number, file, buffer, (nuint)buffer.Length, token),
        static (file, buffer) => Iocb.Read(file, buffer, Bytes));

    public static FileCall Write { get; } = new(
        "write",
        static (file, buffer) => Native.WriteOnce(file, buffer),
        static (runtime, file, buffer, token) => LibcCalls.Write(runtime, "t", Number, file, buffer, (nuint)buffer.Length, token),
        static (file, buffer) => Iocb.Write(file, buffer, Bytes));

    public static FileCall Sync { get; } = new(
        "fsync",
        static (file, _) => Native.fsync((int)file.DangerousGetHandle()),
        static (runtime, file, _, token) => LibcTwins.FSync(runtime, "t", Number, file, token),
        static (file, _) => Iocb.FSync(file),
        static (file, _) =>
        {
            RandomAccess.FlushToDisk(file);
            return 0;
        },
        static async (runtime, file, _, token) =>
        {
            await RandomAccessCalls.FlushToDisk(runtime, "t", file, token).Bound();
            return 0;
        });

    public static FileCall DataSync { get; } = new(
        "fdatasync",
        static (file, _) => Native.fdatasync((int)file.DangerousGetHandle()),
        static (runtime, file, _, token) => LibcTwins.FDataSync(runtime, "t", Number, file, token),
        static (file, _) => Iocb.FDataSync(file));

    public static FileCall Truncate(long length) => new(
        "ftruncate",
        (file, _) => Native.ftruncate((int)file.DangerousGetHandle(), length),
        (runtime, file, _, token) => LibcTwins.FTruncate(runtime, "t", Number, file, length, token),
        (file, _) => Iocb.FTruncate(file, length));

    public static FileCall Allocate(long length) => new(
        "fallocate",
        (file, _) => Native.fallocate((int)file.DangerousGetHandle(), 0, 0, length),
        (runtime, file, _, token) => LibcTwins.FAllocate(runtime, "t", Number, file, 0, 0, length, token),
        (file, _) => Iocb.FAllocate(file, 0, 0, length));

    public static FileCall ReadAt(long offset) => new(
        "pread",
        (file, buffer) => ReadPlainly(file, buffer, offset),
        (runtime, file, buffer, token) => LibcCalls.PRead(runtime, "t", Number, file, buffer, (nuint)buffer.Length, offset, token),
        (file, buffer) => Iocb.Read(file, buffer, Bytes, offset),
        (file, buffer) => RandomAccess.Read(file, buffer, offset),
        async (runtime, file, buffer, token) => await RandomAccessCalls.Read(runtime, "t", file, buffer, offset, token).Bound());

    public static FileCall WriteAt(long offset) => new(
        "pwrite",
        (file, buffer) => WritePlainly(file, buffer, offset),
        (runtime, file, buffer, token) => LibcCalls.PWrite(runtime, "t", Number, file, buffer, (nuint)buffer.Length, offset, token),
        (file, buffer) => Iocb.Write(file, buffer, Bytes, offset),
        (file, buffer) =>
        {
            RandomAccess.Write(file, buffer, offset);
            return 0;
        },
        async (runtime, file, buffer, token) =>
        {
            await RandomAccessCalls.Write(runtime, "t", file, buffer, offset, token).Bound();
            return 0;
        });

    private static unsafe long ReadPlainly(SafeFileHandle file, Span<byte> buffer, long offset)
    {
        fixed (byte* start = buffer)
        {
            return Native.pread((int)file.DangerousGetHandle(), start, (nuint)buffer.Length, offset);
        }
    }

    private static unsafe long WritePlainly(SafeFileHandle file, Span<byte> buffer, long offset)
    {
        fixed (byte* start = buffer)
        {
            return Native.pwrite((int)file.DangerousGetHandle(), start, (nuint)buffer.Length, offset);
        }
    }
}
