namespace AsyncCalls;

/// <summary>Blocks about open files and memory.</summary>
public unsafe partial struct Iocb
{
    /// <summary>A call that does nothing, through the whole asynchronous way.</summary>
    public static Iocb Nop() => new() { Operation = CallOperation.Nop };

    /// <summary>read(2): at the file's own position, or of a stream.</summary>
    public static Iocb Read(HandleLease handle, BufferLease buffer, int count) => OnBuffer(CallOperation.Read, handle, buffer, count, -1);

    /// <summary>pread(2).</summary>
    public static Iocb Read(HandleLease handle, BufferLease buffer, int count, long offset) =>
        OnBuffer(CallOperation.ReadAt, handle, buffer, count, offset);

    /// <summary>write(2): at the file's own position, or to a stream.</summary>
    public static Iocb Write(HandleLease handle, BufferLease buffer, int count) => OnBuffer(CallOperation.Write, handle, buffer, count, -1);

    /// <summary>pwrite(2).</summary>
    public static Iocb Write(HandleLease handle, BufferLease buffer, int count, long offset) =>
        OnBuffer(CallOperation.WriteAt, handle, buffer, count, offset);

    /// <summary>fsync(2).</summary>
    public static Iocb FSync(HandleLease handle) => OnFile(CallOperation.Sync, handle, 0, 0, 0);

    /// <summary>fdatasync(2).</summary>
    public static Iocb FDataSync(HandleLease handle) => OnFile(CallOperation.DataSync, handle, 0, 0, 0);

    /// <summary>ftruncate(2).</summary>
    public static Iocb FTruncate(HandleLease handle, long length) => OnFile(CallOperation.Truncate, handle, 0, 0, length);

    /// <summary>fallocate(2).</summary>
    public static Iocb FAllocate(HandleLease handle, int mode, long offset, long length) =>
        OnFile(CallOperation.Allocate, handle, mode, offset, length);

    /// <summary>readv(2): at the file's own position, or of a stream.</summary>
    /// <param name="handle">What to read.</param>
    /// <param name="buffers">Buffers, from <see cref="AsyncCallContext.PinAll"/>; filled in order.</param>
    public static Iocb ReadVectored(HandleLease handle, BufferLease buffers) => Vectored(CallOperation.ReadVectored, handle, buffers, -1, 0);

    /// <summary>preadv(2).</summary>
    public static Iocb ReadVectored(HandleLease handle, BufferLease buffers, long offset) => Vectored(CallOperation.ReadVectoredAt, handle, buffers, offset, 0);

    /// <summary>preadv2(2).</summary>
    /// <param name="handle">What to read.</param>
    /// <param name="buffers">Buffers, from <see cref="AsyncCallContext.PinAll"/>; filled in order.</param>
    /// <param name="offset">Where to begin; −1: at the file's own position, or of a stream.</param>
    /// <param name="flags"><c>RWF_*</c> of linux/fs.h.</param>
    public static Iocb ReadVectored(HandleLease handle, BufferLease buffers, long offset, int flags) =>
        Vectored(CallOperation.ReadVectoredWithFlags, handle, buffers, offset, flags);

    /// <summary>writev(2): at the file's own position, or to a stream.</summary>
    public static Iocb WriteVectored(HandleLease handle, BufferLease buffers) => Vectored(CallOperation.WriteVectored, handle, buffers, -1, 0);

    /// <summary>pwritev(2).</summary>
    public static Iocb WriteVectored(HandleLease handle, BufferLease buffers, long offset) => Vectored(CallOperation.WriteVectoredAt, handle, buffers, offset, 0);

    /// <summary>pwritev2(2): also appends (<c>RWF_APPEND</c>), or writes through (<c>RWF_DSYNC</c>, <c>RWF_SYNC</c>).</summary>
    /// <param name="handle">What to write to.</param>
    /// <param name="buffers">Buffers, from <see cref="AsyncCallContext.PinAll"/>; written in order.</param>
    /// <param name="offset">Where to begin; −1: at the file's own position, or to a stream.</param>
    /// <param name="flags"><c>RWF_*</c> of linux/fs.h.</param>
    public static Iocb WriteVectored(HandleLease handle, BufferLease buffers, long offset, int flags) =>
        Vectored(CallOperation.WriteVectoredWithFlags, handle, buffers, offset, flags);

    /// <summary>sync_file_range(2).</summary>
    public static Iocb SyncFileRange(HandleLease handle, long offset, long length, int flags) => OnFile(CallOperation.SyncRange, handle, flags, offset, length);

    /// <summary>posix_fadvise(2).</summary>
    public static Iocb FAdvise(HandleLease handle, long offset, long length, int advice) => OnFile(CallOperation.AdviseFile, handle, advice, offset, length);

    /// <summary>madvise(2) about the first bytes of a buffer, which must begin at a page. Some advice throws the contents of the memory away.</summary>
    public static Iocb MAdvise(BufferLease memory, long length, int advice)
    {
        ArgumentNullException.ThrowIfNull(memory);
        return new() { Operation = CallOperation.AdviseMemory, Buffer = memory.Id, Length = length, OperationFlags = (uint)advice };
    }

