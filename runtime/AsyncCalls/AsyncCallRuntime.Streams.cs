using System.Net.Sockets;
using System.Runtime.InteropServices;
using AsyncCalls.Contexts.Streams;

namespace AsyncCalls;

/// <summary>
/// Streams of completions: the same call again and again, for <c>await foreach</c>. One multishot request of io_uring where the kernel has them, a loop of single calls elsewhere: the same sequence.
/// </summary>
public sealed partial class AsyncCallRuntime
{
    /// <summary>Accepts connections (accept4(2)) for as long as the enumeration goes on. Waits for them whatever <c>O_NONBLOCK</c> says.</summary>
    /// <param name="listener">A socket that listens; kept open by each call in flight.</param>
    /// <param name="cancellationToken">Ends the enumeration; so does the token of <c>WithCancellation</c>.</param>
    /// <returns>The connections, in the order of the kernel's queue. Each is the consumer's, who disposes it or makes a <see cref="Socket"/> of it.</returns>
    /// <remarks>
    /// <para>Each enumeration is a stream of its own. A consumer that is slow is not run over: after 64 connections that it has not taken the kernel keeps the others in its queue.</para>
    /// <para>The end: leaving the loop, or disposing the enumerator, which waits until the kernel has let go and closes what nobody took; the token, a cancelled call or handle, a disposed
    /// runtime (<see cref="AsyncCallCanceledException"/>, after what had been accepted before); an error of the system call, such as EMFILE (the exceptions of the class library's files). A
    /// connection that was gone before it was accepted (ECONNABORTED) is passed over. Times of <see cref="WithTimeout"/> bound calls, not streams.</para>
    /// </remarks>
    public IAsyncEnumerable<SafeSocketHandle> AcceptAllAsync(SafeHandle listener, CancellationToken cancellationToken = default) =>
        Connections(listener, nameof(AcceptAllAsync), AcceptStream.CloseOnExec, cancellationToken);

    /// <summary>Receives from a connected socket (recv(2)) until its peer has shut down.</summary>
    /// <param name="socket">The socket; kept open by each call in flight. One loop at a time: two would share the data between them.</param>
    /// <param name="pool">Where the buffers come from. When all are leased, the stream waits until one is given back.</param>
    /// <param name="cancellationToken">Ends the enumeration; so does the token of <c>WithCancellation</c>.</param>
    /// <returns>What was received, in order, in pieces of at most <see cref="LeasedBufferPool.BufferBytes"/>. Each is the consumer's until disposed.</returns>
    /// <exception cref="ArgumentException">The pool is of another runtime.</exception>
    /// <inheritdoc cref="AcceptAllAsync" path="/remarks"/>
    public IAsyncEnumerable<LeasedBuffer> ReceiveAllAsync(SafeHandle socket, LeasedBufferPool pool, CancellationToken cancellationToken = default) =>
        Buffers(socket, CallOperation.Receive, nameof(ReceiveAllAsync), pool, flags: 0, cancellationToken);

    /// <summary>Reads a pipe, terminal, device, event descriptor or file (read(2), at its position) until its end.</summary>
    /// <param name="handle">The handle; kept open by each call in flight.</param>
    /// <param name="pool">Where the buffers come from. When all are leased, the stream waits until one is given back.</param>
    /// <param name="cancellationToken">Ends the enumeration; so does the token of <c>WithCancellation</c>.</param>
    /// <returns>What was read, in order, in pieces of at most <see cref="LeasedBufferPool.BufferBytes"/>. Each is the consumer's until disposed.</returns>
    /// <exception cref="ArgumentException">The pool is of another runtime.</exception>
    /// <inheritdoc cref="AcceptAllAsync" path="/remarks"/>
    public IAsyncEnumerable<LeasedBuffer> ReadAllAsync(SafeHandle handle, LeasedBufferPool pool, CancellationToken cancellationToken = default) =>
        Buffers(handle, CallOperation.Read, nameof(ReadAllAsync), pool, flags: 0, cancellationToken);

    /// <summary>Tells of the events of a handle (poll(2)) for as long as the enumeration goes on.</summary>
    /// <param name="handle">The handle; kept open by each call in flight.</param>
    /// <param name="events"><c>POLL*</c>; errors and hang-ups are told always.</param>
    /// <param name="cancellationToken">Ends the enumeration; so does the token of <c>WithCancellation</c>.</param>
    /// <returns>
    /// Events, at least once after each time that something has come. A hint: they may be told again while they last, and several that nobody has taken are told as one. Read, or write, until
    /// EAGAIN before asking for the next.
    /// </returns>
    public IAsyncEnumerable<short> PollAllAsync(SafeHandle handle, short events, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(handle);
        Engine.RefusePortable("A stream");
        return new CompletionStreams<short>(second => new PollStream(this, handle, events, cancellationToken, second));
    }

    /// <summary>Makes buffers for streams of this runtime. Their memory is allocated and pinned at once.</summary>
    /// <param name="count">How many, 1 to 32,768.</param>
    /// <param name="bufferBytes">How large each is; all together less than 2 GiB.</param>
    /// <exception cref="ArgumentOutOfRangeException">A number is out of its range.</exception>
    /// <exception cref="ObjectDisposedException">The runtime was disposed.</exception>
    public LeasedBufferPool CreateBufferPool(int count, int bufferBytes)
    {
        ObjectDisposedException.ThrowIf(Engine.IsClosed, this);
        return new LeasedBufferPool(Engine, count, bufferBytes);
    }

    /// <summary>A stream of accept4(2), by the name that lists and reports know it by.</summary>
    internal CompletionStreams<SafeSocketHandle> Connections(SafeHandle listener, string method, int flags, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(listener);
        Engine.RefusePortable("A stream");
        return new CompletionStreams<SafeSocketHandle>(second => new AcceptStream(this, listener, method, flags, cancellationToken, second));
    }

    /// <summary>A stream of read(2) or recv(2), by the name that lists and reports know it by.</summary>
    internal CompletionStreams<LeasedBuffer> Buffers(SafeHandle handle, CallOperation operation, string method, LeasedBufferPool pool, int flags, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(handle);
        ArgumentNullException.ThrowIfNull(pool);
        Engine.RefusePortable("A stream");
        if (pool.Engine != Engine)
        {
            throw new ArgumentException("The pool is of another runtime: make it by CreateBufferPool of this one.", nameof(pool));
        }

        return new CompletionStreams<LeasedBuffer>(second => new BufferStream(this, handle, operation, method, pool, flags, cancellationToken, second));
    }
}
