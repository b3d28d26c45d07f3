using System.Net.Sockets;
using Microsoft.Win32.SafeHandles;

namespace AsyncCalls.Runtime.Tests;

/// <summary>Received data as a stream of leased buffers, on every way that it can be made.</summary>
public sealed class BufferStreamTests
{
    [Theory, StreamLanes]
    public async Task Data_comes_whole_and_in_order_through_few_small_buffers(StreamLane lane)
    {
        await using AsyncCallRuntime runtime = lane.NewRuntime();
        using LeasedBufferPool pool = runtime.CreateBufferPool(count: 3, bufferBytes: 100);
        (Socket near, Socket far) = Streams.Pair();
        byte[] sent = Bytes(200_000, seed: 1);
        Task sending = Task.Run(() => SendInPieces(far, sent), TestContext.Current.CancellationToken);
        var received = new List<byte>();
        await foreach (LeasedBuffer buffer in runtime.ReceiveAllAsync(near.SafeHandle, pool).ConfigureAwait(false))
        {
            using (buffer)
            {
                Assert.InRange(buffer.Length, 1, 100);
                received.AddRange(buffer.Span);
            }
        }

        await sending.Bound();
        Assert.Equal(sent, received);
        Assert.Equal(0, pool.Leased);
        Assert.Equal(0, runtime.StreamCalls());
        near.Dispose();
        far.Dispose();
    }

    [Theory, StreamLanes]
    public async Task When_all_buffers_are_leased_the_stream_waits_and_loses_nothing(StreamLane lane)
    {
        await using AsyncCallRuntime runtime = lane.NewRuntime();
        using LeasedBufferPool pool = runtime.CreateBufferPool(count: 4, bufferBytes: 50);
        (Socket near, Socket far) = Streams.Pair();
        byte[] sent = Bytes(10_000, seed: 2);
        Assert.Equal(sent.Length, far.Send(sent));
        far.Shutdown(SocketShutdown.Send);
        var received = new List<byte>();
        var held = new Queue<LeasedBuffer>();
        await using IAsyncEnumerator<LeasedBuffer> stream = runtime.ReceiveAllAsync(near.SafeHandle, pool).GetAsyncEnumerator(TestContext.Current.CancellationToken);
        while (true)
        {
            ValueTask<bool> next = stream.MoveNextAsync();
            if (held.Count == pool.Count)
            {
                Assert.False(next.IsCompleted);
                await Bounded.UntilAsync(() => runtime.StreamCalls() == 0, "the stream has stopped for want of a buffer");
                Assert.Equal(pool.Count, pool.Leased);
                held.Dequeue().Dispose();
            }

            if (!await next.Bound())
            {
                break;
            }

            received.AddRange(stream.Current.Span);
            held.Enqueue(stream.Current);
        }

        Assert.Equal(sent, received);
        while (held.TryDequeue(out LeasedBuffer buffer))
        {
            buffer.Dispose();
        }

        Assert.Equal(0, pool.Leased);
        near.Dispose();
        far.Dispose();
    }

    [Theory, StreamLanes]
    public async Task A_buffer_is_given_back_once_and_refused_afterwards(StreamLane lane)
    {
        await using AsyncCallRuntime runtime = lane.NewRuntime();
        using LeasedBufferPool pool = runtime.CreateBufferPool(count: 1, bufferBytes: 50);
        (Socket near, Socket far) = Streams.Pair();
        await using IAsyncEnumerator<LeasedBuffer> stream = runtime.ReceiveAllAsync(near.SafeHandle, pool).GetAsyncEnumerator(TestContext.Current.CancellationToken);
        LeasedBuffer earlier = default;
        earlier.Dispose();
        for (byte i = 0; i < 10; i++)
        {
            far.Send([i]);
            Assert.True(await stream.MoveNextAsync().Bound());
            LeasedBuffer buffer = stream.Current;

            // The same memory, leased to somebody else by now.
            earlier.Dispose();
            Assert.Throws<ObjectDisposedException>(() => earlier.Memory);
            Assert.Equal(i, buffer.Span[0]);
            Assert.Equal(1, pool.Leased);
            buffer.Dispose();
            LeasedBuffer copy = buffer;
            copy.Dispose();
            Assert.Throws<ObjectDisposedException>(() => buffer.Memory);
            Assert.Equal(0, pool.Leased);
            earlier = buffer;
        }

        near.Dispose();
        far.Dispose();
    }

