using System.Runtime.InteropServices;
using AsyncCalls.CompilerServices;

namespace AsyncCalls.Runtime.Tests;

/// <summary>The twins as generated code calls them, in short.</summary>
internal static class Calls
{
    public static ValueTask<nint> ReadAsync(this AsyncCallRuntime runtime, SafeHandle handle, Memory<byte> buffer, CancellationToken token = default) =>
        LibcCalls.Read(runtime, "read", AsyncCallErrors.ReturnValue, handle, buffer, (nuint)buffer.Length, token).AsIntPtr();

    public static ValueTask<nint> WriteAsync(this AsyncCallRuntime runtime, SafeHandle handle, ReadOnlyMemory<byte> buffer, CancellationToken token = default) =>
        LibcCalls.Write(runtime, "write", AsyncCallErrors.ReturnValue, handle, buffer, (nuint)buffer.Length, token).AsIntPtr();

    public static ValueTask RunAsync(this AsyncCallRuntime runtime, Action<CancellationToken> body, CancellationToken token = default) =>
        WorkerCalls.Run(runtime, "body", body, static (state, cancel) => state(cancel), token);

    /// <summary>flock(2), which waits for whoever holds the lock, through a descriptor number.</summary>
    public static ValueTask<int> FlockAsync(this AsyncCallRuntime runtime, int fd, int operation, CancellationToken token = default) =>
        WorkerCalls.RunImport(
            runtime, "flock", AsyncCallErrors.ReturnValue, interruptible: true, (fd, operation), static state => Native.flock(state.fd, state.operation), token);
}
