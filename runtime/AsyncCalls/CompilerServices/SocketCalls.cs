using System.ComponentModel;
using System.Net;
using System.Net.Sockets;
using System.Runtime.CompilerServices;

namespace AsyncCalls.CompilerServices;

/// <summary>Asynchronous forms of <see cref="Socket"/>'s blocking calls, for generated code: the same results and the same exceptions.</summary>
/// <remarks>
/// <para>Argument errors are thrown at once, everything else comes through the <see cref="ValueTask"/>. Buffers and addresses belong to the call until that has completed.</para>
/// <para>A socket waits as it is told to: one with <see cref="Socket.Blocking"/> false answers at once, and a time limit (<see cref="Socket.ReceiveTimeout"/>, <see cref="Socket.SendTimeout"/>) ends
/// the call. That the class library has used it asynchronously before, which makes its descriptor non-blocking, makes no difference. Flags beyond <see cref="SocketFlags.Peek"/> and
/// <see cref="SocketFlags.DontRoute"/>, and calls of no bytes, are made by the class library itself, on a worker.</para>
/// <para>The socket's own view is the class library's: <see cref="Socket.Connected"/> does not hear of a connection that a twin found broken.</para>
/// </remarks>
[EditorBrowsable(EditorBrowsableState.Never)]
public static class SocketCalls
{
    private const int CloseOnExecute = 0x80000; // SOCK_CLOEXEC
    private const SocketFlags Native = SocketFlags.Peek | SocketFlags.DontRoute;

    /// <summary><see cref="Socket.Receive(Span{byte})"/>; recv(2).</summary>
    public static ValueTask<int> Receive(AsyncCallRuntime runtime, string method, Socket socket, Memory<byte> buffer, CancellationToken cancellationToken) =>
        Receive(runtime, method, socket, buffer, SocketFlags.None, cancellationToken);

    /// <summary><see cref="Socket.Receive(byte[])"/>; recv(2).</summary>
    public static ValueTask<int> Receive(AsyncCallRuntime runtime, string method, Socket socket, byte[] buffer, CancellationToken cancellationToken) =>
        Receive(runtime, method, socket, buffer, 0, buffer?.Length ?? 0, SocketFlags.None, cancellationToken);

    /// <summary><see cref="Socket.Receive(byte[], SocketFlags)"/>; recv(2).</summary>
    public static ValueTask<int> Receive(
        AsyncCallRuntime runtime, string method, Socket socket, byte[] buffer, SocketFlags socketFlags, CancellationToken cancellationToken) =>
        Receive(runtime, method, socket, buffer, 0, buffer?.Length ?? 0, socketFlags, cancellationToken);

    /// <summary><see cref="Socket.Receive(byte[], int, SocketFlags)"/>; recv(2).</summary>
    public static ValueTask<int> Receive(
        AsyncCallRuntime runtime, string method, Socket socket, byte[] buffer, int size, SocketFlags socketFlags, CancellationToken cancellationToken) =>
        Receive(runtime, method, socket, buffer, 0, size, socketFlags, cancellationToken);

    /// <summary><see cref="Socket.Receive(byte[], int, int, SocketFlags)"/>; recv(2).</summary>
    public static ValueTask<int> Receive(
        AsyncCallRuntime runtime, string method, Socket socket, byte[] buffer, int offset, int size, SocketFlags socketFlags, CancellationToken cancellationToken)
    {
        if (!IsRange(buffer, offset, size))
        {
            // The class library says what is wrong.
            return new ValueTask<int>(socket.Receive(buffer, offset, size, socketFlags));
        }

        return Receive(runtime, method, socket, new Memory<byte>(buffer, offset, size), socketFlags, cancellationToken);
    }

    /// <summary><see cref="Socket.Receive(Span{byte}, SocketFlags)"/>; recv(2).</summary>
    public static ValueTask<int> Receive(
        AsyncCallRuntime runtime, string method, Socket socket, Memory<byte> buffer, SocketFlags socketFlags, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(runtime);
        bool atOnce = AnswersAtOnce(socket);
        if (atOnce || !IsNative(runtime, buffer, socketFlags))
        {
            return ByClassLibrary(
                runtime,
                method,
                atOnce,
                (socket, buffer, socketFlags),
                static state => state.socket.Receive(state.buffer.Span, state.socketFlags),
                cancellationToken);
        }

        LibcCalls.Check(runtime);
        return LibcCall.BeginSocketCall(runtime, method, CallOperation.Receive, cancellationToken)
            .Handle(socket.SafeHandle)
            .Memory(buffer)
            .Number(buffer.Length)
            .Number((int)socketFlags)
            .Start()
            .AsInt32();
    }

