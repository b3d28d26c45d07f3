using System.ComponentModel;
using System.Runtime.InteropServices;
using AsyncCalls.Calls;
using AsyncCalls.Contexts;
using AsyncCalls.Routing;

namespace AsyncCalls.CompilerServices;

/// <summary>
/// Asynchronous forms of imports of libc, for generated code: each gives what the system call gives, on whatever path it takes.
/// </summary>
/// <remarks>
/// <para>A handle is leased from the call to its completion, so its descriptor cannot be closed and reused; a bare <see cref="int"/> descriptor
/// cannot be leased. Buffers and paths belong to the call until it has completed. A count larger than its buffer throws
/// <see cref="ArgumentOutOfRangeException"/> at once.</para>
/// <para>EINTR is delivered, as the system call delivers it; a transfer that is cut short is its result. A call that was cancelled before it did anything
/// throws <see cref="OperationCanceledException"/>.</para>
/// </remarks>
[EditorBrowsable(EditorBrowsableState.Never)]
public static class LibcCalls
{
    /// <summary>read(2).</summary>
    public static ImportCall Read(
        AsyncCallRuntime runtime, string method, AsyncCallErrors errors, SafeHandle fd, Memory<byte> buf, nuint count, CancellationToken cancellationToken) =>
        Transfer(runtime, method, errors, isWrite: false, NotNull(fd), -1, buf, count, null, cancellationToken);

    /// <summary>read(2).</summary>
    public static ImportCall Read(
        AsyncCallRuntime runtime, string method, AsyncCallErrors errors, int fd, Memory<byte> buf, nuint count, CancellationToken cancellationToken) =>
        Transfer(runtime, method, errors, isWrite: false, null, fd, buf, count, null, cancellationToken);

    /// <summary>pread(2).</summary>
    public static ImportCall PRead(
        AsyncCallRuntime runtime, string method, AsyncCallErrors errors, SafeHandle fd, Memory<byte> buf, nuint count, long offset, CancellationToken cancellationToken) =>
        Transfer(runtime, method, errors, isWrite: false, NotNull(fd), -1, buf, count, offset, cancellationToken);

    /// <summary>pread(2).</summary>
    public static ImportCall PRead(
        AsyncCallRuntime runtime, string method, AsyncCallErrors errors, int fd, Memory<byte> buf, nuint count, long offset, CancellationToken cancellationToken) =>
        Transfer(runtime, method, errors, isWrite: false, null, fd, buf, count, offset, cancellationToken);

    /// <summary>write(2).</summary>
    public static ImportCall Write(
        AsyncCallRuntime runtime, string method, AsyncCallErrors errors, SafeHandle fd, ReadOnlyMemory<byte> buf, nuint count, CancellationToken cancellationToken) =>
        Transfer(runtime, method, errors, isWrite: true, NotNull(fd), -1, buf, count, null, cancellationToken);

    /// <summary>write(2).</summary>
    public static ImportCall Write(
        AsyncCallRuntime runtime, string method, AsyncCallErrors errors, int fd, ReadOnlyMemory<byte> buf, nuint count, CancellationToken cancellationToken) =>
        Transfer(runtime, method, errors, isWrite: true, null, fd, buf, count, null, cancellationToken);

    /// <summary>pwrite(2).</summary>
    public static ImportCall PWrite(
        AsyncCallRuntime runtime, string method, AsyncCallErrors errors, SafeHandle fd, ReadOnlyMemory<byte> buf, nuint count, long offset, CancellationToken cancellationToken) =>
        Transfer(runtime, method, errors, isWrite: true, NotNull(fd), -1, buf, count, offset, cancellationToken);

    /// <summary>pwrite(2).</summary>
    public static ImportCall PWrite(
        AsyncCallRuntime runtime, string method, AsyncCallErrors errors, int fd, ReadOnlyMemory<byte> buf, nuint count, long offset, CancellationToken cancellationToken) =>
        Transfer(runtime, method, errors, isWrite: true, null, fd, buf, count, offset, cancellationToken);

