using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using AsyncCalls.CompilerServices;

namespace AsyncCalls.Runtime.Tests;

/// <summary>
/// A <see cref="Socket"/> that is disposed waits until nobody uses its handle any more. Whoever disposes it, wherever: the calls that are parked on it end, and dispose returns.
/// </summary>
public sealed partial class SocketCloseTests
{
    [Theory, CombinatorialLanes]
    public async Task Dispose_on_any_thread_ends_parked_reads(Lane lane)
    {
        await using AsyncCallRuntime runtime = lane.NewRuntime();
        foreach (Func<(Socket Near, IDisposable Far)> connect in Kinds)
        {
            (Socket near, IDisposable far) = connect();
            Task<nint>[] reads = [.. Enumerable.Range(0, 3).Select(_ => runtime.ReadAsync(near.SafeHandle, new byte[1]).AsTask())];
            await Task.Run(near.Dispose, TestContext.Current.CancellationToken).Bound();
            await AssertEnded(reads);
            far.Dispose();
        }
    }

    [Theory, CombinatorialLanes]
    public async Task Dispose_in_a_continuation_ends_parked_reads(Lane lane)
    {
        await using AsyncCallRuntime runtime = lane.NewRuntime();
        (Socket near, IDisposable far) = ConnectTcp();
        Task<nint>[] reads = [.. Enumerable.Range(0, 3).Select(_ => runtime.ReadAsync(near.SafeHandle, new byte[1]).AsTask())];
        await Task.Run(
            async () =>
            {
                await runtime.NopAsync().ConfigureAwait(false);
                near.Dispose();
            },
            TestContext.Current.CancellationToken).Bound();
        await AssertEnded(reads);
        far.Dispose();
    }

    /// <summary>The continuation of one read of the socket disposes it, while others are parked on it.</summary>
    [Theory, CombinatorialLanes]
    public async Task Dispose_in_the_continuation_of_its_own_read_ends_the_others(Lane lane)
    {
        await using AsyncCallRuntime runtime = lane.NewRuntime();
        (Socket near, Socket far) = ConnectTcp();
        Task disposing = DisposeAfterRead();
        Task<nint>[] reads = [.. Enumerable.Range(0, 3).Select(_ => runtime.ReadAsync(near.SafeHandle, new byte[1]).AsTask())];
        Assert.Equal(1, far.Send([1]));
        await Task.WhenAny([disposing, .. reads]).Bound();
        near.Dispose();
        await disposing.Bound();
        foreach (Task<nint> read in reads)
        {
            // One of them may have got the byte.
            await Task.WhenAny(read).Bound();
        }

        far.Dispose();

        async Task DisposeAfterRead()
        {
            try
            {
                _ = await runtime.ReadAsync(near.SafeHandle, new byte[1]).ConfigureAwait(false);
            }
            catch (AsyncCallCanceledException)
            {
            }

            near.Dispose();
        }
    }

    /// <summary>The loop's own thread disposes: nobody else reaps meanwhile.</summary>
    [Theory, CombinatorialLanes]
    public async Task Dispose_on_the_thread_that_reaps_a_context_returns(Lane lane)
    {
        await using AsyncCallRuntime runtime = lane.NewRuntime();
        using AsyncCallContext context = runtime.CreateContext();
        (Socket near, IDisposable far) = ConnectTcp();
        Task<nint> read = context.Runtime.ReadAsync(near.SafeHandle, new byte[1]).AsTask();
        Bounded.OnThreads(1, _ => near.Dispose());
        ReapUntil(context, () => read.IsCompleted);
        await AssertEnded([read]);
        far.Dispose();
    }

    /// <summary>As the other, in a continuation that runs inside Reap.</summary>
    [Theory, CombinatorialLanes]
    public async Task Dispose_in_a_continuation_inside_a_reap_returns(Lane lane)
    {
        await using AsyncCallRuntime runtime = lane.NewRuntime();
        using AsyncCallContext context = runtime.CreateContext();
        (Socket near, IDisposable far) = ConnectTcp();
        Task<nint>? read = null;
        Bounded.OnThreads(1, _ =>
        {
            read = context.Runtime.ReadAsync(near.SafeHandle, new byte[1]).AsTask();
            Task disposed = DisposeAfterNop();
            ReapUntil(context, () => disposed.IsCompleted && read.IsCompleted);
        });
        await AssertEnded([read!]);
        far.Dispose();

        async Task DisposeAfterNop()
        {
            await context.Runtime.NopAsync().ConfigureAwait(false);
            near.Dispose();
        }
    }

    /// <summary>A lease of a context names the socket for as long as one likes: dispose does not wait for it, and it names nothing afterwards.</summary>
    [Theory, CombinatorialLanes]
    public void Dispose_does_not_wait_for_a_lease(Lane lane)
    {
        using AsyncCallRuntime runtime = lane.NewRuntime();
        using AsyncCallContext context = runtime.CreateContext();
        (Socket near, IDisposable far) = ConnectTcp();
        using HandleLease lease = context.Lease(near.SafeHandle);
        using BufferLease buffer = context.Pin(new byte[1]);
        Iocb read = Iocb.Read(lease, buffer, 1);
        Assert.NotEqual(default, context.Submit(read));
        Bounded.OnThreads(1, _ => near.Dispose());
        Span<CompletionEvent> events = stackalloc CompletionEvent[1];
        Assert.Equal(1, context.Reap(events, 1, Bounded.Limit, TestContext.Current.CancellationToken));
        Assert.True(events[0].Result <= 0);
        Assert.Throws<ObjectDisposedException>(() => context.Submit(read));
        far.Dispose();
    }