    [Theory, StreamLanes]
    public async Task Many_connections_share_few_buffers(StreamLane lane)
    {
        const int Connections = 60;
        await using AsyncCallRuntime runtime = lane.NewRuntime();
        using LeasedBufferPool pool = runtime.CreateBufferPool(count: 8, bufferBytes: 256);
        (Socket Near, Socket Far)[] pairs = [.. Enumerable.Range(0, Connections).Select(_ => Streams.Pair())];
        byte[][] sent = [.. Enumerable.Range(0, Connections).Select(seed => Bytes(5_000 + seed, seed))];
        Task<byte[]>[] receiving = [.. pairs.Select(pair => ReceiveAll(runtime, pair.Near, pool))];
        Task sending = Task.Run(() => Parallel.For(0, Connections, number => SendInPieces(pairs[number].Far, sent[number])), TestContext.Current.CancellationToken);
        byte[][] received = await Task.WhenAll(receiving).Bound();
        await sending.Bound();
        Assert.Equal(sent, received);
        Assert.Equal(0, pool.Leased);
        await Bounded.UntilAsync(() => runtime.GetStatistics().InFlight == 0, "no slot is held");
        foreach ((Socket near, Socket far) in pairs)
        {
            near.Dispose();
            far.Dispose();
        }
    }

    [Theory, StreamLanes]
    public async Task Leaving_the_loop_gives_back_what_nobody_took(StreamLane lane)
    {
        await using AsyncCallRuntime runtime = lane.NewRuntime();
        using LeasedBufferPool pool = runtime.CreateBufferPool(count: 16, bufferBytes: 10);
        (Socket near, Socket far) = Streams.Pair();
        for (int round = 0; round < 20; round++)
        {
            Assert.Equal(100, far.Send(Bytes(100, round)));
            await foreach (LeasedBuffer buffer in runtime.ReceiveAllAsync(near.SafeHandle, pool).ConfigureAwait(false))
            {
                buffer.Dispose();
                break;
            }

            Assert.Equal(0, pool.Leased);
            Assert.Equal(0, runtime.StreamCalls());
        }

        near.Dispose();
        far.Dispose();
    }

    [Theory, StreamLanes]
    public async Task The_token_ends_a_stream_that_waits_for_a_buffer(StreamLane lane)
    {
        await using AsyncCallRuntime runtime = lane.NewRuntime();
        using LeasedBufferPool pool = runtime.CreateBufferPool(count: 1, bufferBytes: 10);
        (Socket near, Socket far) = Streams.Pair();
        far.Send(Bytes(30, seed: 3));
        using var cancel = new CancellationTokenSource();
        IAsyncEnumerator<LeasedBuffer> stream = runtime.ReceiveAllAsync(near.SafeHandle, pool, cancel.Token).GetAsyncEnumerator(TestContext.Current.CancellationToken);
        Assert.True(await stream.MoveNextAsync().Bound());
        LeasedBuffer held = stream.Current;
        ValueTask<bool> next = stream.MoveNextAsync();
        await Bounded.UntilAsync(() => runtime.StreamCalls() == 0, "the stream waits for a buffer");
        cancel.Cancel();
        await Assert.ThrowsAsync<AsyncCallCanceledException>(() => next.Bound());
        await stream.DisposeAsync().Bound();
        Assert.Equal(10, held.Length);
        held.Dispose();
        Assert.Equal(0, pool.Leased);
        near.Dispose();
        far.Dispose();
    }

    [Theory, StreamLanes]
    public async Task A_pipe_is_read_to_its_end(StreamLane lane, bool nonBlocking)
    {
        await using AsyncCallRuntime runtime = lane.NewRuntime();
        using LeasedBufferPool pool = runtime.CreateBufferPool(count: 4, bufferBytes: 1_000);
        using var pipe = new TestPipe(nonBlocking ? TestPipe.NonBlock : 0);
        byte[] sent = Bytes(30_000, seed: 4);
        Task writing = Task.Run(
            () =>
            {
                Native.WriteAll(pipe.Writer, sent);
                pipe.Writer.Dispose();
            },
            TestContext.Current.CancellationToken);
        Assert.Equal(sent, await ReadAll(runtime, pipe.Reader, pool).Bound());
        await writing.Bound();
    }

    [Theory, StreamLanes]
    public async Task A_file_is_read_to_its_end(StreamLane lane)
    {
        await using AsyncCallRuntime runtime = lane.NewRuntime();
        using LeasedBufferPool pool = runtime.CreateBufferPool(count: 2, bufferBytes: 1_000);
        string path = Path.GetTempFileName();
        byte[] content = Bytes(10_500, seed: 5);
        File.WriteAllBytes(path, content);
        using (SafeFileHandle file = Native.OpenFile(path, Native.ReadOnly))
        {
            Assert.Equal(content, await ReadAll(runtime, file, pool).Bound());
        }

        File.Delete(path);
    }

