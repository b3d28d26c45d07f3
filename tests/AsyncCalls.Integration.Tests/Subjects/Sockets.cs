using System.Net;
using System.Net.Sockets;

namespace AsyncCalls.Integration.Tests.Subjects;

/// <summary>Bodies that are one call of a socket.</summary>
internal static partial class Sockets
{
    [AsyncCall]
    public static int Receive(Socket socket, Span<byte> buffer) => socket.Receive(buffer);

    [AsyncCall]
    public static int ReceiveWith(Socket socket, Span<byte> buffer, SocketFlags flags) => socket.Receive(buffer, flags);

    [AsyncCall]
    public static int ReceiveArray(Socket socket, byte[] buffer) => socket.Receive(buffer);

    [AsyncCall]
    public static int ReceiveArrayWith(Socket socket, byte[] buffer, SocketFlags flags) => socket.Receive(buffer, flags);

    [AsyncCall]
    public static int ReceiveStart(Socket socket, byte[] buffer, int size, SocketFlags flags) => socket.Receive(buffer, size, flags);

    [AsyncCall]
    public static int ReceivePart(Socket socket, byte[] buffer, int offset, int size, SocketFlags flags) => socket.Receive(buffer, offset, size, flags);

    [AsyncCall]
    public static int Send(Socket socket, ReadOnlySpan<byte> buffer) => socket.Send(buffer);

    [AsyncCall]
    public static int SendWith(Socket socket, ReadOnlySpan<byte> buffer, SocketFlags flags) => socket.Send(buffer, flags);

    [AsyncCall]
    public static int SendArray(Socket socket, byte[] buffer) => socket.Send(buffer);

    [AsyncCall]
    public static int SendArrayWith(Socket socket, byte[] buffer, SocketFlags flags) => socket.Send(buffer, flags);

    [AsyncCall]
    public static int SendStart(Socket socket, byte[] buffer, int size, SocketFlags flags) => socket.Send(buffer, size, flags);

    [AsyncCall]
    public static int SendPart(Socket socket, byte[] buffer, int offset, int size, SocketFlags flags) => socket.Send(buffer, offset, size, flags);

    [AsyncCall]
    public static int SendTo(Socket socket, ReadOnlySpan<byte> buffer, EndPoint remote) => socket.SendTo(buffer, remote);

    [AsyncCall]
    public static int SendToWith(Socket socket, ReadOnlySpan<byte> buffer, SocketFlags flags, EndPoint remote) => socket.SendTo(buffer, flags, remote);

    [AsyncCall]
    public static int SendToAddress(Socket socket, ReadOnlySpan<byte> buffer, SocketFlags flags, SocketAddress remote) => socket.SendTo(buffer, flags, remote);

    [AsyncCall]
    public static int SendArrayTo(Socket socket, byte[] buffer, EndPoint remote) => socket.SendTo(buffer, remote);

    [AsyncCall]
    public static int SendArrayToWith(Socket socket, byte[] buffer, SocketFlags flags, EndPoint remote) => socket.SendTo(buffer, flags, remote);

    [AsyncCall]
    public static int SendStartTo(Socket socket, byte[] buffer, int size, SocketFlags flags, EndPoint remote) => socket.SendTo(buffer, size, flags, remote);

    [AsyncCall]
    public static int SendPartTo(Socket socket, byte[] buffer, int offset, int size, SocketFlags flags, EndPoint remote) =>
        socket.SendTo(buffer, offset, size, flags, remote);

    [AsyncCall]
    public static int ReceiveFrom(Socket socket, Span<byte> buffer, SocketFlags flags, SocketAddress from) => socket.ReceiveFrom(buffer, flags, from);

    [AsyncCall]
    public static Socket Accept(Socket socket) => socket.Accept();

    [AsyncCall]
    public static void Connect(Socket socket, EndPoint remote) => socket.Connect(remote);

    [AsyncCall]
    public static void ConnectTo(Socket socket, IPAddress address, int port) => socket.Connect(address, port);

    [AsyncCall]
    public static void ConnectByName(Socket socket, string host, int port) => socket.Connect(host, port);

    [AsyncCall]
    public static void Shutdown(Socket socket, SocketShutdown how) => socket.Shutdown(how);
}

/// <summary>The same of a socket that an instance has.</summary>
internal sealed partial class Connection(AsyncCallRuntime calls, Socket socket)
{
    [AsyncCall]
    public int Receive(Span<byte> buffer) => socket.Receive(buffer);

    [AsyncCall]
    public void Close() => socket.Shutdown(SocketShutdown.Both);
}
