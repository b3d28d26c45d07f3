using System.Net.Sockets;
using AsyncCalls.Benchmarks.Counts;
using AsyncCalls.Benchmarks.Fixtures;
using AsyncCalls.Benchmarks.Ratios;

namespace AsyncCalls.Benchmarks.Metrics;

/// <summary>Round trips over a Unix socket, both ends in this process. A call is one round trip: two messages sent and two received.</summary>
internal static class PingPongMetrics
{
    private const int MessageBytes = 64;

    public static IEnumerable<Metric> All { get; } =
    [
        new()
        {
            Name = "pingpong_unix_vs_sockets",
            Unit = "ns/round trip",
            Work = "twins of send and recv on both ends",
            Reference = "Socket.SendAsync and ReceiveAsync on both ends",
            Target = new Target(0.30, Bytes: 0),
            AtMost = new CallCounts(0, KernelEntries: 2.1, Switches: 0.2),
            Open = _ => Open(),
        },
    ];

    private static Comparison Open()
    {
        var runtime = new AsyncCallRuntime();
        var ours = new SocketPair();
        var theirs = new SocketPair();
        Task[] echoes = [EchoTwins(runtime, ours.Server.SafeHandle), EchoSockets(theirs.Server)];
        return new Comparison(
            new AwaitingLoops(1, quota => PingTwins(runtime, ours.Client.SafeHandle, quota)),
            new AwaitingLoops(1, quota => PingSockets(theirs.Client, quota)),
            new Ending([ours, theirs], echoes),
            runtime);
    }

    private static async Task PingTwins(AsyncCallRuntime runtime, SafeSocketHandle socket, CallQuota quota)
    {
        byte[] message = new byte[MessageBytes];
        for (int batch = quota.Take(); batch > 0; batch = quota.Take())
        {
            for (int i = 0; i < batch; i++)
            {
                RequireWhole(await LibcTwins.sendAsync(socket, message, MessageBytes, 0, runtime));
                RequireWhole(await LibcTwins.recvAsync(socket, message, MessageBytes, 0, runtime));
            }
        }
    }

    private static async Task EchoTwins(AsyncCallRuntime runtime, SafeSocketHandle socket)
    {
        byte[] message = new byte[MessageBytes];
        while (await LibcTwins.recvAsync(socket, message, MessageBytes, 0, runtime) is var received and > 0)
        {
            RequireWhole(received);
            RequireWhole(await LibcTwins.sendAsync(socket, message, MessageBytes, 0, runtime));
        }
    }

    private static async Task PingSockets(Socket socket, CallQuota quota)
    {
        byte[] message = new byte[MessageBytes];
        for (int batch = quota.Take(); batch > 0; batch = quota.Take())
        {
            for (int i = 0; i < batch; i++)
            {
                RequireWhole(await socket.SendAsync(message.AsMemory()));
                RequireWhole(await socket.ReceiveAsync(message.AsMemory()));
            }
        }
    }

    private static async Task EchoSockets(Socket socket)
    {
        byte[] message = new byte[MessageBytes];
        while (await socket.ReceiveAsync(message.AsMemory()) is var received and > 0)
        {
            RequireWhole(received);
            RequireWhole(await socket.SendAsync(message.AsMemory()));
        }
    }

    /// <summary>A message of this size goes through a Unix socket as a whole.</summary>
    private static void RequireWhole(nint bytes)
    {
        if (bytes != MessageBytes)
        {
            throw new IOException($"A message of {MessageBytes} bytes came as {bytes}.");
        }
    }

    /// <summary>Ends the conversations: the echoing ends receive nothing more.</summary>
    private sealed class Ending(SocketPair[] pairs, Task[] echoes) : IDisposable
    {
        public void Dispose()
        {
            foreach (SocketPair pair in pairs)
            {
                pair.Client.Shutdown(SocketShutdown.Both);
            }

            Task.WaitAll(echoes);
            foreach (SocketPair pair in pairs)
            {
                pair.Dispose();
            }
        }
    }
}
