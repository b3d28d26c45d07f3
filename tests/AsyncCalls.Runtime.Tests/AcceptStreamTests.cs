using System.Net;
using System.Net.Sockets;

namespace AsyncCalls.Runtime.Tests;

/// <summary>Connections as a stream, on every way that it can be made.</summary>
public sealed class AcceptStreamTests
{
    private const int Connections = 300;

    [Theory, StreamLanes]
    public async Task Every_connection_comes_once_and_in_order(StreamLane lane)
    {
        await using AsyncCallRuntime runtime = lane.NewRuntime();
        using Socket listener = Streams.Listen();
        Task<List<int>> connecting = Task.Run(() => ConnectAll(listener), TestContext.Current.CancellationToken);
        var ports = new List<int>();
        await foreach (SafeSocketHandle handle in runtime.AcceptAllAsync(listener.SafeHandle).ConfigureAwait(false))
        {
            using var connection = new Socket(handle);
            ports.Add(((IPEndPoint)connection.RemoteEndPoint!).Port);
            if (ports.Count == Connections)
            {
                break;
            }
        }

        Assert.Equal(await connecting.Bound(), ports);
        Assert.Equal(0, runtime.StreamCalls());
        Assert.Equal(0, runtime.GetStatistics().InFlight);
    }

    [Theory, StreamLanes]
    public async Task A_slow_consumer_stops_the_kernel_and_loses_nothing(StreamLane lane)
    {
        await using AsyncCallRuntime runtime = lane.NewRuntime();
        using Socket listener = Streams.Listen();
        await using IAsyncEnumerator<SafeSocketHandle> stream = runtime.AcceptAllAsync(listener.SafeHandle).GetAsyncEnumerator(TestContext.Current.CancellationToken);
        Task<bool> first = stream.MoveNextAsync().AsTask();
        Socket[] clients = [.. Enumerable.Range(0, Connections).Select(_ => Streams.Connect(listener))];
        Assert.True(await first.Bound());
        stream.Current.Dispose();

        // Either there is nothing in flight until the next is asked for, or the request was stopped when enough had come.
        await Bounded.UntilAsync(() => runtime.StreamCalls() == 0, "the stream stopped");
        for (int i = 1; i < Connections; i++)
        {
            Assert.True(await stream.MoveNextAsync().Bound());
            stream.Current.Dispose();
        }

        foreach (Socket client in clients)
        {
            Streams.AwaitClosed(client);
            client.Dispose();
        }
    }

    [Theory, StreamLanes]
    public async Task What_nobody_takes_is_closed_when_the_loop_is_left(StreamLane lane)
    {
        await using AsyncCallRuntime runtime = lane.NewRuntime();
        Socket listener = Streams.Listen();
        Socket[] clients = [.. Enumerable.Range(0, 40).Select(_ => Streams.Connect(listener))];
        await foreach (SafeSocketHandle handle in runtime.AcceptAllAsync(listener.SafeHandle).ConfigureAwait(false))
        {
            handle.Dispose();
            break;
        }

        Assert.Equal(0, runtime.StreamCalls());
        listener.Dispose();
        foreach (Socket client in clients)
        {
            Streams.AwaitClosed(client);
            client.Dispose();
        }
    }

    [Theory, StreamLanes]
    public async Task A_token_ends_it_after_what_was_accepted(StreamLane lane, bool ofEnumerator)
    {
        await using AsyncCallRuntime runtime = lane.NewRuntime();
        using Socket listener = Streams.Listen();
        using var cancel = new CancellationTokenSource();
        IAsyncEnumerable<SafeSocketHandle> connections = runtime.AcceptAllAsync(listener.SafeHandle, ofEnumerator ? CancellationToken.None : cancel.Token);
        await using IAsyncEnumerator<SafeSocketHandle> stream = connections.GetAsyncEnumerator(ofEnumerator ? cancel.Token : CancellationToken.None);
        using (Socket client = Streams.Connect(listener))
        {
            Assert.True(await stream.MoveNextAsync().Bound());
            stream.Current.Dispose();
        }

        ValueTask<bool> next = stream.MoveNextAsync();
        await Bounded.UntilAsync(() => runtime.StreamCalls() == 1, "the stream waits");
        await cancel.CancelAsync();
        AsyncCallCanceledException end = await Assert.ThrowsAsync<AsyncCallCanceledException>(() => next.Bound());
        Assert.Equal(cancel.Token, end.CancellationToken);
        await Assert.ThrowsAsync<AsyncCallCanceledException>(() => stream.MoveNextAsync().Bound());
        Assert.Equal(0, runtime.StreamCalls());
    }

