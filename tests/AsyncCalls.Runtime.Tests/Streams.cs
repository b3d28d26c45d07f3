using System.Net;
using System.Net.Sockets;

namespace AsyncCalls.Runtime.Tests;

/// <summary>The ways that a stream of completions can be made.</summary>
public enum StreamLane
{
    /// <summary>Multishot requests of io_uring.</summary>
    Multishot,

    /// <summary>The same with a ring so small that completions overflow it.</summary>
    SmallRing,

    /// <summary>Single calls on io_uring, as on a kernel that has no multishot requests.</summary>
    SingleCalls,

    /// <summary>Single calls on workers.</summary>
    Workers,
}

/// <summary>What tests of streams share.</summary>
internal static class Streams
{
    public static AsyncCallRuntime NewRuntime(this StreamLane lane) => new(new AsyncCallOptions
    {
        Backends = lane == StreamLane.Workers ? AsyncCallBackends.WorkersOnly : AsyncCallBackends.All,
        Multishot = lane != StreamLane.SingleCalls,
        IoUringEntries = lane == StreamLane.SmallRing ? 2 : 256,
    });

    /// <summary>Whether streams of the runtime are multishot requests: on a lane that says so, on a machine that has them.</summary>
    public static bool IsMultishot(this AsyncCallRuntime runtime) => runtime.Engine.MultishotBackend is not null;

    /// <summary>A socket that listens on loopback.</summary>
    public static Socket Listen()
    {
        var listener = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        listener.Listen(1_024);
        return listener;
    }

    public static Socket Connect(Socket listener)
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            socket.Connect(listener.LocalEndPoint!);
        }
        catch (SocketException exception) when (exception.SocketErrorCode == SocketError.ConnectionReset)
        {
            // Accepted and ended before this thread saw that it is connected: a handle that is disposed, and no Socket, resets its connection.
        }

        return socket;
    }

    /// <summary>Two ends of a connection.</summary>
    public static (Socket Near, Socket Far) Pair()
    {
        using Socket listener = Listen();
        Socket far = Connect(listener);
        return (listener.Accept(), far);
    }

    /// <summary>Waits until the other end of a connection is closed.</summary>
    public static void AwaitClosed(Socket socket)
    {
        socket.ReceiveTimeout = (int)Bounded.Limit.TotalMilliseconds;
        try
        {
            Assert.Equal(0, socket.Receive(new byte[1]));
        }
        catch (SocketException exception)
        {
            // Not connected: reset already as it was made.
            Assert.Contains(exception.SocketErrorCode, (SocketError[])[SocketError.ConnectionReset, SocketError.NotConnected]);
        }
    }

    /// <summary>Asks for the next item, which peers are about to cause; when none comes, tells what they did and what the runtime waits for.</summary>
    public static async Task<bool> NextAsync<T>(this IAsyncEnumerator<T> stream, AsyncCallRuntime runtime, Task peers)
    {
        Task<bool> next = stream.MoveNextAsync().AsTask();
        if (await Task.WhenAny(next, Task.Delay(Bounded.Limit)) != next)
        {
            Assert.Fail($"No item came. Peers: {peers.Status} {peers.Exception}. In flight: {string.Join(", ", runtime.PendingCalls)}. {runtime.GetStatistics()}");
        }

        return await next;
    }

    /// <summary>How many calls of streams are in flight.</summary>
    public static int StreamCalls(this AsyncCallRuntime runtime) => runtime.PendingCalls.Count(call => call.Method.EndsWith("AllAsync", StringComparison.Ordinal));
}
