using System.Runtime.InteropServices;
using System.Security.Cryptography;

namespace AsyncCalls.Runtime.Tests;

/// <summary>Reads and writes on pipes, which wait for the other side.</summary>
public sealed class PipeTests
{
    private const int EAgain = 11;
    private const int EPipe = 32;

    [Theory, CombinatorialLanes]
    public async Task A_read_waits_for_data_and_takes_what_is_there(Lane lane)
    {
        await using AsyncCallRuntime runtime = lane.NewRuntime();
        using var pipe = new TestPipe();
        byte[] buffer = new byte[100];
        Task<nint> read = runtime.ReadAsync(pipe.Reader, buffer).AsTask();
        Assert.False(read.IsCompleted);
        Native.WriteAll(pipe.Writer, [1, 2, 3]);
        Assert.Equal(3, await read.Bound());
        Assert.Equal([1, 2, 3], buffer[..3]);
        Native.WriteAll(pipe.Writer, [4]);
        Assert.Equal(1, await runtime.ReadAsync(pipe.Reader, buffer).Bound());
    }

    [Theory, CombinatorialLanes]
    public async Task A_parked_pipe_read_is_cancelled_by_its_token(Lane lane)
    {
        await using AsyncCallRuntime runtime = lane.NewRuntime();
        using var pipe = new TestPipe();
        using var cancel = new CancellationTokenSource();
        Task<nint> read = runtime.ReadAsync(pipe.Reader, new byte[16], cancel.Token).AsTask();
        Assert.False(read.IsCompleted);
        await cancel.CancelAsync();
        OperationCanceledException thrown = await Assert.ThrowsAnyAsync<OperationCanceledException>(() => read.Bound());
        Assert.Equal(cancel.Token, thrown.CancellationToken);
        Assert.True(read.IsCanceled);
    }

    /// <summary>A blocking write(2) returns when all is written, however slow the reader.</summary>
    [Theory, CombinatorialLanes]
    public async Task A_write_larger_than_the_pipe_is_whole(Lane lane)
    {
        await using AsyncCallRuntime runtime = lane.NewRuntime();
        using var pipe = new TestPipe();
        byte[] data = RandomNumberGenerator.GetBytes(1 << 20);
        Task<nint> write = runtime.WriteAsync(pipe.Writer, data).AsTask();
        byte[] received = await Task.Run(() =>
        {
            byte[] all = new byte[data.Length];
            for (int done = 0; done < all.Length;)
            {
                done += Native.ReadSome(pipe.Reader, all.AsSpan(done, Math.Min(10_000, all.Length - done)));
            }

            return all;
        }).Bound();
        Assert.Equal(data.Length, await write.Bound());
        Assert.True(data.AsSpan().SequenceEqual(received));
    }

    [Theory, CombinatorialLanes]
    public async Task The_end_of_the_writer_is_the_end_of_the_data(Lane lane)
    {
        await using AsyncCallRuntime runtime = lane.NewRuntime();
        using var pipe = new TestPipe();
        Native.WriteAll(pipe.Writer, [5]);
        Task<nint> first = runtime.ReadAsync(pipe.Reader, new byte[2]).AsTask();
        Assert.Equal(1, await first.Bound());
        Task<nint> parked = runtime.ReadAsync(pipe.Reader, new byte[2]).AsTask();
        pipe.Writer.Dispose();
        Assert.Equal(0, await parked.Bound());
        Assert.Equal(0, await runtime.ReadAsync(pipe.Reader, new byte[2]).Bound());
    }

    [Theory, CombinatorialLanes]
    public async Task A_reader_that_goes_away_is_EPIPE(Lane lane)
    {
        await using AsyncCallRuntime runtime = lane.NewRuntime();
        using var pipe = new TestPipe();
        Task<(nint Result, int Error)> parked = Answer(() => runtime.WriteAsync(pipe.Writer, new byte[1 << 18]));
        await Bounded.UntilAsync(() => Native.IsReadable(pipe.Reader), "the writer has begun");
        pipe.Reader.Dispose();

        // What was written before is the result of that write, as it is of write(2); the next one says EPIPE.
        (nint Result, int Error) first = await parked.Bound();
        Assert.True(first.Result > 0 || first.Error == EPipe, $"{first}");
        Assert.Equal((-1, EPipe), await Answer(() => runtime.WriteAsync(pipe.Writer, new byte[1])).Bound());
    }

    [Theory, CombinatorialLanes]
    public async Task A_pipe_that_does_not_block_says_EAGAIN(Lane lane)
    {
        await using AsyncCallRuntime runtime = lane.NewRuntime();
        using var pipe = new TestPipe(TestPipe.NonBlock);
        Assert.Equal((-1, EAgain), await Answer(() => runtime.ReadAsync(pipe.Reader, new byte[1])).Bound());
        Assert.Equal((65_536, 0), await Answer(() => runtime.WriteAsync(pipe.Writer, new byte[65_536 + 10])).Bound());
        Assert.Equal((-1, EAgain), await Answer(() => runtime.WriteAsync(pipe.Writer, new byte[1])).Bound());
        Assert.Equal((4, 0), await Answer(() => runtime.ReadAsync(pipe.Reader, new byte[4])).Bound());
        pipe.Reader.Dispose();
        Assert.Equal((-1, EPipe), await Answer(() => runtime.WriteAsync(pipe.Writer, new byte[1])).Bound());
    }

    [Theory, CombinatorialLanes]
    public async Task Many_pipes_at_once_each_get_their_own(Lane lane)
    {
        await using AsyncCallRuntime runtime = lane.NewRuntime();
        TestPipe[] pipes = [.. Enumerable.Range(0, 40).Select(_ => new TestPipe())];
        byte[][] buffers = [.. pipes.Select(_ => new byte[4])];
        for (int round = 0; round < 5; round++)
        {
            Task<nint>[] reads = [.. pipes.Select((pipe, i) => runtime.ReadAsync(pipe.Reader, buffers[i]).AsTask())];
            for (int i = pipes.Length - 1; i >= 0; i--)
            {
                Native.WriteAll(pipes[i].Writer, [(byte)i, (byte)round]);
            }

            await Task.WhenAll(reads).Bound();
            for (int i = 0; i < pipes.Length; i++)
            {
                Assert.Equal(2, await reads[i]);
                Assert.Equal([(byte)i, (byte)round], buffers[i][..2]);
            }
        }

        foreach (TestPipe pipe in pipes)
        {
            pipe.Dispose();
        }
    }

    /// <summary>The result and the error number, read on the thread that resumed.</summary>
    private static Task<(nint Result, int Error)> Answer(Func<ValueTask<nint>> call) => Task.Run(async () =>
    {
        nint result = await call().ConfigureAwait(false);
        return (result, result < 0 ? Marshal.GetLastPInvokeError() : 0);
    });
}