    [Theory, StreamLanes]
    public async Task A_token_that_has_fired_ends_it_at_once(StreamLane lane)
    {
        await using AsyncCallRuntime runtime = lane.NewRuntime();
        using Socket listener = Streams.Listen();
        await using IAsyncEnumerator<SafeSocketHandle> stream = runtime.AcceptAllAsync(listener.SafeHandle, new CancellationToken(canceled: true)).GetAsyncEnumerator(TestContext.Current.CancellationToken);
        await Assert.ThrowsAsync<AsyncCallCanceledException>(() => stream.MoveNextAsync().Bound());
    }

    [Theory, StreamLanes]
    public async Task Closing_the_listener_ends_it(StreamLane lane)
    {
        await using AsyncCallRuntime runtime = lane.NewRuntime();
        Socket listener = Streams.Listen();
        await using IAsyncEnumerator<SafeSocketHandle> stream = runtime.AcceptAllAsync(listener.SafeHandle).GetAsyncEnumerator(TestContext.Current.CancellationToken);
        ValueTask<bool> next = stream.MoveNextAsync();
        await Bounded.UntilAsync(() => runtime.StreamCalls() == 1, "the stream waits");
        await Task.Run(listener.Dispose, TestContext.Current.CancellationToken).Bound();
        AsyncCallCanceledException end = await Assert.ThrowsAsync<AsyncCallCanceledException>(() => next.Bound());
        Assert.Equal(CancelReason.HandleClosed, end.Reason);
    }

    [Theory, StreamLanes]
    public async Task A_cancel_of_the_handle_ends_it(StreamLane lane)
    {
        await using AsyncCallRuntime runtime = lane.NewRuntime();
        using Socket listener = Streams.Listen();
        await using IAsyncEnumerator<SafeSocketHandle> stream = runtime.AcceptAllAsync(listener.SafeHandle).GetAsyncEnumerator(TestContext.Current.CancellationToken);
        ValueTask<bool> next = stream.MoveNextAsync();
        await Bounded.UntilAsync(() => runtime.StreamCalls() == 1, "the stream waits");
        Assert.Equal(1, runtime.Cancel(listener.SafeHandle).Total);
        await Assert.ThrowsAsync<AsyncCallCanceledException>(() => next.Bound());
    }

    [Theory, StreamLanes]
    public async Task Disposing_the_runtime_ends_it_and_keeps_what_had_come(StreamLane lane)
    {
        AsyncCallRuntime runtime = lane.NewRuntime();
        using Socket listener = Streams.Listen();
        IAsyncEnumerator<SafeSocketHandle> stream = runtime.AcceptAllAsync(listener.SafeHandle).GetAsyncEnumerator(TestContext.Current.CancellationToken);
        ValueTask<bool> next = stream.MoveNextAsync();
        await Bounded.UntilAsync(() => runtime.StreamCalls() == 1, "the stream waits");
        await runtime.DisposeAsync().Bound();
        AsyncCallCanceledException end = await Assert.ThrowsAsync<AsyncCallCanceledException>(() => next.Bound());
        Assert.Equal(CancelReason.Disposed, end.Reason);
        await stream.DisposeAsync().Bound();
    }

    [Theory, StreamLanes]
    public async Task What_is_no_listener_says_so(StreamLane lane)
    {
        await using AsyncCallRuntime runtime = lane.NewRuntime();
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        await using IAsyncEnumerator<SafeSocketHandle> stream = runtime.AcceptAllAsync(socket.SafeHandle).GetAsyncEnumerator(TestContext.Current.CancellationToken);
        IOException error = await Assert.ThrowsAsync<IOException>(() => stream.MoveNextAsync().Bound());
        Assert.Equal(22, error.HResult);
        Socket closed = Streams.Listen();
        SafeSocketHandle handle = closed.SafeHandle;
        closed.Dispose();
        await using IAsyncEnumerator<SafeSocketHandle> none = runtime.AcceptAllAsync(handle).GetAsyncEnumerator(TestContext.Current.CancellationToken);
        await Assert.ThrowsAsync<ObjectDisposedException>(() => none.MoveNextAsync().Bound());
    }

