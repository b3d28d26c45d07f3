using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using AsyncCalls.Integration.Tests.Subjects;
using Microsoft.Win32.SafeHandles;

namespace AsyncCalls.Integration.Tests;

/// <summary>Streams that are asked for by the attribute give what their imports would, one call after the other.</summary>
public sealed partial class StreamTests
{
    private const int Connections = 50;
    private const int NonBlock = 0x800;
    private const int CloseOnExec = 0x80000;

    [LibraryImport("libc", SetLastError = true)]
    private static partial int fcntl(SafeHandle fd, int command, int argument);

    /// <summary>Connections in order, with the flags that were asked for and no others.</summary>
    [Theory]
    [InlineData(Lane.Native, CloseOnExec)]
    [InlineData(Lane.Native, NonBlock)]
    [InlineData(Lane.Epoll, NonBlock | CloseOnExec)]
    [InlineData(Lane.Workers, 0)]
    [InlineData(Lane.Workers, NonBlock)]
    public async Task Connections_have_the_flags_of_the_call(Lane lane, int flags)
    {
        await using AsyncCallRuntime runtime = lane.NewRuntime();
        using Socket listener = Listen();
        Socket[] clients = [.. Enumerable.Range(0, Connections).Select(_ => Connect(listener))];
        var ports = new List<int>();
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        await foreach (SafeSocketHandle handle in StreamImports.accept4Async(listener.SafeHandle, flags, runtime, limit.Token).ConfigureAwait(false))
        {
            Assert.Equal(flags & NonBlock, fcntl(handle, 3, 0) & NonBlock);
            Assert.Equal((flags & CloseOnExec) == 0 ? 0 : 1, fcntl(handle, 1, 0));
            using var connection = new Socket(handle);
            ports.Add(((IPEndPoint)connection.RemoteEndPoint!).Port);
            if (ports.Count == Connections)
            {
                break;
            }
        }

        Assert.Equal(clients.Select(client => ((IPEndPoint)client.LocalEndPoint!).Port), ports);
        Array.ForEach(clients, client => client.Dispose());
    }

    [Theory, CombinatorialLanes(Portable = false)]
    public async Task Data_comes_in_order_until_its_end(Lane lane)
    {
        await using AsyncCallRuntime runtime = lane.NewRuntime();
        using LeasedBufferPool pool = runtime.CreateBufferPool(4, 1_000);
        byte[] data = [.. Enumerable.Range(0, 100_000).Select(i => (byte)(i * 13))];
        using Socket listener = Listen();
        using Socket client = Connect(listener);
        using Socket server = listener.Accept();
        Task sending = Task.Run(() =>
        {
            client.Send(data);
            client.Shutdown(SocketShutdown.Send);
        });
        Assert.Equal(data, await All(StreamImports.recvAsync(server.SafeHandle, pool, 0, runtime)));
        await sending;

        using var pipe = new System.IO.Pipes.AnonymousPipeServerStream(System.IO.Pipes.PipeDirection.Out);
        using var reader = new SafeFileHandle(pipe.ClientSafePipeHandle.DangerousGetHandle(), ownsHandle: false);
        Task writing = Task.Run(() =>
        {
            pipe.Write(data);
            pipe.Dispose();
        });
        Assert.Equal(data, await All(StreamImports.readAsync(reader, pool, runtime)));
        await writing;
        Assert.Equal(0, pool.Leased);
    }

    /// <summary>MSG_WAITALL has no multishot form: the stream makes single calls, each of which waits for a full buffer.</summary>
    [Theory, CombinatorialLanes(Portable = false)]
    public async Task The_flags_of_a_receive_count(Lane lane)
    {
        const int WaitAll = 0x100;
        await using AsyncCallRuntime runtime = lane.NewRuntime();
        using LeasedBufferPool pool = runtime.CreateBufferPool(4, 10);
        using Socket listener = Listen();
        using Socket client = Connect(listener);
        using Socket server = listener.Accept();
        await using IAsyncEnumerator<LeasedBuffer> stream = StreamImports.recvAsync(server.SafeHandle, pool, WaitAll, runtime).GetAsyncEnumerator();
        client.Send(new byte[4]);
        ValueTask<bool> next = stream.MoveNextAsync();
        await Task.Delay(20);
        client.Send(new byte[8]);
        Assert.True(await next);
        Assert.Equal(10, stream.Current.Memory.Length);
        stream.Current.Dispose();
    }

    /// <summary>MSG_TRUNC asks for the length of the datagram, also of what did not fit: a lease has what its buffer has, and nothing of its neighbour.</summary>
    [Theory, CombinatorialLanes(Portable = false)]
    public async Task A_datagram_is_cut_to_its_buffer(Lane lane)
    {
        const int Truncated = 0x20;
        await using AsyncCallRuntime runtime = lane.NewRuntime();
        using LeasedBufferPool pool = runtime.CreateBufferPool(4, 10);
        using var server = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
        server.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        using var client = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
        client.Connect(server.LocalEndPoint!);
        byte[] data = [.. Enumerable.Range(1, 100).Select(i => (byte)i)];
        client.Send(data);
        client.Send(data.AsSpan(0, 5));
        await using IAsyncEnumerator<LeasedBuffer> stream = StreamImports.recvAsync(server.SafeHandle, pool, Truncated, runtime).GetAsyncEnumerator();
        foreach (int expected in new[] { 10, 5 })
        {
            Assert.True(await stream.MoveNextAsync());
            using LeasedBuffer received = stream.Current;
            Assert.Equal(data[..expected], received.Span.ToArray());
        }
    }

    /// <summary>What is in flight is listed by the name of the method, on the runtime that was passed.</summary>
    [Fact]
    public async Task It_is_listed_by_the_name_of_the_import()
    {
        await using AsyncCallRuntime runtime = Lane.Native.NewRuntime();
        using Socket listener = Listen();
        using var cancel = new CancellationTokenSource();
        await using IAsyncEnumerator<SafeSocketHandle> stream = StreamImports.accept4Async(listener.SafeHandle, 0, runtime).GetAsyncEnumerator(cancel.Token);
        ValueTask<bool> next = stream.MoveNextAsync();
        Assert.Equal("StreamImports.accept4", Assert.Single(runtime.PendingCalls).Method);
        await cancel.CancelAsync();
        await Assert.ThrowsAsync<AsyncCallCanceledException>(async () => await next);
    }

    private static Socket Listen()
    {
        var listener = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        listener.Listen(Connections);
        return listener;
    }

    private static Socket Connect(Socket listener)
    {
        var client = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        client.Connect(listener.LocalEndPoint!);
        return client;
    }

    private static async Task<byte[]> All(IAsyncEnumerable<LeasedBuffer> stream)
    {
        var all = new MemoryStream();
        await foreach (LeasedBuffer data in stream.ConfigureAwait(false))
        {
            using (data)
            {
                all.Write(data.Memory.Span);
            }
        }

        return all.ToArray();
    }
}