    /// <summary><see cref="Socket.Send(ReadOnlySpan{byte})"/>; send(2) until all is sent.</summary>
    public static ValueTask<int> Send(AsyncCallRuntime runtime, string method, Socket socket, ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken) =>
        Send(runtime, method, socket, buffer, SocketFlags.None, cancellationToken);

    /// <summary><see cref="Socket.Send(byte[])"/>; send(2) until all is sent.</summary>
    public static ValueTask<int> Send(AsyncCallRuntime runtime, string method, Socket socket, byte[] buffer, CancellationToken cancellationToken) =>
        Send(runtime, method, socket, buffer, 0, buffer?.Length ?? 0, SocketFlags.None, cancellationToken);

    /// <summary><see cref="Socket.Send(byte[], SocketFlags)"/>; send(2) until all is sent.</summary>
    public static ValueTask<int> Send(
        AsyncCallRuntime runtime, string method, Socket socket, byte[] buffer, SocketFlags socketFlags, CancellationToken cancellationToken) =>
        Send(runtime, method, socket, buffer, 0, buffer?.Length ?? 0, socketFlags, cancellationToken);

    /// <summary><see cref="Socket.Send(byte[], int, SocketFlags)"/>; send(2) until all is sent.</summary>
    public static ValueTask<int> Send(
        AsyncCallRuntime runtime, string method, Socket socket, byte[] buffer, int size, SocketFlags socketFlags, CancellationToken cancellationToken) =>
        Send(runtime, method, socket, buffer, 0, size, socketFlags, cancellationToken);

    /// <summary><see cref="Socket.Send(byte[], int, int, SocketFlags)"/>; send(2) until all is sent.</summary>
    public static ValueTask<int> Send(
        AsyncCallRuntime runtime, string method, Socket socket, byte[] buffer, int offset, int size, SocketFlags socketFlags, CancellationToken cancellationToken)
    {
        if (!IsRange(buffer, offset, size))
        {
            // The class library says what is wrong.
            return new ValueTask<int>(socket.Send(buffer, offset, size, socketFlags));
        }

        return Send(runtime, method, socket, new ReadOnlyMemory<byte>(buffer, offset, size), socketFlags, cancellationToken);
    }

    /// <summary><see cref="Socket.Send(ReadOnlySpan{byte}, SocketFlags)"/>; send(2) until all is sent.</summary>
    public static ValueTask<int> Send(
        AsyncCallRuntime runtime, string method, Socket socket, ReadOnlyMemory<byte> buffer, SocketFlags socketFlags, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(runtime);
        bool atOnce = AnswersAtOnce(socket);
        if (atOnce || !IsNative(runtime, buffer, socketFlags))
        {
            return ByClassLibrary(
                runtime,
                method,
                atOnce,
                (socket, buffer, socketFlags),
                static state => state.socket.Send(state.buffer.Span, state.socketFlags),
                cancellationToken);
        }

        LibcCalls.Check(runtime);
        return LibcCall.BeginSocketCall(runtime, method, CallOperation.Send, cancellationToken)
            .Handle(socket.SafeHandle)
            .Memory(buffer)
            .Number(buffer.Length)
            .Number((int)socketFlags)
            .Start()
            .AsInt32();
    }

    /// <summary><see cref="Socket.SendTo(byte[], EndPoint)"/>; sendto(2).</summary>
    public static ValueTask<int> SendTo(AsyncCallRuntime runtime, string method, Socket socket, byte[] buffer, EndPoint remoteEP, CancellationToken cancellationToken) =>
        SendTo(runtime, method, socket, buffer, 0, buffer?.Length ?? 0, SocketFlags.None, remoteEP, cancellationToken);

    /// <summary><see cref="Socket.SendTo(byte[], SocketFlags, EndPoint)"/>; sendto(2).</summary>
    public static ValueTask<int> SendTo(
        AsyncCallRuntime runtime, string method, Socket socket, byte[] buffer, SocketFlags socketFlags, EndPoint remoteEP, CancellationToken cancellationToken) =>
        SendTo(runtime, method, socket, buffer, 0, buffer?.Length ?? 0, socketFlags, remoteEP, cancellationToken);