    [Theory, StreamLanes]
    public async Task A_reset_connection_is_an_error_and_no_end(StreamLane lane)
    {
        await using AsyncCallRuntime runtime = lane.NewRuntime();
        using LeasedBufferPool pool = runtime.CreateBufferPool(count: 2, bufferBytes: 10);
        (Socket near, Socket far) = Streams.Pair();
        await using IAsyncEnumerator<LeasedBuffer> stream = runtime.ReceiveAllAsync(near.SafeHandle, pool).GetAsyncEnumerator(TestContext.Current.CancellationToken);
        ValueTask<bool> next = stream.MoveNextAsync();
        far.LingerState = new LingerOption(true, 0);
        far.Dispose();
        IOException error = await Assert.ThrowsAsync<IOException>(() => next.Bound());
        Assert.Equal(104, error.HResult);
        near.Dispose();
    }

    [Theory, StreamLanes]
    public async Task Disposing_the_runtime_in_the_middle_leaves_the_leases_valid(StreamLane lane)
    {
        AsyncCallRuntime runtime = lane.NewRuntime();
        LeasedBufferPool pool = runtime.CreateBufferPool(count: 4, bufferBytes: 10);
        (Socket near, Socket far) = Streams.Pair();
        far.Send([7]);
        IAsyncEnumerator<LeasedBuffer> stream = runtime.ReceiveAllAsync(near.SafeHandle, pool).GetAsyncEnumerator(TestContext.Current.CancellationToken);
        Assert.True(await stream.MoveNextAsync().Bound());
        LeasedBuffer held = stream.Current;
        ValueTask<bool> next = stream.MoveNextAsync();
        await runtime.DisposeAsync().Bound();
        await Assert.ThrowsAnyAsync<Exception>(() => next.Bound());
        await stream.DisposeAsync().Bound();
        Assert.Equal(7, held.Span[0]);
        held.Dispose();
        Assert.Equal(0, pool.Leased);
        pool.Dispose();
        pool.Dispose();
        near.Dispose();
        far.Dispose();
    }

    [Theory, StreamLanes]
    public async Task A_pool_that_was_disposed_takes_no_new_stream_and_serves_the_old(StreamLane lane)
    {
        await using AsyncCallRuntime runtime = lane.NewRuntime();
        LeasedBufferPool pool = runtime.CreateBufferPool(count: 4, bufferBytes: 10);
        (Socket near, Socket far) = Streams.Pair();
        await using (IAsyncEnumerator<LeasedBuffer> stream = runtime.ReceiveAllAsync(near.SafeHandle, pool).GetAsyncEnumerator(TestContext.Current.CancellationToken))
        {
            ValueTask<bool> next = stream.MoveNextAsync();
            pool.Dispose();
            far.Send([8]);
            Assert.True(await next.Bound());
            Assert.Equal(8, stream.Current.Span[0]);
            stream.Current.Dispose();
        }

        await using IAsyncEnumerator<LeasedBuffer> late = runtime.ReceiveAllAsync(near.SafeHandle, pool).GetAsyncEnumerator(TestContext.Current.CancellationToken);
        await Assert.ThrowsAsync<ObjectDisposedException>(() => late.MoveNextAsync().Bound());
        await using AsyncCallRuntime other = lane.NewRuntime();
        Assert.Throws<ArgumentException>(() => other.ReceiveAllAsync(near.SafeHandle, pool));
        near.Dispose();
        far.Dispose();
    }

    private static async Task<byte[]> ReceiveAll(AsyncCallRuntime runtime, Socket socket, LeasedBufferPool pool) =>
        await Collect(runtime.ReceiveAllAsync(socket.SafeHandle, pool)).ConfigureAwait(false);

    private static async Task<byte[]> ReadAll(AsyncCallRuntime runtime, SafeFileHandle handle, LeasedBufferPool pool) =>
        await Collect(runtime.ReadAllAsync(handle, pool)).ConfigureAwait(false);

    private static async Task<byte[]> Collect(IAsyncEnumerable<LeasedBuffer> stream)
    {
        var received = new List<byte>();
        await foreach (LeasedBuffer buffer in stream.ConfigureAwait(false))
        {
            received.AddRange(buffer.Span);
            buffer.Dispose();
        }

        return [.. received];
    }

    private static byte[] Bytes(int count, int seed)
    {
        byte[] bytes = new byte[count];
        new Random(seed).NextBytes(bytes);
        return bytes;
    }

    private static void SendInPieces(Socket socket, byte[] data)
    {
        var random = new Random(data.Length);
        for (int done = 0; done < data.Length;)
        {
            done += socket.Send(data.AsSpan(done, Math.Min(data.Length - done, random.Next(1, 2_000))));
        }

        socket.Shutdown(SocketShutdown.Send);
    }
}
