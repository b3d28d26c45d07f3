using System.Security.Cryptography;
using Microsoft.Win32.SafeHandles;

namespace AsyncCalls.Runtime.Tests;

/// <summary>Files and buffers that are registered with io_uring: the same results, and nothing of what is registered outlives its lease or is another's before.</summary>
public sealed class RegisteredTests
{
    private const int BlockBytes = 4_096;

    [Theory, CombinatorialLanes]
    public void Reads_and_writes_name_what_was_registered(Lane lane)
    {
        using AsyncCallRuntime runtime = lane.NewRuntime();
        using AsyncCallContext context = runtime.CreateContext();
        using SafeFileHandle first = NewFile(out byte[] firstData);
        using SafeFileHandle second = NewFile(out byte[] secondData);
        byte[] memory = new byte[4 * BlockBytes];
        using HandleLease one = context.LeaseRegistered(first);
        using HandleLease two = context.LeaseRegistered(second);
        using BufferLease upper = context.PinRegistered(memory.AsMemory(0, 2 * BlockBytes));
        using BufferLease lower = context.PinRegistered(memory.AsMemory(2 * BlockBytes));
        Assert.All([one.IsRegistered, two.IsRegistered, upper.IsRegistered, lower.IsRegistered], registered => Assert.Equal(IsNative(lane, runtime), registered));

        // Each of the two files into each of the two buffers: a wrong place would be seen.
        Assert.Equal(4, context.Submit([
            Iocb.Read(one, upper, BlockBytes, 0).With(1),
            Iocb.Read(two, lower, BlockBytes, 0).With(2),
            Iocb.Read(one, lower, BlockBytes, BlockBytes).With(3),
            Iocb.Read(two, upper, BlockBytes, BlockBytes).With(4),
        ]));
        CompletionEvent[] events = context.ReapExactly(4);
        Assert.All(events, completion => Assert.Equal(BlockBytes, completion.Result));

        foreach ((HandleLease file, byte[] data, BufferLease buffer, int at) in new[] { (one, firstData, upper, 0), (two, secondData, lower, 2), (two, secondData, upper, 0), (one, firstData, lower, 2) })
        {
            memory.AsSpan().Clear();
            context.Submit(Iocb.Read(file, buffer, BlockBytes, BlockBytes));
            Assert.Equal(BlockBytes, context.ReapOne().Result);
            Assert.True(memory.AsSpan(at * BlockBytes, BlockBytes).SequenceEqual(data.AsSpan(BlockBytes, BlockBytes)));
        }

        RandomNumberGenerator.Fill(memory);
        context.Submit(Iocb.Write(two, lower, BlockBytes, 0));
        Assert.Equal(BlockBytes, context.ReapOne().Result);
        byte[] written = new byte[BlockBytes];
        Assert.Equal(BlockBytes, RandomAccess.Read(second, written, 0));
        Assert.True(written.AsSpan().SequenceEqual(memory.AsSpan(2 * BlockBytes, BlockBytes)));
        context.AssertQuiet();
    }

    /// <summary>What a host forbids is not done by the back door: what it allows is, registered or not.</summary>
    [Theory]
    [InlineData(CallOperation.ReadAt, 1)]
    [InlineData(CallOperation.Poll, 0)]
    public void A_restricted_ring_reads_what_was_registered_if_it_reads(CallOperation allowed, int native)
    {
        using AsyncCallRuntime runtime = Lane.NativeNoInline.NewRuntime(options => options.AllowedIoUringOperations = [allowed]);
        Assert.SkipUnless(runtime.Capabilities.IoUring.Available, runtime.Capabilities.IoUring.Reason);
        using AsyncCallContext context = runtime.CreateContext();
        using SafeFileHandle file = NewFile(out byte[] data);
        byte[] memory = new byte[BlockBytes];
        using HandleLease lease = context.LeaseRegistered(file);
        using BufferLease buffer = context.PinRegistered(memory);
        context.Submit(Iocb.Read(lease, buffer, BlockBytes, 0));
        Assert.Equal(BlockBytes, context.ReapOne().Result);
        Assert.True(memory.AsSpan().SequenceEqual(data.AsSpan(0, BlockBytes)));
        Assert.Equal(native, runtime.GetStatistics().CompletedByIoUring);
    }

    /// <summary>The ring itself lasts until each thread that has entered it has ended; what was registered with it does not, a lease that outlives the runtime or not.</summary>
    [Fact]
    public async Task A_closed_runtime_keeps_no_file_open_though_a_thread_of_it_is_busy()
    {
        AsyncCallRuntime runtime = Lane.NativeNoInline.NewRuntime();
        Assert.SkipUnless(runtime.Capabilities.IoUring.Available, runtime.Capabilities.IoUring.Reason);
        using AsyncCallContext context = runtime.CreateContext();
        using var trigger = new TestPipe();
        using var pipe = new TestPipe();
        using var inside = new ManualResetEventSlim();
        using var gate = new ManualResetEventSlim();
        HandleLease lease = context.LeaseRegistered(pipe.Writer);
        Assert.True(lease.IsRegistered);
        Task<bool> busy = BlockAsync();
        Native.WriteAll(trigger.Writer, [1]);
        Assert.True(inside.Wait(Bounded.Limit));
        runtime.Dispose();
        lease.Dispose();
        pipe.Writer.Dispose();
        Assert.Equal(0, await Task.Run(() => Native.ReadSome(pipe.Reader, new byte[1])).Bound());
        gate.Set();
        Assert.True(await busy.Bound());

        async Task<bool> BlockAsync()
        {
            await runtime.ReadAsync(trigger.Reader, new byte[1]).ConfigureAwait(false);
            inside.Set();
            return gate.Wait(Bounded.Limit);
        }
    }

