using System.Runtime.InteropServices;

namespace AsyncCalls.Interop.Linux;

/// <summary>read(2), pread(2), write(2), pwrite(2) and their never-waiting forms, preadv2(2) and pwritev2(2) with <c>RWF_NOWAIT</c>.</summary>
internal static unsafe partial class Syscalls
{
    /// <summary>The most that one call transfers, MAX_RW_COUNT in the kernel: 2³¹ − 4,096.</summary>
    public const nuint MaxTransfer = 0x7ffff000;

    /// <summary>RWF_NOWAIT (linux/fs.h): fail with EAGAIN rather than wait for storage or a peer.</summary>
    public const int RwfNoWait = 0x00000008;

    private static readonly nint PReadV2Number = RuntimeInformation.ProcessArchitecture == Architecture.Arm64 ? 286 : 327;
    private static readonly nint PWriteV2Number = RuntimeInformation.ProcessArchitecture == Architecture.Arm64 ? 287 : 328;

    public static nint Read(int fd, byte* buffer, nuint count) => Answer(read(fd, buffer, count));

    public static nint PRead(int fd, byte* buffer, nuint count, long offset) => Answer(pread(fd, buffer, count, offset));

    public static nint Write(int fd, byte* buffer, nuint count) => Answer(write(fd, buffer, count));

    public static nint PWrite(int fd, byte* buffer, nuint count, long offset) => Answer(pwrite(fd, buffer, count, offset));

    /// <summary>Reads what can be read at once, at <paramref name="offset"/> or, with −1, at the file's position.</summary>
    public static nint ReadNoWait(int fd, byte* buffer, nuint count, long offset)
    {
        var vector = new IoVector { Base = buffer, Length = count };

        // On a 64-bit kernel the fourth argument holds the whole offset and the fifth (its upper half) is ignored.
        return Answer(syscall(PReadV2Number, fd, (nint)(&vector), 1, (nint)offset, 0, RwfNoWait));
    }

    /// <summary>Writes what can be written at once, at <paramref name="offset"/> or, with −1, at the file's position.</summary>
    public static nint WriteNoWait(int fd, byte* buffer, nuint count, long offset)
    {
        var vector = new IoVector { Base = buffer, Length = count };
        return Answer(syscall(PWriteV2Number, fd, (nint)(&vector), 1, (nint)offset, 0, RwfNoWait));
    }

    /// <summary>preadv2(2) or pwritev2(2), at <paramref name="offset"/> or, with −1, at the file's position.</summary>
    public static nint TransferWithFlags(bool writes, int fd, IoVector* vectors, nint count, long offset, uint flags) =>
        Answer(syscall(writes ? PWriteV2Number : PReadV2Number, fd, (nint)vectors, count, (nint)offset, 0, (nint)flags));

    /// <summary>Bytes of struct iovec.</summary>
    public const int VectorBytes = 16;

    /// <summary>struct iovec.</summary>
    public struct IoVector
    {
        public byte* Base;
        public nuint Length;
    }

    [LibraryImport(Libc)]
    private static partial nint read(int fd, byte* buf, nuint count);

    [LibraryImport(Libc)]
    private static partial nint pread(int fd, byte* buf, nuint count, long offset);

    [LibraryImport(Libc)]
    private static partial nint write(int fd, byte* buf, nuint count);

    [LibraryImport(Libc)]
    private static partial nint pwrite(int fd, byte* buf, nuint count, long offset);
}
