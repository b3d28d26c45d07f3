using System.Net.Sockets;

namespace AsyncCalls.Benchmarks.Fixtures;

/// <summary>Two connected Unix stream sockets, made through an abstract name: no file is left.</summary>
internal sealed class SocketPair : IDisposable
{
    public SocketPair()
    {
        using var listener = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        var address = new UnixDomainSocketEndPoint($"\0asynccalls-{Guid.NewGuid():n}");
        listener.Bind(address);
        listener.Listen(1);
        Client = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        Client.Connect(address);
        Server = listener.Accept();
    }

    public Socket Client { get; }

    public Socket Server { get; }

    public void Dispose()
    {
        Client.Dispose();
        Server.Dispose();
    }
}