    /// <summary>A listener with O_NONBLOCK is waited for all the same.</summary>
    [Theory, StreamLanes]
    public async Task A_listener_that_does_not_block_is_waited_for(StreamLane lane)
    {
        await using AsyncCallRuntime runtime = lane.NewRuntime();
        using Socket listener = Streams.Listen();
        const int SetFlags = 4;
        Assert.Equal(0, Native.fcntl((int)listener.SafeHandle.DangerousGetHandle(), SetFlags, Native.NonBlock | Native.ReadWrite));
        await using IAsyncEnumerator<SafeSocketHandle> stream = runtime.AcceptAllAsync(listener.SafeHandle).GetAsyncEnumerator(TestContext.Current.CancellationToken);
        for (int i = 0; i < 3; i++)
        {
            ValueTask<bool> next = stream.MoveNextAsync();
            await Bounded.UntilAsync(() => runtime.StreamCalls() == 1, "the stream waits");
            using Socket client = Streams.Connect(listener);
            Assert.True(await next.Bound());
            stream.Current.Dispose();
        }
    }

    /// <summary>Connections come while the stream is disposed or cancelled: each is the consumer's, or closed, or still in the listener's queue, which ends with it.</summary>
    [Theory, StreamLanes]
    public async Task The_end_races_with_connections(StreamLane lane, bool byToken)
    {
        await using AsyncCallRuntime runtime = lane.NewRuntime();
        for (int round = 0; round < 40; round++)
        {
            Socket listener = Streams.Listen();
            using var cancel = new CancellationTokenSource();
            int wanted = round % 5;
            Task<Socket[]> clients = Task.Run(() => Enumerable.Range(0, 12).Select(_ => Streams.Connect(listener)).ToArray(), TestContext.Current.CancellationToken);
            await using (IAsyncEnumerator<SafeSocketHandle> stream = runtime.AcceptAllAsync(listener.SafeHandle, cancel.Token).GetAsyncEnumerator(TestContext.Current.CancellationToken))
            {
                for (int i = 0; i < wanted; i++)
                {
                    Assert.True(await stream.NextAsync(runtime, clients));
                    stream.Current.Dispose();
                }

                if (byToken)
                {
                    Task<bool> next = stream.MoveNextAsync().AsTask();
                    cancel.Cancel();
                    try
                    {
                        while (await next.Bound())
                        {
                            stream.Current.Dispose();
                            next = stream.MoveNextAsync().AsTask();
                        }
                    }
                    catch (AsyncCallCanceledException)
                    {
                    }
                }
            }

            Socket[] connected = await clients.Bound();
            listener.Dispose();
            foreach (Socket client in connected)
            {
                Streams.AwaitClosed(client);
                client.Dispose();
            }

            Assert.Equal(0, runtime.StreamCalls());
        }

        await Bounded.UntilAsync(() => runtime.GetStatistics().InFlight == 0, "no slot is held");
    }

    [Theory, StreamLanes]
    public void On_a_context_the_consumer_resumes_where_it_is_reaped(StreamLane lane)
    {
        using AsyncCallRuntime runtime = lane.NewRuntime();
        using AsyncCallContext context = runtime.CreateContext();
        using Socket listener = Streams.Listen();
        int reaper = Environment.CurrentManagedThreadId;
        int taken = 0;
        Task consuming = Consume();
        Socket[] clients = [.. Enumerable.Range(0, 100).Select(_ => Streams.Connect(listener))];
        var events = new CompletionEvent[8];
        while (!consuming.IsCompleted)
        {
            Assert.Equal(0, context.Reap(events, 1, TimeSpan.FromMilliseconds(5)));
        }

        Assert.True(consuming.IsCompletedSuccessfully, consuming.Exception?.ToString());
        Array.ForEach(clients, static client => client.Dispose());
        context.AssertQuiet();

        async Task Consume()
        {
            await foreach (SafeSocketHandle handle in context.Runtime.AcceptAllAsync(listener.SafeHandle).ConfigureAwait(false))
            {
                Assert.Equal(reaper, Environment.CurrentManagedThreadId);
                handle.Dispose();
                if (++taken == 100)
                {
                    break;
                }
            }
        }
    }

    private static List<int> ConnectAll(Socket listener)
    {
        var ports = new List<int>();
        for (int i = 0; i < Connections; i++)
        {
            using Socket client = Streams.Connect(listener);
            ports.Add(((IPEndPoint)client.LocalEndPoint!).Port);
        }

        return ports;
    }
}