    /// <summary>A place is emptied when the lease and the calls that name it have ended, and not before: the next file must not come to lie where a call that was not submitted yet expects another.</summary>
    [Fact]
    public void A_place_is_free_when_nobody_names_it_any_more()
    {
        using AsyncCallRuntime runtime = Lane.NativeNoInline.NewRuntime();
        Assert.SkipUnless(runtime.Capabilities.IoUring.Available, runtime.Capabilities.IoUring.Reason);
        using AsyncCallContext context = runtime.CreateContext();
        using var pipe = new TestPipe();
        using var other = new TestPipe();
        var memory = new CountingMemory(16);
        HandleLease file = context.LeaseRegistered(pipe.Reader);
        BufferLease buffer = context.PinRegistered(memory.Memory);
        (int filePlace, int bufferPlace) = (file.Registration!.Index, buffer.Registration!.Index);
        CallId id = context.Submit(Iocb.Read(file, buffer, 16));
        file.Dispose();
        buffer.Dispose();

        using HandleLease nextFile = context.LeaseRegistered(other.Reader);
        using BufferLease nextBuffer = context.PinRegistered(new byte[16]);
        Assert.NotEqual(filePlace, nextFile.Registration!.Index);
        Assert.NotEqual(bufferPlace, nextBuffer.Registration!.Index);
        Assert.Equal(1, memory.Pins);

        context.Cancel(id);
        context.ReapOne();
        Bounded.Until(() => memory.Pins == 0, "the memory is free");
        using HandleLease again = context.LeaseRegistered(pipe.Reader);
        using BufferLease againBuffer = context.PinRegistered(new byte[16]);
        Assert.Equal(filePlace, again.Registration!.Index);
        Assert.Equal(bufferPlace, againBuffer.Registration!.Index);
    }

    /// <summary>The kernel holds what is registered: a pipe's reader sees the end only when the writer is nobody's any more.</summary>
    [Theory, CombinatorialLanes]
    public void A_file_is_closed_when_its_lease_and_its_handle_are(Lane lane)
    {
        using AsyncCallRuntime runtime = lane.NewRuntime();
        using AsyncCallContext context = runtime.CreateContext();
        using var pipe = new TestPipe();
        HandleLease writer = context.LeaseRegistered(pipe.Writer);
        writer.Dispose();
        pipe.Writer.Dispose();
        using HandleLease reader = context.LeaseRegistered(pipe.Reader);
        using BufferLease buffer = context.PinRegistered(new byte[16]);
        context.Submit(Iocb.Read(reader, buffer, 16));
        Assert.Equal(0, context.ReapOne().Result);
    }

    [Theory, CombinatorialLanes]
    public void More_than_there_are_places_and_what_cannot_be_registered_are_plain(Lane lane)
    {
        using AsyncCallRuntime runtime = lane.NewRuntime();
        using AsyncCallContext context = runtime.CreateContext();
        using SafeFileHandle file = NewFile(out byte[] data);
        var leases = new List<HandleLease>();
        for (int i = 0; i < 1_030; i++)
        {
            leases.Add(context.LeaseRegistered(file));
        }

        Assert.False(leases[^1].IsRegistered);
        byte[] memory = new byte[BlockBytes];
        using BufferLease buffer = context.PinRegistered(memory);
        context.Submit(Iocb.Read(leases[^1], buffer, BlockBytes, 0));
        Assert.Equal(BlockBytes, context.ReapOne().Result);
        Assert.True(memory.AsSpan().SequenceEqual(data.AsSpan(0, BlockBytes)));
        leases.ForEach(lease => lease.Dispose());
        using (HandleLease again = context.LeaseRegistered(file))
        {
            Assert.Equal(IsNative(lane, runtime), again.IsRegistered);
        }

        using var socket = new System.Net.Sockets.Socket(System.Net.Sockets.SocketType.Stream, System.Net.Sockets.ProtocolType.Tcp);
        using HandleLease plain = context.LeaseRegistered(socket.SafeHandle);
        Assert.False(plain.IsRegistered);
        using BufferLease empty = context.PinRegistered(Memory<byte>.Empty);
        Assert.False(empty.IsRegistered);
    }

    [Fact]
    public void What_was_registered_outlives_the_runtime_without_harm()
    {
        AsyncCallRuntime runtime = Lane.NativeNoInline.NewRuntime();
        AsyncCallContext context = runtime.CreateContext();
        using SafeFileHandle file = NewFile(out _);
        HandleLease lease = context.LeaseRegistered(file);
        BufferLease buffer = context.PinRegistered(new byte[16]);
        context.Dispose();
        runtime.Dispose();
        lease.Dispose();
        buffer.Dispose();
        Assert.False(file.IsClosed);
    }

    private static bool IsNative(Lane lane, AsyncCallRuntime runtime) => lane is Lane.Native or Lane.NativeNoInline && runtime.Capabilities.IoUring.Available;

    private static SafeFileHandle NewFile(out byte[] data)
    {
        data = RandomNumberGenerator.GetBytes(2 * BlockBytes);
        string path = Path.GetTempFileName();
        SafeFileHandle file = File.OpenHandle(path, FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite | FileShare.Delete);
        RandomAccess.Write(file, data, 0);
        File.Delete(path);
        return file;
    }
}