    /// <summary>splice(2): moves bytes from one handle to another, of which one is a pipe.</summary>
    /// <param name="from">Where the bytes come from.</param>
    /// <param name="fromOffset">Where they begin in a file; −1: at its own position, or a pipe.</param>
    /// <param name="to">Where they go.</param>
    /// <param name="toOffset">Where they go in a file; −1: at its own position, or a pipe.</param>
    /// <param name="length">The most bytes to move.</param>
    /// <param name="flags"><c>SPLICE_F_*</c>.</param>
    public static Iocb Splice(HandleLease from, long fromOffset, HandleLease to, long toOffset, long length, uint flags = 0)
    {
        ArgumentNullException.ThrowIfNull(from);
        ArgumentNullException.ThrowIfNull(to);
        return new()
        {
            Operation = CallOperation.Splice,
            Handle = (long)from.Id,
            Offset = fromOffset,
            SecondHandle = (long)to.Id,
            Sixth = toOffset,
            Length = length,
            OperationFlags = flags,
        };
    }

    /// <summary>tee(2): copies bytes from one pipe to another, without consuming them.</summary>
    public static Iocb Tee(HandleLease from, HandleLease to, long length, uint flags = 0)
    {
        ArgumentNullException.ThrowIfNull(from);
        ArgumentNullException.ThrowIfNull(to);
        return new() { Operation = CallOperation.Tee, Handle = (long)from.Id, SecondHandle = (long)to.Id, Length = length, OperationFlags = flags };
    }

    /// <summary>pipe2(2). The descriptors, to read and to write, are in the first eight bytes of the buffer when it has succeeded; they are the caller's.</summary>
    /// <param name="descriptors">Gets two 32-bit numbers.</param>
    /// <param name="flags">The flags of pipe2(2); <c>O_CLOEXEC</c> is added, as everywhere in .NET.</param>
    public static Iocb Pipe(BufferLease descriptors, int flags = 0)
    {
        ArgumentNullException.ThrowIfNull(descriptors);
        return new() { Operation = CallOperation.Pipe, Buffer = descriptors.Id, OperationFlags = (uint)flags | CloseOnExec };
    }

    /// <summary>read(2) of a bare descriptor into memory at an address. The caller keeps both valid until the call has completed.</summary>
    public static Iocb UnsafeRead(int fd, void* buffer, nuint count) => UnsafeTransfer(CallOperation.Read, fd, buffer, count, -1);

    /// <summary>pread(2) of a bare descriptor into memory at an address. The caller keeps both valid until the call has completed.</summary>
    public static Iocb UnsafeRead(int fd, void* buffer, nuint count, long offset) => UnsafeTransfer(CallOperation.ReadAt, fd, buffer, count, offset);

    /// <summary>write(2) to a bare descriptor of memory at an address. The caller keeps both valid until the call has completed.</summary>
    public static Iocb UnsafeWrite(int fd, void* buffer, nuint count) => UnsafeTransfer(CallOperation.Write, fd, buffer, count, -1);

    /// <summary>pwrite(2) to a bare descriptor of memory at an address. The caller keeps both valid until the call has completed.</summary>
    public static Iocb UnsafeWrite(int fd, void* buffer, nuint count, long offset) => UnsafeTransfer(CallOperation.WriteAt, fd, buffer, count, offset);

    /// <summary>
    /// close(2) of a bare descriptor, which is gone whatever the result. Never cancelled, interrupted or retried.
    /// </summary>
    public static Iocb UnsafeClose(int fd) => new() { Operation = CallOperation.Close, _flags = IocbFlags.UnsafeHandle, Handle = fd };

    /// <summary>The block of a checkpointed call.</summary>
    internal static Iocb Restored(CallOperation operation, ulong cookie, HandleLease? handle, BufferLease buffer, long offset, long length, uint flags, uint mode) => new()
    {
        Operation = operation,
        _cookie = cookie,
        Handle = (long)(handle?.Id ?? 0),
        Buffer = operation is CallOperation.Read or CallOperation.ReadAt or CallOperation.Write or CallOperation.WriteAt ? buffer.Id : 0,
        Path = operation == CallOperation.OpenAt ? buffer.Id : 0,
        Length = length,
        Offset = offset,
        OperationFlags = flags,
        Mode = mode,
    };

    private const uint CloseOnExec = 0x80000; // O_CLOEXEC, the same on x86-64 and arm64

    private static Iocb OnBuffer(CallOperation operation, HandleLease handle, BufferLease buffer, int count, long offset)
    {
        ArgumentNullException.ThrowIfNull(handle);
        ArgumentNullException.ThrowIfNull(buffer);
        return new() { Operation = operation, Handle = (long)handle.Id, Buffer = buffer.Id, Length = count, Offset = offset };
    }

    private static Iocb Vectored(CallOperation operation, HandleLease handle, BufferLease buffers, long offset, int flags)
    {
        ArgumentNullException.ThrowIfNull(handle);
        ArgumentNullException.ThrowIfNull(buffers);
        return new()
        {
            Operation = operation,
            Handle = (long)handle.Id,
            Buffer = buffers.Id,
            Length = buffers.Length / Interop.Linux.Syscalls.VectorBytes,
            Offset = offset,
            OperationFlags = (uint)flags,
        };
    }

    private static Iocb UnsafeTransfer(CallOperation operation, int fd, void* buffer, nuint count, long offset) => new()
    {
        Operation = operation,
        _flags = IocbFlags.UnsafeHandle | IocbFlags.UnsafeMemory,
        Handle = fd,
        Buffer = (ulong)buffer,
        Length = (long)count,
        Offset = offset,
    };

    private static Iocb OnFile(CallOperation operation, HandleLease handle, int mode, long offset, long length)
    {
        ArgumentNullException.ThrowIfNull(handle);
        return new() { Operation = operation, Handle = (long)handle.Id, OperationFlags = (uint)mode, Offset = offset, Length = length };
    }
}