    [Theory, CombinatorialLanes]
    public async Task Dispose_ends_an_import_that_waits_on_the_socket(Lane lane)
    {
        await using AsyncCallRuntime runtime = lane.NewRuntime();
        (Socket near, IDisposable far) = ConnectTcp();
        using var inside = new ManualResetEventSlim();
        Task<nint> receiving = ReceiveAsync(runtime, near.SafeHandle, socket =>
        {
            // From here on the import uses the socket, as it does from where its argument is marshalled on.
            bool added = false;
            socket.DangerousAddRef(ref added);
            inside.Set();
            nint received = Receive(socket);
            socket.DangerousRelease();
            return received;
        });
        Assert.True(inside.Wait(Bounded.Limit));
        await Task.Run(near.Dispose, TestContext.Current.CancellationToken).Bound();
        await AssertEnded([receiving]);
        far.Dispose();
    }

    /// <summary>The import was about to begin: it finds the socket disposed and says so.</summary>
    [Theory, CombinatorialLanes]
    public async Task Dispose_before_an_import_takes_the_socket_is_an_end_too(Lane lane)
    {
        await using AsyncCallRuntime runtime = lane.NewRuntime();
        (Socket near, IDisposable far) = ConnectTcp();
        using var before = new ManualResetEventSlim();
        using var disposed = new ManualResetEventSlim();
        Task<nint> receiving = ReceiveAsync(runtime, near.SafeHandle, socket =>
        {
            before.Set();
            Assert.True(disposed.Wait(Bounded.Limit));
            return Receive(socket);
        });
        Assert.True(before.Wait(Bounded.Limit));
        Bounded.OnThreads(1, _ => near.Dispose());
        disposed.Set();
        await Assert.ThrowsAsync<ObjectDisposedException>(() => receiving.Bound());
        far.Dispose();
    }

    [Theory, CombinatorialLanes]
    public async Task Close_in_order_closes_a_socket(Lane lane)
    {
        await using AsyncCallRuntime runtime = lane.NewRuntime();
        (Socket near, Socket far) = ConnectTcp();
        Task<nint>[] reads = [.. Enumerable.Range(0, 3).Select(_ => runtime.ReadAsync(near.SafeHandle, new byte[1]).AsTask())];
        Assert.True(await runtime.CloseAsync(near.SafeHandle, Bounded.Limit, TestContext.Current.CancellationToken).Bound());
        await AssertEnded(reads);

        // The class library resets the connection of a socket whose handle is disposed before the socket is.
        SocketException reset = Assert.Throws<SocketException>(() => far.Receive(new byte[1]));
        Assert.Equal(SocketError.ConnectionReset, reset.SocketErrorCode);
        near.Dispose();
        far.Dispose();
    }

    private static IEnumerable<Func<(Socket Near, IDisposable Far)>> Kinds =>
    [
        static () => ConnectTcp(),
        static () =>
        {
            var receiver = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
            receiver.Bind(new IPEndPoint(IPAddress.Loopback, 0));
            return (receiver, receiver);
        },
        static () =>
        {
            string path = Path.Combine(Path.GetTempPath(), Path.GetRandomFileName());
            using var listener = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
            listener.Bind(new UnixDomainSocketEndPoint(path));
            listener.Listen();
            var near = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
            near.Connect(new UnixDomainSocketEndPoint(path));
            Socket far = listener.Accept();
            File.Delete(path);
            return (near, far);
        },
    ];

    private static (Socket Near, Socket Far) ConnectTcp()
    {
        using var listener = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        listener.Listen();
        var near = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        near.Connect(listener.LocalEndPoint!);
        return (near, listener.Accept());
    }

    private static void ReapUntil(AsyncCallContext context, Func<bool> condition)
    {
        Span<CompletionEvent> events = stackalloc CompletionEvent[8];
        long start = System.Diagnostics.Stopwatch.GetTimestamp();
        while (!condition())
        {
            Assert.True(System.Diagnostics.Stopwatch.GetElapsedTime(start) < Bounded.Limit, "The context never came to it.");
            _ = context.Reap(events, 1, TimeSpan.FromMilliseconds(20));
        }
    }

    /// <summary>Cancelled because of the handle; or the class library's shutdown of the socket came first, and the read saw its end or an error.</summary>
    private static async Task AssertEnded(Task<nint>[] reads)
    {
        foreach (Task<nint> read in reads)
        {
            try
            {
                Assert.InRange(await read.Bound(), -1, 0);
            }
            catch (AsyncCallCanceledException cancelled)
            {
                Assert.Equal(CancelReason.HandleClosed, cancelled.Reason);
            }
        }
    }

    private static Task<nint> ReceiveAsync(AsyncCallRuntime runtime, SafeSocketHandle socket, Func<SafeSocketHandle, nint> import) =>
        WorkerCalls.RunImport(
            runtime,
            "recv",
            AsyncCallErrors.ReturnValue,
            interruptible: true,
            (socket, import),
            static state => state.import(state.socket),
            CancellationToken.None,
            socket).AsTask();

    private static unsafe nint Receive(SafeSocketHandle socket)
    {
        byte received;
        return recv(socket, &received, 1, 0);
    }

    [LibraryImport("libc", SetLastError = true)]
    private static unsafe partial nint recv(SafeSocketHandle socket, byte* buffer, nuint length, int flags);
}
