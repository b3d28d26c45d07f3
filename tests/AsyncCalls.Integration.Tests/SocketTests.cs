using System.Net;
using System.Net.Sockets;
using AsyncCalls.Integration.Tests.Subjects;

namespace AsyncCalls.Integration.Tests;

/// <summary>The twins of bodies that are one call of a socket against these bodies. Loopback only.</summary>
public sealed class SocketTests
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(20);

    [Theory, CombinatorialLanes]
    public async Task Every_form_of_sending_and_receiving_transfers_what_it_says(Lane lane)
    {
        await using AsyncCallRuntime runtime = lane.NewRuntime();
        using Pair pair = Pair.Connect();
        byte[] data = [1, 2, 3, 4, 5, 6];
        Func<ValueTask<int>>[] sends =
        [
            () => Sockets.SendAsync(pair.Near, data, runtime),
            () => Sockets.SendWithAsync(pair.Near, data, SocketFlags.DontRoute, runtime),
            () => Sockets.SendArrayAsync(pair.Near, data, runtime),
            () => Sockets.SendArrayWithAsync(pair.Near, data, SocketFlags.None, runtime),
            () => Sockets.SendStartAsync(pair.Near, [.. data, 9], 6, SocketFlags.None, runtime),
            () => Sockets.SendPartAsync(pair.Near, [9, .. data, 9], 1, 6, SocketFlags.None, runtime),
        ];
        byte[] buffer = new byte[8];
        (Func<ValueTask<int>> Receive, int At)[] receives =
        [
            (() => Sockets.ReceiveAsync(pair.Far, buffer, runtime), 0),
            (() => Sockets.ReceiveWithAsync(pair.Far, buffer, SocketFlags.None, runtime), 0),
            (() => Sockets.ReceiveArrayAsync(pair.Far, buffer, runtime), 0),
            (() => Sockets.ReceiveArrayWithAsync(pair.Far, buffer, SocketFlags.None, runtime), 0),
            (() => Sockets.ReceiveStartAsync(pair.Far, buffer, 6, SocketFlags.None, runtime), 0),
            (() => Sockets.ReceivePartAsync(pair.Far, buffer, 2, 6, SocketFlags.None, runtime), 2),
        ];
        for (int i = 0; i < sends.Length; i++)
        {
            // Once when the data is there, and once when it is waited for.
            Assert.Equal(6, await sends[i]().AsTask().WaitAsync(Limit));
            Assert.Equal(6, await Sockets.ReceiveWithAsync(pair.Far, new byte[8], SocketFlags.Peek, runtime).AsTask().WaitAsync(Limit));
            Assert.Equal(6, await receives[i].Receive().AsTask().WaitAsync(Limit));
            Assert.Equal(data, buffer.AsSpan(receives[i].At, 6).ToArray());

            buffer.AsSpan().Clear();
            Task<int> waiting = receives[i].Receive().AsTask();
            Assert.Equal(6, await sends[i]().AsTask().WaitAsync(Limit));
            Assert.Equal(6, await waiting.WaitAsync(Limit));
            Assert.Equal(data, buffer.AsSpan(receives[i].At, 6).ToArray());
        }

        var connection = new Connection(runtime, pair.Far);
        pair.Near.Shutdown(SocketShutdown.Send);
        Assert.Equal(0, await connection.ReceiveAsync(buffer).AsTask().WaitAsync(Limit));
        await connection.CloseAsync();
    }

    /// <summary>One asynchronous call of the class library makes the descriptor non-blocking for good; its blocking calls wait all the same, and so do the twins.</summary>
    [Theory, CombinatorialLanes]
    public async Task A_socket_that_was_used_asynchronously_is_waited_for(Lane lane)
    {
        await using AsyncCallRuntime runtime = lane.NewRuntime();
        using Pair pair = Pair.Connect();
        await MakeNonBlockingAsync(pair.Far, pair.Near);
        Task<int> receiving = Sockets.ReceiveAsync(pair.Far, new byte[4], runtime).AsTask();
        await Task.Delay(20);
        Assert.False(receiving.IsCompleted);
        pair.Near.Send([7]);
        Assert.Equal(1, await receiving.WaitAsync(Limit));
        AssertNoThreadWaited(lane, runtime);

        using Socket listener = Listen();
        using var first = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        ValueTask<Socket> accepting = listener.AcceptAsync(CancellationToken.None);
        await first.ConnectAsync(listener.LocalEndPoint!);
        (await accepting).Dispose();
        Task<Socket> next = Sockets.AcceptAsync(listener, runtime).AsTask();
        await Task.Delay(20);
        Assert.False(next.IsCompleted);
        using var second = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        await second.ConnectAsync(listener.LocalEndPoint!);
        using Socket accepted = await next.WaitAsync(Limit);
        Assert.Equal(second.LocalEndPoint, accepted.RemoteEndPoint);
    }

    [Theory, CombinatorialLanes]
    public async Task A_large_send_goes_on_until_all_is_sent(Lane lane)
    {
        await using AsyncCallRuntime runtime = lane.NewRuntime();
        foreach (bool nonBlocking in new[] { false, true })
        {
            using Pair pair = Pair.Connect();
            if (nonBlocking)
            {
                await MakeNonBlockingAsync(pair.Near, pair.Far);
            }

            byte[] data = new byte[8 << 20];
            new Random(1).NextBytes(data);
            Task<int> sending = Sockets.SendAsync(pair.Near, data, runtime).AsTask();
            byte[] got = new byte[data.Length];
            for (int read = 0; read < got.Length;)
            {
                int part = await Sockets.ReceiveAsync(pair.Far, got.AsMemory(read), runtime).AsTask().WaitAsync(Limit);
                Assert.True(part > 0);
                read += part;
            }

            Assert.Equal(data.Length, await sending.WaitAsync(Limit));
            Assert.True(data.AsSpan().SequenceEqual(got));
        }
    }

    [Theory, CombinatorialLanes]
    public async Task A_time_limit_of_the_socket_ends_the_call(Lane lane)
    {
        await using AsyncCallRuntime runtime = lane.NewRuntime();
        foreach (bool nonBlocking in new[] { false, true })
        {
            using Pair pair = Pair.Connect();
            if (nonBlocking)
            {
                await MakeNonBlockingAsync(pair.Far, pair.Near);
            }

            pair.Far.ReceiveTimeout = 50;
            await AgreeAsync(
                () => Sockets.Receive(pair.Far, new byte[1]), () => Sockets.ReceiveAsync(pair.Far, new byte[1], runtime).AsTask(), SocketError.TimedOut);
        }
    }

    [Theory, CombinatorialLanes]
    public async Task Failures_are_those_of_the_class_library(Lane lane)
    {
        await using AsyncCallRuntime runtime = lane.NewRuntime();
        byte[] some = new byte[4];
        using Socket fresh = NewTcp();
        await AgreeAsync(() => Sockets.Send(fresh, some), () => Sockets.SendAsync(fresh, some, runtime).AsTask(), SocketError.Shutdown);
        await AgreeAsync(() => Sockets.Receive(fresh, some), () => Sockets.ReceiveAsync(fresh, some, runtime).AsTask(), SocketError.NotConnected);
        await AgreeAsync(
            () => Sockets.Shutdown(fresh, SocketShutdown.Both), () => AsTask(Sockets.ShutdownAsync(fresh, SocketShutdown.Both, runtime)), SocketError.NotConnected);
        await AgreeAsync<InvalidOperationException>(() => Sockets.Accept(fresh), () => Sockets.AcceptAsync(fresh, runtime).AsTask());
        await AgreeAsync<ArgumentNullException>(() => Sockets.ReceiveArray(fresh, null!), () => Sockets.ReceiveArrayAsync(fresh, null!, runtime).AsTask());
        await AgreeAsync<ArgumentNullException>(() => Sockets.Connect(fresh, null!), () => AsTask(Sockets.ConnectAsync(fresh, null!, runtime)));
        await AgreeAsync<ArgumentOutOfRangeException>(
            () => Sockets.ReceivePart(fresh, some, 3, 2, SocketFlags.None), () => Sockets.ReceivePartAsync(fresh, some, 3, 2, SocketFlags.None, runtime).AsTask());
        await AgreeAsync<ArgumentOutOfRangeException>(
            () => Sockets.SendPart(fresh, some, 3, 2, SocketFlags.None), () => Sockets.SendPartAsync(fresh, some, 3, 2, SocketFlags.None, runtime).AsTask());

        var nobody = new IPEndPoint(IPAddress.Loopback, FreePort());

        // The message names no address, as that of the class library's own asynchronous connect.
        Assert.Equal(SocketError.ConnectionRefused, Assert.Throws<SocketException>(() => ConnectNew(nobody)).SocketErrorCode);
        await AssertAsync(() => ConnectNewAsync(nobody, runtime), SocketError.ConnectionRefused);

        using (Pair pair = Pair.Connect())
        {
            // Data that nobody read makes the close a reset.
            pair.Far.Send(some);
            Assert.True(pair.Near.Poll(Limit, SelectMode.SelectRead));
            pair.Near.Dispose();
            Assert.True(pair.Far.Poll(Limit, SelectMode.SelectRead));
            await AssertAsync(() => Sockets.ReceiveAsync(pair.Far, some, runtime).AsTask(), SocketError.ConnectionReset);
            await AgreeAsync(() => Sockets.Send(pair.Far, some), () => Sockets.SendAsync(pair.Far, some, runtime).AsTask(), SocketError.Shutdown);
        }

        using (Pair pair = Pair.Connect())
        {
            pair.Near.Blocking = false;
            await AgreeAsync(() => Sockets.Receive(pair.Near, some), () => Sockets.ReceiveAsync(pair.Near, some, runtime).AsTask(), SocketError.WouldBlock);
        }

        Socket closed = NewTcp();
        closed.Dispose();
        await AgreeAsync<ObjectDisposedException>(() => Sockets.Receive(closed, some), () => Sockets.ReceiveAsync(closed, some, runtime).AsTask());
        await AgreeAsync<ObjectDisposedException>(() => Sockets.Send(closed, some), () => Sockets.SendAsync(closed, some, runtime).AsTask());
        await AgreeAsync<ObjectDisposedException>(() => Sockets.Accept(closed), () => Sockets.AcceptAsync(closed, runtime).AsTask());
        await AgreeAsync<ObjectDisposedException>(() => Sockets.Connect(closed, nobody), () => AsTask(Sockets.ConnectAsync(closed, nobody, runtime)));
    }

    [Theory, CombinatorialLanes]
    public async Task Connections_are_made_and_accepted(Lane lane)
    {
        await using AsyncCallRuntime runtime = lane.NewRuntime();
        using Socket listener = Listen();
        var address = (IPEndPoint)listener.LocalEndPoint!;
        Func<Socket, ValueTask>[] ways =
        [
            socket => Sockets.ConnectAsync(socket, address, runtime),
            socket => Sockets.ConnectToAsync(socket, address.Address, address.Port, runtime),
            socket => Sockets.ConnectByNameAsync(socket, "127.0.0.1", address.Port, runtime),
        ];
        foreach (Func<Socket, ValueTask> connect in ways)
        {
            Task<Socket> accepting = Sockets.AcceptAsync(listener, runtime).AsTask();
            using Socket client = NewTcp();
            await connect(client).AsTask().WaitAsync(Limit);
            using Socket accepted = await accepting.WaitAsync(Limit);

            Assert.True(client.Connected);
            Assert.True(accepted.Connected);
            Assert.True(accepted.Blocking);
            Assert.Equal(client.LocalEndPoint, accepted.RemoteEndPoint);
            Assert.Equal(
                (AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp), (accepted.AddressFamily, accepted.SocketType, accepted.ProtocolType));
            using var stream = new NetworkStream(client);
            Assert.Equal(1, await Sockets.SendAsync(accepted, new byte[] { 5 }, runtime));
            Assert.Equal(5, stream.ReadByte());
        }
    }

    /// <summary>The class library replaces the descriptor of a socket whose connect failed, unless somebody has seen it: the twins have not.</summary>
    [Theory, CombinatorialLanes]
    public async Task A_socket_connects_after_a_failure(Lane lane)
    {
        await using AsyncCallRuntime runtime = lane.NewRuntime();
        using Socket listener = Listen();
        using Socket client = NewTcp();
        await AssertAsync(() => AsTask(Sockets.ConnectToAsync(client, IPAddress.Loopback, FreePort(), runtime)), SocketError.ConnectionRefused);
        await AssertAsync(() => AsTask(Sockets.ConnectByNameAsync(client, "127.0.0.1", FreePort(), runtime)), SocketError.ConnectionRefused);
        await Sockets.ConnectAsync(client, listener.LocalEndPoint!, runtime).AsTask().WaitAsync(Limit);
        Assert.True(client.Connected);
    }

    [Theory, CombinatorialLanes]
    public async Task Datagrams_arrive_with_their_address(Lane lane)
    {
        await using AsyncCallRuntime runtime = lane.NewRuntime();
        using var receiver = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
        receiver.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        EndPoint to = receiver.LocalEndPoint!;
        using var sender = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
        byte[] data = [1, 2, 3];
        Func<ValueTask<int>>[] ways =
        [
            () => Sockets.SendToAsync(sender, data, to, runtime),
            () => Sockets.SendToWithAsync(sender, data, SocketFlags.None, to, runtime),
            () => Sockets.SendToAddressAsync(sender, data, SocketFlags.None, to.Serialize(), runtime),
            () => Sockets.SendArrayToAsync(sender, data, to, runtime),
            () => Sockets.SendArrayToWithAsync(sender, data, SocketFlags.None, to, runtime),
            () => Sockets.SendStartToAsync(sender, [.. data, 9], 3, SocketFlags.None, to, runtime),
            () => Sockets.SendPartToAsync(sender, [9, .. data], 1, 3, SocketFlags.None, to, runtime),
        ];
        byte[] buffer = new byte[16];
        foreach (Func<ValueTask<int>> send in ways)
        {
            var from = new SocketAddress(AddressFamily.InterNetwork, 32);
            Assert.Equal(3, await send().AsTask().WaitAsync(Limit));

            // The class library has to know that its socket has an address now.
            Assert.True(sender.IsBound);
            Assert.Equal(3, await Sockets.ReceiveFromAsync(receiver, buffer, SocketFlags.None, from, runtime).AsTask().WaitAsync(Limit));
            Assert.Equal(data, buffer[..3]);
            Assert.Equal(((IPEndPoint)sender.LocalEndPoint!).Port, PortOf(from));

            from = new SocketAddress(AddressFamily.InterNetwork, 32);
            Task<int> waiting = Sockets.ReceiveFromAsync(receiver, buffer, SocketFlags.None, from, runtime).AsTask();
            Assert.Equal(3, await send().AsTask().WaitAsync(Limit));
            Assert.Equal(3, await waiting.WaitAsync(Limit));
            Assert.Equal(((IPEndPoint)sender.LocalEndPoint!).Port, PortOf(from));
        }

        byte[] tooLarge = new byte[1 << 17];
        await AgreeAsync(() => Sockets.SendTo(sender, tooLarge, to), () => Sockets.SendToAsync(sender, tooLarge, to, runtime).AsTask(), SocketError.MessageSize);
        await AgreeAsync<ArgumentNullException>(() => Sockets.SendTo(sender, data, null!), () => Sockets.SendToAsync(sender, data, null!, runtime).AsTask());
        var tooSmall = new SocketAddress(AddressFamily.InterNetwork, 8);
        await AgreeAsync<ArgumentOutOfRangeException>(
            () => Sockets.ReceiveFrom(receiver, buffer, SocketFlags.None, tooSmall),
            () => Sockets.ReceiveFromAsync(receiver, buffer, SocketFlags.None, tooSmall, runtime).AsTask());
    }

    /// <summary>A socket for both families sends to an address of the older one by the newer one's form of it.</summary>
    [Theory, CombinatorialLanes]
    public async Task A_socket_of_both_families_sends_to_both(Lane lane)
    {
        await using AsyncCallRuntime runtime = lane.NewRuntime();
        using var receiver = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
        receiver.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        using var sender = new Socket(AddressFamily.InterNetworkV6, SocketType.Dgram, ProtocolType.Udp) { DualMode = true };
        sender.Bind(new IPEndPoint(IPAddress.Loopback.MapToIPv6(), 0));

        Assert.Equal(2, await Sockets.SendToAsync(sender, new byte[2], receiver.LocalEndPoint!, runtime).AsTask().WaitAsync(Limit));
        Assert.Equal(2, await Sockets.ReceiveAsync(receiver, new byte[4], runtime).AsTask().WaitAsync(Limit));
    }

    [Theory, CombinatorialLanes(Portable = false)]
    public async Task What_waits_is_cancelled(Lane lane)
    {
        await using AsyncCallRuntime runtime = lane.NewRuntime();
        using Pair pair = Pair.Connect();
        using Pair used = Pair.Connect();
        await MakeNonBlockingAsync(used.Far, used.Near);
        using Socket listener = Listen();
        using Socket datagrams = new(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
        datagrams.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        using var cancel = new CancellationTokenSource();
        Task[] waiting =
        [
            Sockets.ReceiveAsync(pair.Far, new byte[1], runtime, cancel.Token).AsTask(),
            Sockets.ReceiveAsync(used.Far, new byte[1], runtime, cancel.Token).AsTask(),
            Sockets.AcceptAsync(listener, runtime, cancel.Token).AsTask(),
            Sockets.ReceiveFromAsync(datagrams, new byte[1], SocketFlags.None, new SocketAddress(AddressFamily.InterNetwork, 32), runtime, cancel.Token).AsTask(),
        ];
        await Task.Delay(30);
        await cancel.CancelAsync();

        foreach (Task task in waiting)
        {
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => task.WaitAsync(Limit));
        }

        // Nothing was taken along.
        pair.Near.Send([8]);
        byte[] got = new byte[1];
        Assert.Equal(1, await Sockets.ReceiveAsync(pair.Far, got, runtime).AsTask().WaitAsync(Limit));
        Assert.Equal(8, got[0]);
    }

    /// <summary>A listener whose queue is full answers nobody.</summary>
    [Theory, CombinatorialLanes]
    public async Task A_connection_that_nobody_answers_is_cancelled(Lane lane)
    {
        await using AsyncCallRuntime runtime = lane.NewRuntime();
        using var listener = NewTcp();
        listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        listener.Listen(0);
        var sockets = new List<Socket>();
        using var cancel = new CancellationTokenSource();
        try
        {
            Task unanswered;
            do
            {
                sockets.Add(NewTcp());
                unanswered = AsTask(Sockets.ConnectAsync(sockets[^1], listener.LocalEndPoint!, runtime, cancel.Token));
                await Task.WhenAny(unanswered, Task.Delay(300));
            }
            while (unanswered.IsCompleted && sockets.Count < 16);

            Assert.False(unanswered.IsCompleted);
            await cancel.CancelAsync();
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => unanswered.WaitAsync(Limit));
        }
        finally
        {
            sockets.ForEach(socket => socket.Dispose());
        }
    }

    [Theory, CombinatorialLanes]
    public async Task Dispose_ends_what_waits(Lane lane)
    {
        await using AsyncCallRuntime runtime = lane.NewRuntime();
        using Pair pair = Pair.Connect();
        Socket listener = Listen();
        Task receiving = Sockets.ReceiveAsync(pair.Far, new byte[1], runtime).AsTask();
        Task accepting = Sockets.AcceptAsync(listener, runtime).AsTask();
        await Task.Delay(30);
        await Task.Run(pair.Far.Dispose).WaitAsync(Limit);
        await Task.Run(listener.Dispose).WaitAsync(Limit);
        foreach (Task task in new[] { receiving, accepting })
        {
            Exception error = await Assert.ThrowsAnyAsync<Exception>(() => task.WaitAsync(Limit));
            Assert.True(error is OperationCanceledException or SocketException or ObjectDisposedException, error.ToString());
        }
    }

    private static void AssertNoThreadWaited(Lane lane, AsyncCallRuntime runtime)
    {
        AsyncCallStatistics counts = runtime.GetStatistics();
        switch (lane)
        {
            case Lane.Native or Lane.NativeNoInline when runtime.Capabilities.IoUring.Available:
                Assert.Equal(1, counts.CompletedByIoUring);
                break;
            case Lane.Native or Lane.NativeNoInline or Lane.Epoll or Lane.LinuxAio:
                // Also where the machine has no io_uring.
                Assert.Equal(1, counts.CompletedByEpoll);
                break;
            default:
                Assert.Equal(1, counts.CompletedByWorkers);
                break;
        }
    }

    private static async Task MakeNonBlockingAsync(Socket socket, Socket peer)
    {
        Task<int> receiving = socket.ReceiveAsync(new byte[1], SocketFlags.None);
        await peer.SendAsync(new byte[1], SocketFlags.None);
        Assert.Equal(1, await receiving);
    }

    private static void ConnectNew(EndPoint to)
    {
        using Socket socket = NewTcp();
        Sockets.Connect(socket, to);
    }

    private static async Task ConnectNewAsync(EndPoint to, AsyncCallRuntime runtime)
    {
        using Socket socket = NewTcp();
        await Sockets.ConnectAsync(socket, to, runtime);
    }

    private static Socket NewTcp() => new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);

    private static Socket Listen()
    {
        Socket listener = NewTcp();
        listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        listener.Listen();
        return listener;
    }

    private static int FreePort()
    {
        using Socket socket = NewTcp();
        socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        return ((IPEndPoint)socket.LocalEndPoint!).Port;
    }

    private static int PortOf(SocketAddress address) => ((IPEndPoint)new IPEndPoint(IPAddress.Any, 0).Create(address)).Port;

    private static async Task AsTask(ValueTask task) => await task;

    private static async Task AssertAsync(Func<Task> twin, SocketError expected)
    {
        SocketException error = await Assert.ThrowsAsync<SocketException>(() => twin().WaitAsync(Limit));
        Assert.Equal(expected, error.SocketErrorCode);
    }

    private static Task AgreeAsync<T>(Func<T> original, Func<Task> twin, SocketError expected) => AgreeAsync(() => { _ = original(); }, twin, expected);

    private static async Task AgreeAsync(Action original, Func<Task> twin, SocketError expected)
    {
        SocketException wanted = Assert.Throws<SocketException>(original);
        SocketException got = await Assert.ThrowsAsync<SocketException>(() => twin().WaitAsync(Limit));
        Assert.Equal(expected, wanted.SocketErrorCode);
        Assert.Equal((wanted.SocketErrorCode, wanted.ErrorCode, wanted.NativeErrorCode, wanted.Message), (got.SocketErrorCode, got.ErrorCode, got.NativeErrorCode, got.Message));
    }

    private static async Task AgreeAsync<TException>(Action original, Func<Task> twin)
        where TException : Exception
    {
        TException wanted = Assert.Throws<TException>(original);
        TException got = await Assert.ThrowsAsync<TException>(() => twin().WaitAsync(Limit));
        Assert.Equal(wanted.Message, got.Message);
    }

    private static Task AgreeAsync<TException>(Func<object> original, Func<Task> twin)
        where TException : Exception => AgreeAsync<TException>(() => { _ = original(); }, twin);

    /// <summary>Two ends of a connection.</summary>
    private sealed class Pair(Socket near, Socket far) : IDisposable
    {
        public Socket Near => near;

        public Socket Far => far;

        public static Pair Connect()
        {
            using Socket listener = Listen();
            Socket near = NewTcp();
            near.Connect(listener.LocalEndPoint!);
            return new Pair(near, listener.Accept());
        }

        public void Dispose()
        {
            near.Dispose();
            far.Dispose();
        }
    }
}
