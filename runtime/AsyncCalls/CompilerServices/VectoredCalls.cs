using System.ComponentModel;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using AsyncCalls.Calls;
using AsyncCalls.Routing;
using Microsoft.Win32.SafeHandles;

namespace AsyncCalls.CompilerServices;

/// <summary>Asynchronous forms of <see cref="RandomAccess"/> with several buffers, for generated code: the same results and the same exceptions.</summary>
/// <remarks>
/// Argument errors are thrown at once, everything else comes through the <see cref="ValueTask"/>. The buffers belong to the call until that has completed; the list does not: it is read at once.
/// </remarks>
[EditorBrowsable(EditorBrowsableState.Never)]
public static class VectoredCalls
{
    /// <summary>The most buffers of one system call (IOV_MAX); the class library too leaves those behind unread, and writes them by another.</summary>
    private const int BuffersMax = 1_024;

    /// <summary><see cref="RandomAccess.Read(SafeFileHandle, IReadOnlyList{Memory{byte}}, long)"/>; preadv(2).</summary>
    public static ValueTask<long> Read(
        AsyncCallRuntime runtime, string method, SafeFileHandle handle, IReadOnlyList<Memory<byte>> buffers, long fileOffset, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(runtime);
        if (IsWrong(handle, fileOffset) || buffers is null)
        {
            // The class library says what is wrong.
            _ = RandomAccess.Read(handle!, buffers is null ? null! : Array.Empty<Memory<byte>>(), fileOffset);
        }

        if (runtime.Engine.IsPortable)
        {
            return WorkerCalls.Run(
                runtime,
                method,
                (handle, buffers, fileOffset),
                static state => RandomAccess.Read(state.handle!, state.buffers!, state.fileOffset),
                cancellationToken);
        }

        ObjectDisposedException.ThrowIf(runtime.Engine.IsClosed, runtime);
        if (cancellationToken.IsCancellationRequested)
        {
            return ValueTask.FromCanceled<long>(cancellationToken);
        }

        Memory<byte>[] parts = [.. buffers!.Take(BuffersMax)];
        runtime.Options.Attributes?.Begin();
        return Start(runtime, method, handle!, parts, fileOffset, CallOperation.ReadVectoredAt, cancellationToken);
    }

    /// <summary><see cref="RandomAccess.Write(SafeFileHandle, IReadOnlyList{ReadOnlyMemory{byte}}, long)"/>; pwritev(2) until all is written.</summary>
    public static ValueTask Write(
        AsyncCallRuntime runtime, string method, SafeFileHandle handle, IReadOnlyList<ReadOnlyMemory<byte>> buffers, long fileOffset, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(runtime);
        if (IsWrong(handle, fileOffset) || buffers is null)
        {
            RandomAccess.Write(handle!, buffers is null ? null! : Array.Empty<ReadOnlyMemory<byte>>(), fileOffset);
        }

        if (runtime.Engine.IsPortable)
        {
            return WorkerCalls.Run(
                runtime,
                method,
                (handle, buffers, fileOffset),
                static state => RandomAccess.Write(state.handle!, state.buffers!, state.fileOffset),
                cancellationToken);
        }

        ObjectDisposedException.ThrowIf(runtime.Engine.IsClosed, runtime);
        if (cancellationToken.IsCancellationRequested)
        {
            return ValueTask.FromCanceled(cancellationToken);
        }

        Memory<byte>[] parts = [.. buffers!.Where(static buffer => !buffer.IsEmpty).Select(MemoryMarshal.AsMemory)];
        runtime.Options.Attributes?.Begin();
        return WriteAll(Write(runtime, method, handle!, parts, fileOffset, cancellationToken), runtime, method, handle!, parts, fileOffset, cancellationToken);
    }

    /// <summary>Goes on where a write transferred a part, or there are more buffers than one call takes.</summary>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder))]
    private static async ValueTask WriteAll(
        ValueTask<long> started, AsyncCallRuntime runtime, string method, SafeFileHandle handle, Memory<byte>[] parts, long fileOffset, CancellationToken cancellationToken)
    {
        for (long written = await started.ConfigureAwait(false); ; written = await Write(runtime, method, handle, parts, fileOffset, cancellationToken).ConfigureAwait(false))
        {
            fileOffset += written;
            int whole = 0;
            while (whole < parts.Length && written >= parts[whole].Length)
            {
                written -= parts[whole++].Length;
            }

            if (whole == parts.Length)
            {
                return;
            }

            parts = parts[whole..];
            parts[0] = parts[0][(int)written..];
        }
    }

    private static ValueTask<long> Write(
        AsyncCallRuntime runtime, string method, SafeFileHandle handle, Memory<byte>[] parts, long fileOffset, CancellationToken cancellationToken) =>
        parts.Length == 0
            ? new ValueTask<long>(0)
            : Start(runtime, method, handle, parts.Length > BuffersMax ? parts[..BuffersMax] : parts, fileOffset, CallOperation.WriteVectoredAt, cancellationToken);

    private static bool IsWrong(SafeFileHandle? handle, long fileOffset) => handle is null || handle.IsInvalid || handle.IsClosed || fileOffset < 0;

    /// <summary>Starts one call, or makes it here where it waits for nobody.</summary>
    private static ValueTask<long> Start(
        AsyncCallRuntime runtime, string method, SafeFileHandle handle, Memory<byte>[] parts, long fileOffset, CallOperation operation, CancellationToken cancellationToken)
    {
        HandleState.AddReference(handle);
        bool owned = false;
        IoCall? call = null;
        try
        {
            int fd = (int)handle.DangerousGetHandle();
            HandleFacts facts = HandleFacts.Of(handle, fd);
            if (!facts.Seekable)
            {
                return new ValueTask<long>(AskClassLibrary(handle, parts, fileOffset, operation));
            }

            ref readonly Route route = ref RoutingTable.Find(operation, facts.Kind);
            call = IoCall.Rent(runtime.Owner, method, CallManner.ClassLibrary, AsyncCallErrors.Exception, operation);
            call.SetVectors(parts, fileOffset);
            if (route.Attempt == Attempt.Plain && runtime.InlineAttempts && runtime.Options.Attributes is null)
            {
                long result = IoCall.Perform(call.Iocb);
                runtime.Engine.Counters.Add(CompletionPath.Inline);
                return result < 0 ? ValueTask.FromException<long>(FileErrors.FromErrno((int)-result, FileErrors.PathOf(handle, fd))) : new ValueTask<long>(result);
            }

            call.SetHandle(fd, handle, facts.Kind);
            owned = true;
            IoCall started = call;
            call = null;
            runtime.Start(started, runtime.Engine.Choose(route, started.Iocb, facts), cancellationToken);
            return new ValueTask<long>(started, started.Version);
        }
        finally
        {
            call?.Abandon();
            if (!owned)
            {
                handle.DangerousRelease();
            }
        }
    }

    /// <summary>The class library refuses a file that has no position, before it does anything.</summary>
    private static long AskClassLibrary(SafeFileHandle handle, Memory<byte>[] parts, long fileOffset, CallOperation operation)
    {
        if (operation == CallOperation.ReadVectoredAt)
        {
            return RandomAccess.Read(handle, parts, fileOffset);
        }

        RandomAccess.Write(handle, [.. parts], fileOffset);
        return parts.Sum(static part => (long)part.Length);
    }
}
