using System.ComponentModel;
using System.Runtime.InteropServices;
using AsyncCalls.Calls;
using AsyncCalls.Contexts;

namespace AsyncCalls.CompilerServices;

/// <summary>
/// Asynchronous forms of libc's reads and writes, for generated code: each gives what the system call gives, on whatever path it takes. Other functions: <see cref="LibcCall"/>.
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
    /// <summary>
    /// Whether the import itself is to be called by a worker, since the runtime is portable. Then the count is checked here, as the native call does it.
    /// </summary>
    /// <exception cref="ArgumentOutOfRangeException">The count is larger than the buffer.</exception>
    public static bool IsPortable(AsyncCallRuntime runtime, ReadOnlyMemory<byte> buf, nuint count)
    {
        ArgumentNullException.ThrowIfNull(runtime);
        if (runtime.Engine.IsPortable)
        {
            CheckCount(buf, count);
        }

        return runtime.Engine.IsPortable;
    }

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
        CheckCount(buf, count);
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

    /// <summary>As the import's marshalling has it: a null handle is an argument error.</summary>
    private static SafeHandle NotNull(SafeHandle fd)
    {
        ArgumentNullException.ThrowIfNull(fd);
        return fd;
    }

    private static void CheckCount(ReadOnlyMemory<byte> buf, nuint count)
    {
        if (count > (nuint)buf.Length)
        {
            throw new ArgumentOutOfRangeException(nameof(count), count, $"The count is larger than the buffer, which has {buf.Length} bytes: the call would leave the buffer.");
        }
    }

    internal static void Check(AsyncCallRuntime runtime)
    {
        ArgumentNullException.ThrowIfNull(runtime);
        ObjectDisposedException.ThrowIf(runtime.Engine.IsClosed, runtime);
    }
}
