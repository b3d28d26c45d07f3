using System.Net.Sockets;

namespace AsyncCalls.Runtime.Tests;

/// <summary>Events of a handle as a stream, and multishot blocks of a context.</summary>
public sealed class PollStreamTests
{
    private const int NoSuchThing = 22; // EINVAL

    [Theory, StreamLanes]
    public async Task Each_change_is_told_once_at_least(StreamLane lane)
    {
        await using AsyncCallRuntime runtime = lane.NewRuntime();
        using var pipe = new TestPipe(TestPipe.NonBlock);
        await using IAsyncEnumerator<short> stream = runtime.PollAllAsync(pipe.Reader, Native.PollIn).GetAsyncEnumerator(TestContext.Current.CancellationToken);
        for (byte i = 0; i < 50; i++)
        {
            ValueTask<bool> next = stream.MoveNextAsync();
            Native.WriteOnce(pipe.Writer, [i]);
            while (true)
            {
                Assert.True(await next.Bound());
                Assert.Equal(Native.PollIn, (short)(stream.Current & Native.PollIn));
                byte[] one = new byte[1];
                if (Native.ReadSome(pipe.Reader, one) == 1)
                {
                    Assert.Equal(i, one[0]);
                    break;
                }

                // It was told of before.
                next = stream.MoveNextAsync();
            }
        }
    }

    [Theory, StreamLanes]
    public async Task What_nobody_has_taken_is_told_as_one(StreamLane lane)
    {
        await using AsyncCallRuntime runtime = lane.NewRuntime();
        using var pipe = new TestPipe(TestPipe.NonBlock);
        await using IAsyncEnumerator<short> stream = runtime.PollAllAsync(pipe.Reader, Native.PollIn).GetAsyncEnumerator(TestContext.Current.CancellationToken);
        ValueTask<bool> next = stream.MoveNextAsync();
        Native.WriteOnce(pipe.Writer, [0]);
        Assert.True(await next.Bound());
        for (int i = 0; i < 500; i++)
        {
            Native.WriteOnce(pipe.Writer, [0]);
        }

        _ = Native.ReadOnce(pipe.Reader, 1_000);
        int told = 0;
        while (true)
        {
            next = stream.MoveNextAsync();
            if (!next.IsCompleted)
            {
                // Nothing is there, so this one waits for the next change; or it is on its way still.
                pipe.Writer.Dispose();
            }

            Assert.True(await next.Bound());
            told++;
            if ((stream.Current & 0x10) != 0)
            {
                break;
            }
        }

        Assert.InRange(told, 1, 10);
    }

    [Theory, StreamLanes]
    public void A_multishot_accept_of_a_context_ends_with_one_event_without_more(StreamLane lane)
    {
        using AsyncCallRuntime runtime = lane.NewRuntime();
        using AsyncCallContext context = runtime.CreateContext();
        using Socket listener = Streams.Listen();
        using HandleLease lease = context.Lease(listener.SafeHandle);
        int descriptors = 0;
        int ends = 0;
        Socket[] clients = new Socket[50];
        CallId id = context.Submit(Iocb.AcceptMultishot(lease).With(5));
        for (int i = 0; i < clients.Length; i++)
        {
            clients[i] = Streams.Connect(listener);
            CompletionEvent completion = context.ReapOne();
            Assert.Equal((5ul, id.Value, (uint)CallOperation.Accept), (completion.Cookie, completion.CallId, completion.Operation));
            Assert.True(completion.Result >= 0, $"errno {-completion.Result}");
            Assert.Equal(0, Native.close((int)completion.Result));
            descriptors++;
            if ((completion.Flags & CompletionFlags.More) == 0)
            {
                ends++;
                id = context.Submit(Iocb.AcceptMultishot(lease).With(5));
            }
        }

        Assert.Equal(1, context.InFlight);
        Assert.Equal(runtime.IsMultishot() ? 0 : clients.Length, ends);
        context.Cancel(id);
        CompletionEvent last = context.ReapOne();
        Assert.Equal((-125L, CompletionFlags.None, id.Value), (last.Result, last.Flags, last.CallId));
        context.AssertQuiet();
        Assert.Equal(clients.Length, descriptors);
        foreach (Socket client in clients)
        {
            Streams.AwaitClosed(client);
            client.Dispose();
        }
    }

    [Theory, StreamLanes]
    public void What_nobody_reaps_is_closed_with_the_context(StreamLane lane)
    {
        using AsyncCallRuntime runtime = lane.NewRuntime();
        Socket listener = Streams.Listen();
        AsyncCallContext context = runtime.CreateContext(entries: 4);
        using HandleLease lease = context.Lease(listener.SafeHandle);
        context.Submit(Iocb.AcceptMultishot(lease).With(5));
        Socket[] clients = [.. Enumerable.Range(0, 30).Select(_ => Streams.Connect(listener))];
        context.Dispose();
        listener.Dispose();
        foreach (Socket client in clients)
        {
            Streams.AwaitClosed(client);
            client.Dispose();
        }
    }

    [Theory, StreamLanes]
    public void A_multishot_poll_of_a_context_tells_of_each_change(StreamLane lane)
    {
        using AsyncCallRuntime runtime = lane.NewRuntime();
        using AsyncCallContext context = runtime.CreateContext();
        using var pipe = new TestPipe();
        using HandleLease lease = context.Lease(pipe.Reader);
        context.Submit(Iocb.PollMultishot(lease, Native.PollIn).With(6));
        for (byte i = 0; i < 20; i++)
        {
            Native.WriteOnce(pipe.Writer, [i]);
            CompletionEvent completion = context.ReapOne();
            Assert.Equal(Native.PollIn, completion.Result);
            Assert.Equal([i], Native.ReadOnce(pipe.Reader, 1));
            if (completion.Flags == CompletionFlags.None)
            {
                context.Submit(Iocb.PollMultishot(lease, Native.PollIn).With(6));
            }
        }

        Assert.Equal(1, context.CancelAll().Total);
        Assert.Equal(-125, context.ReapOne().Result);
        context.AssertQuiet();
    }

    [Fact]
    public void Multishot_blocks_that_make_no_sense_are_refused()
    {
        using var runtime = new AsyncCallRuntime();
        using AsyncCallContext context = runtime.CreateContext();
        using Socket listener = Streams.Listen();
        using HandleLease lease = context.Lease(listener.SafeHandle);
        using CompletionRecord record = context.CreateRecord();
        Iocb timed = Iocb.AcceptMultishot(lease);
        timed.Timeout = TimeSpan.FromSeconds(1);
        Iocb[] refused =
        [
            timed,
            Iocb.AcceptMultishot(lease).With(1, IocbFlags.NoEvent),
            Iocb.AcceptMultishot(lease).With(1, record: record.Id),
            Iocb.Nop().With(1, IocbFlags.Multishot),
            Iocb.FSync(lease).With(1, IocbFlags.Multishot),
        ];
        Assert.All(refused, block => Assert.Throws<ArgumentException>(() => context.Submit(block)));
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        using HandleLease deaf = context.Lease(socket.SafeHandle);
        context.Submit(Iocb.AcceptMultishot(deaf).With(2));
        CompletionEvent completion = context.ReapOne();
        Assert.Equal((-NoSuchThing, CompletionFlags.None), ((int)completion.Result, completion.Flags));
        context.AssertQuiet();
    }
}