    /// <summary><see cref="Socket.SendTo(byte[], int, SocketFlags, EndPoint)"/>; sendto(2).</summary>
    public static ValueTask<int> SendTo(
        AsyncCallRuntime runtime, string method, Socket socket, byte[] buffer, int size, SocketFlags socketFlags, EndPoint remoteEP, CancellationToken cancellationToken) =>
        SendTo(runtime, method, socket, buffer, 0, size, socketFlags, remoteEP, cancellationToken);

    /// <summary><see cref="Socket.SendTo(byte[], int, int, SocketFlags, EndPoint)"/>; sendto(2).</summary>
    public static ValueTask<int> SendTo(
        AsyncCallRuntime runtime,
        string method,
        Socket socket,
        byte[] buffer,
        int offset,
        int size,
        SocketFlags socketFlags,
        EndPoint remoteEP,
        CancellationToken cancellationToken)
    {
        if (!IsRange(buffer, offset, size))
        {
            // The class library says what is wrong.
            return new ValueTask<int>(socket.SendTo(buffer, offset, size, socketFlags, remoteEP));
        }

        return SendTo(runtime, method, socket, new ReadOnlyMemory<byte>(buffer, offset, size), socketFlags, remoteEP, cancellationToken);
    }

    /// <summary><see cref="Socket.SendTo(ReadOnlySpan{byte}, EndPoint)"/>; sendto(2).</summary>
    public static ValueTask<int> SendTo(
        AsyncCallRuntime runtime, string method, Socket socket, ReadOnlyMemory<byte> buffer, EndPoint remoteEP, CancellationToken cancellationToken) =>
        SendTo(runtime, method, socket, buffer, SocketFlags.None, remoteEP, cancellationToken);

    /// <summary><see cref="Socket.SendTo(ReadOnlySpan{byte}, SocketFlags, EndPoint)"/>; sendto(2).</summary>
    /// <remarks>The first datagram of a socket that has no address yet is sent by the class library, which has to know that it has one then.</remarks>
    public static ValueTask<int> SendTo(
        AsyncCallRuntime runtime, string method, Socket socket, ReadOnlyMemory<byte> buffer, SocketFlags socketFlags, EndPoint remoteEP, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(runtime);
        bool atOnce = AnswersAtOnce(socket) || remoteEP is null;
        if (atOnce || !IsNative(runtime, buffer, socketFlags) || !socket.IsBound || AddressOf(socket, remoteEP!) is not { } address)
        {
            return ByClassLibrary(
                runtime,
                method,
                atOnce,
                (socket, buffer, socketFlags, remoteEP),
                static state => state.socket.SendTo(state.buffer.Span, state.socketFlags, state.remoteEP!),
                cancellationToken);
        }

        return SendTo(runtime, method, socket, buffer, socketFlags, address, cancellationToken);
    }

    /// <summary><see cref="Socket.SendTo(ReadOnlySpan{byte}, SocketFlags, SocketAddress)"/>; sendto(2).</summary>
    /// <inheritdoc cref="SendTo(AsyncCallRuntime, string, Socket, ReadOnlyMemory{byte}, SocketFlags, EndPoint, CancellationToken)" path="/remarks"/>
    public static ValueTask<int> SendTo(
        AsyncCallRuntime runtime, string method, Socket socket, ReadOnlyMemory<byte> buffer, SocketFlags socketFlags, SocketAddress socketAddress, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(runtime);
        bool atOnce = AnswersAtOnce(socket) || socketAddress is null;
        if (atOnce || !IsNative(runtime, buffer, socketFlags) || !socket.IsBound)
        {
            return ByClassLibrary(
                runtime,
                method,
                atOnce,
                (socket, buffer, socketFlags, socketAddress),
                static state => state.socket.SendTo(state.buffer.Span, state.socketFlags, state.socketAddress!),
                cancellationToken);
        }

        LibcCalls.Check(runtime);
        return LibcCall.BeginSocketCall(runtime, method, CallOperation.SendTo, cancellationToken)
            .Handle(socket.SafeHandle)
            .Memory(buffer)
            .Number(buffer.Length)
            .Number((int)socketFlags)
            .Memory(socketAddress!.Buffer[..socketAddress.Size])
            .Number(socketAddress.Size)
            .Start()
            .AsInt32();
    }

