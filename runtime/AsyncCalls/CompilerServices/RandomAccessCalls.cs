using System.ComponentModel;
using AsyncCalls.Calls;
using AsyncCalls.Contexts;
using AsyncCalls.Routing;
using Microsoft.Win32.SafeHandles;

namespace AsyncCalls.CompilerServices;

/// <summary>Asynchronous forms of <see cref="RandomAccess"/>, for generated code: the same results and the same exceptions.</summary>
/// <remarks>
/// Argument errors are thrown at once, everything else comes through the <see cref="ValueTask"/>. The buffer belongs to the call until that has completed.
/// </remarks>
[EditorBrowsable(EditorBrowsableState.Never)]
public static class RandomAccessCalls
{
    /// <summary><see cref="RandomAccess.Read(SafeFileHandle, Span{byte}, long)"/>; pread(2).</summary>
    public static ValueTask<int> Read(
        AsyncCallRuntime runtime, string method, SafeFileHandle handle, Memory<byte> buffer, long fileOffset, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(runtime);
        if (handle is null || handle.IsInvalid || handle.IsClosed || fileOffset < 0)
        {
            // The class library says what is wrong.
            _ = RandomAccess.Read(handle!, Span<byte>.Empty, fileOffset);
        }

        if (runtime.Engine.IsPortable)
        {
            return WorkerCalls.Run(
                runtime,
                method,
                (handle, buffer, fileOffset),
                static state => RandomAccess.Read(state.handle!, state.buffer.Span, state.fileOffset),
                cancellationToken);
        }

        ObjectDisposedException.ThrowIf(runtime.Engine.IsClosed, runtime);
        if (cancellationToken.IsCancellationRequested)
        {
            return ValueTask.FromCanceled<int>(cancellationToken);
        }

        Started started = new Transfer(runtime, method, CallManner.ClassLibrary, AsyncCallErrors.Exception, isWrite: false)
            .Start(handle!, buffer, (nuint)buffer.Length, fileOffset, cancellationToken);
        return started.Call is { } call ? new ValueTask<int>(call, call.Version)
            : started.Error is { } error ? ValueTask.FromException<int>(error)
            : new ValueTask<int>((int)started.Result);
    }

    /// <summary><see cref="RandomAccess.Write(SafeFileHandle, ReadOnlySpan{byte}, long)"/>; pwrite(2) until all is written.</summary>
    public static ValueTask Write(
        AsyncCallRuntime runtime, string method, SafeFileHandle handle, ReadOnlyMemory<byte> buffer, long fileOffset, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(runtime);
        if (handle is null || handle.IsInvalid || handle.IsClosed || fileOffset < 0 || buffer.IsEmpty)
        {
            // The class library says what is wrong; an empty write does nothing more than that.
            RandomAccess.Write(handle!, ReadOnlySpan<byte>.Empty, fileOffset);
            if (buffer.IsEmpty)
            {
                return cancellationToken.IsCancellationRequested ? ValueTask.FromCanceled(cancellationToken) : ValueTask.CompletedTask;
            }
        }

        if (runtime.Engine.IsPortable)
        {
            return WorkerCalls.Run(
                runtime,
                method,
                (handle, buffer, fileOffset),
                static state => RandomAccess.Write(state.handle!, state.buffer.Span, state.fileOffset),
                cancellationToken);
        }

        ObjectDisposedException.ThrowIf(runtime.Engine.IsClosed, runtime);
        if (cancellationToken.IsCancellationRequested)
        {
            return ValueTask.FromCanceled(cancellationToken);
        }

        Started started = new Transfer(runtime, method, CallManner.ClassLibrary, AsyncCallErrors.Exception, isWrite: true)
            .Start(handle!, buffer, (nuint)buffer.Length, fileOffset, cancellationToken);
        return started.Call is { } call ? new ValueTask(call, call.Version)
            : started.Error is { } error ? ValueTask.FromException(error)
            : ValueTask.CompletedTask;
    }

    /// <summary><see cref="RandomAccess.FlushToDisk"/>; fsync(2).</summary>
    /// <remarks>A failure is thrown as the class library means to. Its own method does not hear of one in .NET 10.</remarks>
    public static ValueTask FlushToDisk(AsyncCallRuntime runtime, string method, SafeFileHandle handle, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(runtime);
        if (handle is null || handle.IsInvalid || handle.IsClosed)
        {
            RandomAccess.FlushToDisk(handle!);
        }

        if (runtime.Engine.IsPortable)
        {
            return WorkerCalls.Run(runtime, method, handle, static state => RandomAccess.FlushToDisk(state!), cancellationToken);
        }

        ObjectDisposedException.ThrowIf(runtime.Engine.IsClosed, runtime);
        if (cancellationToken.IsCancellationRequested)
        {
            return ValueTask.FromCanceled(cancellationToken);
        }

        if (!IsSeekable(handle!))
        {
            // There is nothing on a disk: the class library answers at once.
            RandomAccess.FlushToDisk(handle!);
            return ValueTask.CompletedTask;
        }

        HandleState.AddReference(handle!);
        IoCall call = IoCall.Rent(runtime.Owner, method, CallManner.ClassLibrary, AsyncCallErrors.Exception, CallOperation.Sync);
        call.SetHandle((int)handle!.DangerousGetHandle(), handle, HandleKind.Any);
        runtime.Start(call, runtime.Engine.Choose(RoutingTable.Find(CallOperation.Sync, HandleKind.Any), call.Iocb), cancellationToken);
        return new ValueTask(call, call.Version);
    }

    private static bool IsSeekable(SafeFileHandle handle)
    {
        bool added = false;
        handle.DangerousAddRef(ref added);
        try
        {
            return HandleFacts.Of(handle, (int)handle.DangerousGetHandle()).Seekable;
        }
        finally
        {
            if (added)
            {
                handle.DangerousRelease();
            }
        }
    }
}
