using System;
using System.Net;
using System.Net.Sockets;
using AsyncCalls;

namespace Demo;

public sealed partial class Peer(AsyncCallRuntime calls, Socket socket)
{
    private readonly Socket _socket = socket;

    [AsyncCall]
    public int Receive(Span<byte> buffer) => _socket.Receive(buffer);

    [AsyncCall]
    public int SendAll(byte[] message)
    {
        return _socket.Send(message, SocketFlags.None);
    }

    [AsyncCall]
    public void Stop() => _socket.Shutdown(SocketShutdown.Both);

    [AsyncCall]
    public static void Connect(Socket socket, EndPoint remote) => socket.Connect(remote);

    [AsyncCall]
    public static Socket Accept(Socket listener) => listener.Accept();

    // What the call is made on is computed: a worker runs the body.
    [AsyncCall]
    public static int ReceiveFirst(Socket[] sockets, Span<byte> buffer) => sockets[0].Receive(buffer);
}