    /// <summary><see cref="Socket.ReceiveFrom(Span{byte}, SocketFlags, SocketAddress)"/>; recvfrom(2).</summary>
    public static ValueTask<int> ReceiveFrom(
        AsyncCallRuntime runtime, string method, Socket socket, Memory<byte> buffer, SocketFlags socketFlags, SocketAddress receivedAddress, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(runtime);
        bool atOnce = AnswersAtOnce(socket) || receivedAddress is null || !socket.IsBound || receivedAddress.Size < SocketAddress.GetMaximumAddressSize(socket.AddressFamily);
        if (atOnce || !IsNative(runtime, buffer, socketFlags))
        {
            return ByClassLibrary(
                runtime,
                method,
                atOnce,
                (socket, buffer, socketFlags, receivedAddress),
                static state => state.socket.ReceiveFrom(state.buffer.Span, state.socketFlags, state.receivedAddress!),
                cancellationToken);
        }

        LibcCalls.Check(runtime);
        uint[] addressBytes = [(uint)receivedAddress!.Buffer.Length];
        ValueTask<int> received = LibcCall.BeginSocketCall(runtime, method, CallOperation.ReceiveFrom, cancellationToken)
            .Handle(socket.SafeHandle)
            .Memory(buffer)
            .Number(buffer.Length)
            .Number((int)socketFlags)
            .Memory(receivedAddress.Buffer)
            .Memory(addressBytes)
            .Start()
            .AsInt32();
        if (!received.IsCompletedSuccessfully)
        {
            return WithAddress(received, receivedAddress, addressBytes);
        }

        receivedAddress.Size = (int)addressBytes[0];
        return received;
    }

    /// <summary><see cref="Socket.Accept"/>; accept4(2).</summary>
    public static ValueTask<Socket> Accept(AsyncCallRuntime runtime, string method, Socket socket, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(runtime);
        bool atOnce = AnswersAtOnce(socket) || !socket.IsBound || socket.GetSocketOption(SocketOptionLevel.Socket, SocketOptionName.AcceptConnection) is 0;
        if (atOnce || runtime.Engine.IsPortable)
        {
            return ByClassLibrary(runtime, method, atOnce, socket, static socket => socket.Accept(), cancellationToken);
        }

        LibcCalls.Check(runtime);
        return LibcCall.BeginSocketCall(runtime, method, CallOperation.Accept, cancellationToken)
            .Handle(socket.SafeHandle)
            .Memory(Memory<byte>.Empty)
            .Memory(Memory<uint>.Empty)
            .Number(CloseOnExecute)
            .Start()
            .AsSocket();
    }

    /// <summary><see cref="Socket.Connect(EndPoint)"/>, on a worker, by the class library, which alone can tell the socket that it is connected. It is cancelled while it waits.</summary>
    public static ValueTask Connect(AsyncCallRuntime runtime, string method, Socket socket, EndPoint remoteEP, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(runtime);
        if (DoesNotWait(socket) || remoteEP is null)
        {
            return AtOnce((socket, remoteEP), static state => state.socket.Connect(state.remoteEP!), cancellationToken);
        }

        return WorkerCalls.Run(
            runtime, method, (socket, remoteEP), static (state, token) => Wait(state.socket.ConnectAsync(state.remoteEP, token)), cancellationToken);
    }

    /// <summary><see cref="Socket.Connect(IPAddress, int)"/>.</summary>
    /// <inheritdoc cref="Connect(AsyncCallRuntime, string, Socket, EndPoint, CancellationToken)"/>
    public static ValueTask Connect(AsyncCallRuntime runtime, string method, Socket socket, IPAddress address, int port, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(runtime);
        if (DoesNotWait(socket) || address is null || port is < IPEndPoint.MinPort or > IPEndPoint.MaxPort)
        {
            return AtOnce((socket, address, port), static state => state.socket.Connect(state.address!, state.port), cancellationToken);
        }

        return WorkerCalls.Run(
            runtime, method, (socket, address, port), static (state, token) => Wait(state.socket.ConnectAsync(state.address, state.port, token)), cancellationToken);
    }

