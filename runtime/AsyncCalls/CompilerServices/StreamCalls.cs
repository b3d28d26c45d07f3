using System.ComponentModel;
using System.Net.Sockets;
using System.Runtime.InteropServices;

namespace AsyncCalls.CompilerServices;

/// <summary>What generated streams call.</summary>
[EditorBrowsable(EditorBrowsableState.Never)]
public static class StreamCalls
{
    /// <summary>The stream of accept4(2).</summary>
    /// <param name="runtime">Where its calls are made.</param>
    /// <param name="method">What lists and reports call it.</param>
    /// <param name="listener">A socket that listens.</param>
    /// <param name="flags"><c>SOCK_*</c> of the connections.</param>
    /// <param name="cancellationToken">Ends the enumeration.</param>
    /// <inheritdoc cref="AsyncCallRuntime.AcceptAllAsync" path="/returns | /remarks"/>
    public static IAsyncEnumerable<SafeSocketHandle> Accept(AsyncCallRuntime runtime, string method, SafeHandle listener, int flags, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(runtime);
        return runtime.Connections(listener, method, flags, cancellationToken);
    }

    /// <summary>The stream of read(2).</summary>
    /// <param name="runtime">Where its calls are made.</param>
    /// <param name="method">What lists and reports call it.</param>
    /// <param name="handle">What is read.</param>
    /// <param name="pool">Where the buffers come from.</param>
    /// <param name="cancellationToken">Ends the enumeration.</param>
    /// <inheritdoc cref="AsyncCallRuntime.ReadAllAsync" path="/returns | /remarks | /exception"/>
    public static IAsyncEnumerable<LeasedBuffer> Read(AsyncCallRuntime runtime, string method, SafeHandle handle, LeasedBufferPool pool, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(runtime);
        return runtime.Buffers(handle, CallOperation.Read, method, pool, flags: 0, cancellationToken);
    }

    /// <summary>The stream of recv(2).</summary>
    /// <param name="runtime">Where its calls are made.</param>
    /// <param name="method">What lists and reports call it.</param>
    /// <param name="socket">The socket.</param>
    /// <param name="pool">Where the buffers come from.</param>
    /// <param name="flags"><c>MSG_*</c> of each call. Those that io_uring refuses of a multishot request (MSG_WAITALL) make single calls of it.</param>
    /// <param name="cancellationToken">Ends the enumeration.</param>
    /// <inheritdoc cref="AsyncCallRuntime.ReceiveAllAsync" path="/returns | /remarks | /exception"/>
    public static IAsyncEnumerable<LeasedBuffer> Receive(AsyncCallRuntime runtime, string method, SafeHandle socket, LeasedBufferPool pool, int flags, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(runtime);
        return runtime.Buffers(socket, CallOperation.Receive, method, pool, flags, cancellationToken);
    }
}
