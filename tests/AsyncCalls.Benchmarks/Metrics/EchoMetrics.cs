using System.Net;
using System.Net.Sockets;
using AsyncCalls.Benchmarks.Counts;
using AsyncCalls.Benchmarks.Native;
using AsyncCalls.Benchmarks.Ratios;

namespace AsyncCalls.Benchmarks.Metrics;

/// <summary>A TCP server that sends back what it receives, with a loop for each connection. The client is a process of its own. A call is one round trip: a receive and a send of the server.</summary>
internal static class EchoMetrics
{
    private const int Connections = 64;
    private const int MessageBytes = 64;

    /// <summary>One connection of the server, until its client has gone.</summary>
    private delegate Task Echo(Socket connection);

    public static IEnumerable<Metric> All { get; } =
    [
        new()
        {
            Name = "echo64_vs_sockets",
            Unit = "ns/round trip",
            Work = "TCP echo server of twins of recv and send, client in C",
            Reference = "the same server on Socket.ReceiveAsync and SendAsync",
            Depth = Connections,
            Target = new Target(0.75, Cpu: 0.65, Bytes: 0),
            AtMost = new CallCounts(0, KernelEntries: 1.0, Switches: 0.5),
            Open = resources =>
            {
                var runtime = new AsyncCallRuntime();
                var ours = new Server(resources, connection => EchoTwins(runtime, connection.SafeHandle));
                var theirs = new Server(resources, EchoSockets);
                return new Comparison(new TimedWork(ours.Client.Run), new TimedWork(theirs.Client.Run), ours, theirs, runtime);
            },
        },
    ];

    private static async Task EchoTwins(AsyncCallRuntime runtime, SafeSocketHandle socket)
    {
        byte[] message = new byte[MessageBytes];
        while (await LibcTwins.recvAsync(socket, message, MessageBytes, 0, runtime) is var received and > 0)
        {
            RequireWhole(await LibcTwins.sendAsync(socket, message.AsMemory(0, (int)received), (nuint)received, 0, runtime), received);
        }
    }

    private static async Task EchoSockets(Socket socket)
    {
        byte[] message = new byte[MessageBytes];
        while (await socket.ReceiveAsync(message.AsMemory()) is var received and > 0)
        {
            RequireWhole(await socket.SendAsync(message.AsMemory(0, received)), received);
        }
    }

    /// <summary>A connection with one message under way takes it as a whole.</summary>
    private static void RequireWhole(nint sent, nint received)
    {
        if (sent != received)
        {
            throw new IOException($"Of {received} bytes {sent} were sent.");
        }
    }

    /// <summary>The connections of one side, and its client.</summary>
    private sealed class Server : IDisposable
    {
        private readonly Socket[] _connections;
        private readonly Task[] _echoes;

        public Server(Fixtures.BenchmarkResources resources, Echo echo)
        {
            using var listener = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
            listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
            listener.Listen(Connections);
            Client = EchoClient.Start(resources.Folder, ((IPEndPoint)listener.LocalEndPoint!).Port, Connections, MessageBytes);
            _connections = [.. Enumerable.Range(0, Connections).Select(_ => listener.Accept())];
            Array.ForEach(_connections, connection => connection.NoDelay = true);
            _echoes = [.. _connections.Select(connection => Task.Run(() => echo(connection)))];
        }

        public EchoClient Client { get; }

        public void Dispose()
        {
            // The client closes its ends, and the loops end with them.
            Client.Dispose();
            Task.WaitAll(_echoes);
            Array.ForEach(_connections, connection => connection.Dispose());
        }
    }
}
