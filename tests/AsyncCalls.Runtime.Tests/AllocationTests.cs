using System.Net.Sockets;
using AsyncCalls.CompilerServices;
using Microsoft.Win32.SafeHandles;

namespace AsyncCalls.Runtime.Tests;

/// <summary>No call allocates once its records are pooled.</summary>
[Collection(ProcessWide.Name)]
public sealed class AllocationTests : IDisposable
{
    private const int Calls = 10_000;

    /// <summary>A queue's next segment, a pool's first record: nothing that grows with the number of calls.</summary>
    private const long Allowed = 40_000;

    private readonly string _file = Path.GetTempFileName();

    public AllocationTests() => File.WriteAllBytes(_file, new byte[65_536]);

    public void Dispose() => File.Delete(_file);

    [Theory, CombinatorialLanes]
    public async Task A_call_that_does_nothing_allocates_nothing(Lane lane) =>
        await Measure(lane, static async (runtime, _, count) =>
        {
            for (int i = 0; i < count; i++)
            {
                await runtime.NopAsync().ConfigureAwait(false);
            }
        });

    [Theory, CombinatorialLanes]
    public async Task A_read_of_a_cached_file_allocates_nothing(Lane lane)
    {
        using SafeFileHandle file = File.OpenHandle(_file);
        byte[] buffer = new byte[4_096];
        await Measure(
            lane,
            static async (runtime, state, count) =>
            {
                (SafeFileHandle file, byte[] buffer) = ((SafeFileHandle, byte[]))state!;
                for (int i = 0; i < count; i++)
                {
                    Assert.True(await RandomAccessCalls.Read(runtime, "test", file, buffer, 8_192, default).ConfigureAwait(false) == 4_096);
                }
            },
            (file, buffer));
    }

    [Theory, CombinatorialLanes]
    public async Task A_body_allocates_nothing(Lane lane) =>
        await Measure(lane, static async (runtime, _, count) =>
        {
            for (int i = 0; i < count; i++)
            {
                Assert.True(await WorkerCalls.Run(runtime, "test", i, static (state, _) => state + 1, default).ConfigureAwait(false) == i + 1);
            }
        });

    [Theory, CombinatorialLanes]
    public async Task A_read_of_a_pipe_allocates_nothing(Lane lane)
    {
        using var pipe = new TestPipe();
        await Measure(
            lane,
            static async (runtime, state, count) =>
            {
                (TestPipe pipe, byte[] buffer) = ((TestPipe, byte[]))state!;
                for (int i = 0; i < count; i++)
                {
                    ValueTask<nint> read = runtime.ReadAsync(pipe.Reader, buffer);
                    Native.WriteOnce(pipe.Writer, [1]);
                    Assert.True(await read.ConfigureAwait(false) == 1);
                }
            },
            (pipe, new byte[8]));
    }

    [Theory, CombinatorialLanes]
    public async Task A_token_costs_no_allocation(Lane lane)
    {
        using var cancel = new CancellationTokenSource();
        await Measure(
            lane,
            static async (runtime, state, count) =>
            {
                for (int i = 0; i < count; i++)
                {
                    await runtime.NopAsync(((CancellationTokenSource)state!).Token).ConfigureAwait(false);
                }
            },
            cancel);
    }

    [Theory, CombinatorialLanes]
    public async Task A_stream_of_received_data_allocates_nothing(Lane lane)
    {
        (Socket near, Socket far) = Streams.Pair();
        await Measure(
            lane,
            static async (runtime, state, count) =>
            {
                (Socket near, Socket far) = ((Socket, Socket))state!;
                byte[] one = new byte[1];
                using LeasedBufferPool pool = runtime.CreateBufferPool(count: 4, bufferBytes: 16);
                await using IAsyncEnumerator<LeasedBuffer> stream = runtime.ReceiveAllAsync(near.SafeHandle, pool).GetAsyncEnumerator();
                for (int i = 0; i < count; i++)
                {
                    ValueTask<bool> next = stream.MoveNextAsync();
                    far.Send(one);
                    Assert.True(await next.ConfigureAwait(false));
                    stream.Current.Dispose();
                }
            },
            (near, far));
        near.Dispose();
        far.Dispose();
    }

    [Theory, CombinatorialLanes]
    public async Task A_socket_that_sends_and_receives_allocates_nothing(Lane lane)
    {
        (Socket near, Socket far) = Streams.Pair();
        await Measure(
            lane,
            static async (runtime, state, count) =>
            {
                (Socket near, Socket far) = ((Socket, Socket))state!;
                byte[] one = new byte[1];
                for (int i = 0; i < count; i++)
                {
                    ValueTask<int> received = SocketCalls.Receive(runtime, "test", near, one, default);
                    Assert.True(await SocketCalls.Send(runtime, "test", far, one, SocketFlags.None, default).ConfigureAwait(false) == 1);
                    Assert.True(await received.ConfigureAwait(false) == 1);
                }
            },
            (near, far));
        near.Dispose();
        far.Dispose();
    }

    private static async Task Measure(Lane lane, Func<AsyncCallRuntime, object?, int, Task> loop, object? state = null)
    {
        await using AsyncCallRuntime runtime = lane.NewRuntime();
        long best = long.MaxValue;

        // Background work of the runtime library itself (tiering, timers) allocates now and then: the best of a few counts.
        for (int attempt = 0; attempt < 6 && best > Allowed; attempt++)
        {
            long before = GC.GetTotalAllocatedBytes(precise: true);
            await Task.Run(() => loop(runtime, state, Calls)).Bound();
            best = Math.Min(best, GC.GetTotalAllocatedBytes(precise: true) - before);
        }

        Assert.True(best <= Allowed, $"{Calls} calls allocated {best} bytes.");
    }
}
