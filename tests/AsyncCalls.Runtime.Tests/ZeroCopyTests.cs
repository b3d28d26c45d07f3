using System.Net.Sockets;

namespace AsyncCalls.Runtime.Tests;

/// <summary>Sending without a copy: the same as send(2) on every path, and the memory is the call's until the kernel has let go of it.</summary>
public sealed class ZeroCopyTests
{
    private const int Ecanceled = 125;
    private const int FullBytes = 16 << 20;

    [Theory, CombinatorialLanes]
    public void All_is_sent_once(Lane lane)
    {
        using AsyncCallRuntime runtime = lane.NewRuntime();
        using AsyncCallContext context = runtime.CreateContext();
        (Socket near, Socket far) = Streams.Pair();
        using (near)
        using (far)
        {
            byte[] data = new byte[FullBytes];
            new Random(2).NextBytes(data);
            using HandleLease socket = context.Lease(near.SafeHandle);
            using BufferLease buffer = context.Pin(data);
            context.Submit(Iocb.SendZeroCopy(socket, buffer, data.Length).With(7));

            byte[] got = new byte[data.Length];
            for (int read = 0; read < got.Length;)
            {
                read += far.Receive(got.AsSpan(read));
            }

            CompletionEvent sent = context.ReapOne();
            Assert.Equal((7ul, (long)data.Length, CompletionFlags.None), (sent.Cookie, sent.Result, sent.Flags));
            Assert.True(got.AsSpan().SequenceEqual(data));
            context.AssertQuiet();
            AssertWay(lane, runtime);
        }
    }

    /// <summary>A kind of socket that cannot: io_uring refuses it, and the call is a plain one.</summary>
    [Theory, CombinatorialLanes]
    public void Where_the_network_cannot_read_the_memory_it_is_copied(Lane lane)
    {
        using AsyncCallRuntime runtime = lane.NewRuntime();
        using AsyncCallContext context = runtime.CreateContext();
        using var pair = new UnixPair();
        using HandleLease socket = context.Lease(pair.Near.SafeHandle);
        using BufferLease buffer = context.Pin(new byte[] { 1, 2, 3 });
        context.Submit(Iocb.SendZeroCopy(socket, buffer, 3));
        Assert.Equal(3, context.ReapOne().Result);
        Assert.Equal(3, pair.Far.Receive(new byte[8]));
        context.AssertQuiet();
    }

    [Theory, CombinatorialLanes]
    public void A_send_that_waits_for_its_peer_is_cancelled_and_tells_what_was_sent(Lane lane)
    {
        using AsyncCallRuntime runtime = lane.NewRuntime();
        using AsyncCallContext context = runtime.CreateContext();
        (Socket near, Socket far) = Streams.Pair();
        using (near)
        using (far)
        {
            var memory = new CountingMemory(FullBytes);
            using HandleLease socket = context.Lease(near.SafeHandle);
            BufferLease buffer = context.Pin(memory.Memory);
            CallId id = context.Submit(Iocb.SendZeroCopy(socket, buffer, FullBytes));
            Thread.Sleep(50);
            Assert.Equal(1, context.InFlight);
            context.Cancel(id);

            // What the peer has not taken may be needed yet: it is when the peer has gone that nothing is.
            buffer.Dispose();
            near.Shutdown(SocketShutdown.Both);
            far.Dispose();
            long result = context.ReapOne().Result;
            Assert.True(result is -Ecanceled or (> 0 and < FullBytes), $"The result is {result}.");
            Bounded.Until(() => memory.Pins == 0, "the memory is free");
            context.AssertQuiet();
        }
    }

    [Theory, CombinatorialLanes]
    public void Failures_are_those_of_a_send(Lane lane)
    {
        using AsyncCallRuntime runtime = lane.NewRuntime();
        using AsyncCallContext context = runtime.CreateContext();
        using var fresh = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        using HandleLease socket = context.Lease(fresh.SafeHandle);
        using BufferLease buffer = context.Pin(new byte[64]);
        context.Submit(Iocb.SendZeroCopy(socket, buffer, 64));
        Assert.Equal(-32, context.ReapOne().Result); // EPIPE
        context.AssertQuiet();
    }

    private static void AssertWay(Lane lane, AsyncCallRuntime runtime)
    {
        AsyncCallStatistics counts = runtime.GetStatistics();
        bool native = lane is Lane.Native or Lane.NativeNoInline && runtime.Capabilities.IoUring.Available
            && runtime.Capabilities.Routes.Single(route => route.Operation == CallOperation.SendZeroCopy).Backend == "io_uring";
        bool epoll = lane is Lane.Epoll or Lane.LinuxAio;
        Assert.Equal((native ? 1 : 0, epoll ? 1 : 0), (counts.CompletedByIoUring, counts.CompletedByEpoll));
    }

    private sealed class UnixPair : IDisposable
    {
        public UnixPair()
        {
            string path = Path.Combine(Path.GetTempPath(), $"asynccalls-{Guid.NewGuid():N}");
            using var listener = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
            listener.Bind(new UnixDomainSocketEndPoint(path));
            listener.Listen();
            Near = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
            Near.Connect(new UnixDomainSocketEndPoint(path));
            Far = listener.Accept();
            File.Delete(path);
        }

        public Socket Near { get; }

        public Socket Far { get; }

        public void Dispose()
        {
            Near.Dispose();
            Far.Dispose();
        }
    }
}