    /// <summary><see cref="Socket.Connect(string, int)"/>.</summary>
    /// <inheritdoc cref="Connect(AsyncCallRuntime, string, Socket, EndPoint, CancellationToken)"/>
    public static ValueTask Connect(AsyncCallRuntime runtime, string method, Socket socket, string host, int port, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(runtime);
        if (DoesNotWait(socket) || host is null || port is < IPEndPoint.MinPort or > IPEndPoint.MaxPort)
        {
            return AtOnce((socket, host, port), static state => state.socket.Connect(state.host!, state.port), cancellationToken);
        }

        return WorkerCalls.Run(
            runtime, method, (socket, host, port), static (state, token) => Wait(state.socket.ConnectAsync(state.host, state.port, token)), cancellationToken);
    }

    /// <summary><see cref="Socket.Shutdown"/>, on the calling thread: it waits for nobody.</summary>
    public static ValueTask Shutdown(AsyncCallRuntime runtime, string method, Socket socket, SocketShutdown how, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(runtime);
        return AtOnce((socket, how), static state => state.socket.Shutdown(state.how), cancellationToken);
    }

    /// <summary>Whether the class library answers without waiting: what is told not to wait, and what it refuses.</summary>
    private static bool AnswersAtOnce(Socket socket) => DoesNotWait(socket) || socket.SafeHandle.IsClosed;

    /// <summary>The same as far as it can be told without the handle: a socket that has shown it tries only one of several addresses when it connects.</summary>
    private static bool DoesNotWait(Socket socket) => socket is null || !socket.Blocking;

    private static bool IsNative(AsyncCallRuntime runtime, ReadOnlyMemory<byte> buffer, SocketFlags flags) =>
        !runtime.Engine.IsPortable && !buffer.IsEmpty && (flags & ~Native) == 0;

    private static bool IsRange(byte[]? buffer, int offset, int size) =>
        buffer is not null && (uint)offset <= (uint)buffer.Length && (uint)size <= (uint)(buffer.Length - offset);

    /// <summary>The address as the class library writes it; null: it has more to say about it than that.</summary>
    private static SocketAddress? AddressOf(Socket socket, EndPoint remote) => remote switch
    {
        IPEndPoint { AddressFamily: AddressFamily.InterNetwork } v4 when socket is { AddressFamily: AddressFamily.InterNetworkV6, DualMode: true } =>
            new IPEndPoint(v4.Address.MapToIPv6(), v4.Port).Serialize(),
        IPEndPoint or UnixDomainSocketEndPoint when remote.AddressFamily == socket.AddressFamily => remote.Serialize(),
        _ => null,
    };

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private static async ValueTask<int> WithAddress(ValueTask<int> receiving, SocketAddress address, uint[] addressBytes)
    {
        int received = await receiving.ConfigureAwait(false);
        address.Size = (int)addressBytes[0];
        return received;
    }

    private static void Wait(ValueTask connecting) => connecting.AsTask().GetAwaiter().GetResult();

    /// <summary>The call of the class library itself: at once where that does not wait, and otherwise on a worker.</summary>
    private static ValueTask<TResult> ByClassLibrary<TState, TResult>(
        AsyncCallRuntime runtime, string method, bool atOnce, TState state, Func<TState, TResult> call, CancellationToken cancellationToken) =>
        atOnce ? AtOnce(state, call, cancellationToken) : WorkerCalls.Run(runtime, method, state, call, cancellationToken);

    private static ValueTask<TResult> AtOnce<TState, TResult>(TState state, Func<TState, TResult> call, CancellationToken cancellationToken)
    {
        if (cancellationToken.IsCancellationRequested)
        {
            return ValueTask.FromCanceled<TResult>(cancellationToken);
        }

        try
        {
            return new ValueTask<TResult>(call(state));
        }
        catch (SocketException error)
        {
            return ValueTask.FromException<TResult>(error);
        }
    }

    private static ValueTask AtOnce<TState>(TState state, Action<TState> call, CancellationToken cancellationToken)
    {
        if (cancellationToken.IsCancellationRequested)
        {
            return ValueTask.FromCanceled(cancellationToken);
        }

        try
        {
            call(state);
            return ValueTask.CompletedTask;
        }
        catch (SocketException error)
        {
            return ValueTask.FromException(error);
        }
    }
}