    /// <summary>fsync(2).</summary>
    public static ImportCall FSync(AsyncCallRuntime runtime, string method, AsyncCallErrors errors, SafeHandle fd, CancellationToken cancellationToken) =>
        OnFile(runtime, method, errors, CallOperation.Sync, NotNull(fd), -1, 0, 0, 0, cancellationToken);

    /// <summary>fsync(2).</summary>
    public static ImportCall FSync(AsyncCallRuntime runtime, string method, AsyncCallErrors errors, int fd, CancellationToken cancellationToken) =>
        OnFile(runtime, method, errors, CallOperation.Sync, null, fd, 0, 0, 0, cancellationToken);

    /// <summary>fdatasync(2).</summary>
    public static ImportCall FDataSync(AsyncCallRuntime runtime, string method, AsyncCallErrors errors, SafeHandle fd, CancellationToken cancellationToken) =>
        OnFile(runtime, method, errors, CallOperation.DataSync, NotNull(fd), -1, 0, 0, 0, cancellationToken);

    /// <summary>fdatasync(2).</summary>
    public static ImportCall FDataSync(AsyncCallRuntime runtime, string method, AsyncCallErrors errors, int fd, CancellationToken cancellationToken) =>
        OnFile(runtime, method, errors, CallOperation.DataSync, null, fd, 0, 0, 0, cancellationToken);

    /// <summary>ftruncate(2).</summary>
    public static ImportCall FTruncate(AsyncCallRuntime runtime, string method, AsyncCallErrors errors, SafeHandle fd, long length, CancellationToken cancellationToken) =>
        OnFile(runtime, method, errors, CallOperation.Truncate, NotNull(fd), -1, 0, 0, length, cancellationToken);

    /// <summary>ftruncate(2).</summary>
    public static ImportCall FTruncate(AsyncCallRuntime runtime, string method, AsyncCallErrors errors, int fd, long length, CancellationToken cancellationToken) =>
        OnFile(runtime, method, errors, CallOperation.Truncate, null, fd, 0, 0, length, cancellationToken);

    /// <summary>fallocate(2).</summary>
    public static ImportCall FAllocate(AsyncCallRuntime runtime, string method, AsyncCallErrors errors, SafeHandle fd, int mode, long offset, long len, CancellationToken cancellationToken) =>
        OnFile(runtime, method, errors, CallOperation.Allocate, NotNull(fd), -1, mode, offset, len, cancellationToken);

    /// <summary>fallocate(2).</summary>
    public static ImportCall FAllocate(AsyncCallRuntime runtime, string method, AsyncCallErrors errors, int fd, int mode, long offset, long len, CancellationToken cancellationToken) =>
        OnFile(runtime, method, errors, CallOperation.Allocate, null, fd, mode, offset, len, cancellationToken);

    /// <summary>open(2). A relative path is resolved when the call runs.</summary>
    public static ImportCall Open(
        AsyncCallRuntime runtime, string method, AsyncCallErrors errors, string path, int flags, uint mode, CancellationToken cancellationToken) =>
        Open(runtime, method, errors, null, Interop.Linux.Syscalls.CurrentDirectory, path, flags, mode, cancellationToken);

    /// <summary>openat(2). A relative path is resolved when the call runs.</summary>
    public static ImportCall OpenAt(
        AsyncCallRuntime runtime, string method, AsyncCallErrors errors, SafeHandle dirfd, string path, int flags, uint mode, CancellationToken cancellationToken) =>
        Open(runtime, method, errors, NotNull(dirfd), -1, path, flags, mode, cancellationToken);

    /// <summary>openat(2). A relative path is resolved when the call runs.</summary>
    public static ImportCall OpenAt(
        AsyncCallRuntime runtime, string method, AsyncCallErrors errors, int dirfd, string path, int flags, uint mode, CancellationToken cancellationToken) =>
        Open(runtime, method, errors, null, dirfd, path, flags, mode, cancellationToken);

    /// <summary>close(2). A token that has fired before keeps it from starting; once started it is never cancelled, interrupted or retried.</summary>
    public static ImportCall Close(AsyncCallRuntime runtime, string method, AsyncCallErrors errors, int fd, CancellationToken cancellationToken) =>
        OnFile(runtime, method, errors, CallOperation.Close, null, fd, 0, 0, 0, cancellationToken);

    private static ImportCall Transfer(
        AsyncCallRuntime runtime,
        string method,
        AsyncCallErrors errors,
        bool isWrite,
        SafeHandle? handle,
        int fd,
        ReadOnlyMemory<byte> buf,
        nuint count,
        long? offset,
        CancellationToken cancellationToken)
    {
        Check(runtime);
        if (count > (nuint)buf.Length)
        {
            throw new ArgumentOutOfRangeException(nameof(count), count, $"The count is larger than the buffer, which has {buf.Length} bytes: the call would leave the buffer.");
        }

        if (cancellationToken.IsCancellationRequested)
        {
            return new ImportCall(new OperationCanceledException(cancellationToken));
        }

        var transfer = new Transfer(runtime, method, CallManner.Import, errors, isWrite);
        return new ImportCall(
            handle is not null
                ? transfer.Start(handle, buf, count, offset, cancellationToken)
                : transfer.Start(fd, buf, count, offset, cancellationToken));
    }

    private static ImportCall OnFile(
        AsyncCallRuntime runtime,
        string method,
        AsyncCallErrors errors,
        CallOperation operation,
        SafeHandle? handle,
        int fd,
        int mode,
        long offset,
        long length,
        CancellationToken cancellationToken)
    {
        Check(runtime);
        if (cancellationToken.IsCancellationRequested)
        {
            return new ImportCall(new OperationCanceledException(cancellationToken));
        }

        IoCall call = Lease(runtime, method, errors, operation, handle, fd);
        call.SetRange(mode, offset, length);
        return Start(runtime, call, cancellationToken);
    }

    private static ImportCall Open(
        AsyncCallRuntime runtime,
        string method,
        AsyncCallErrors errors,
        SafeHandle? directory,
        int directoryFd,
        string path,
        int flags,
        uint mode,
        CancellationToken cancellationToken)
    {
        Check(runtime);
        if (cancellationToken.IsCancellationRequested)
        {
            return new ImportCall(new OperationCanceledException(cancellationToken));
        }

        IoCall call = Lease(runtime, method, errors, CallOperation.OpenAt, directory, directoryFd);
        call.SetOpen(path, flags, mode);
        return Start(runtime, call, cancellationToken);
    }

    /// <summary>As the import's marshalling has it: a null handle is an argument error.</summary>
    private static SafeHandle NotNull(SafeHandle fd)
    {
        ArgumentNullException.ThrowIfNull(fd);
        return fd;
    }

    private static IoCall Lease(AsyncCallRuntime runtime, string method, AsyncCallErrors errors, CallOperation operation, SafeHandle? handle, int fd)
    {
        if (handle is not null)
        {
            HandleState.AddReference(handle);
        }

        IoCall call = IoCall.Rent(runtime.Owner, method, CallManner.Import, errors, operation);
        call.SetHandle(handle is null ? fd : (int)handle.DangerousGetHandle(), handle, HandleKind.Any);
        return call;
    }

    private static ImportCall Start(AsyncCallRuntime runtime, IoCall call, CancellationToken cancellationToken)
    {
        runtime.Start(call, runtime.Engine.Choose(RoutingTable.Find(call.Operation, HandleKind.Any).First), cancellationToken);
        return new ImportCall(new Started(call));
    }

    private static void Check(AsyncCallRuntime runtime)
    {
        ArgumentNullException.ThrowIfNull(runtime);
        ObjectDisposedException.ThrowIf(runtime.Engine.IsClosed, runtime);
        if (!OperatingSystem.IsLinux())
        {
            throw new PlatformNotSupportedException("The twins of libc's imports need Linux in this version; annotate a method of your own, whose body runs on a worker everywhere.");
        }
    }
}
