using System.Diagnostics;
using Microsoft.Win32.SafeHandles;

namespace AsyncCalls.Runtime.Tests;

/// <summary>What races with the end of a context, and whose things are at the end.</summary>
public sealed class ContextEndTests
{
    /// <summary>The end of a context undoes pins, which runs code of the memory's owner: no lock is held meanwhile.</summary>
    [Fact]
    public void A_pin_that_the_end_undoes_may_wait_for_another_thread_that_disposes()
    {
        using AsyncCallRuntime runtime = Lane.Workers.NewRuntime();
        AsyncCallContext context = runtime.CreateContext(2);
        bool came = false;
        using var memory = new MemoryWithOwner(() => came = Task.Run(() => { _ = context.DisposeAsync().AsTask(); }).Wait(TimeSpan.FromSeconds(5)));
        _ = context.Pin(memory.Memory);
        Bounded.OnThreads(1, _ => context.Dispose());
        Assert.True(came, "A lock was held while the pin was undone.");
        Bounded.OnThreads(1, _ => context.Dispose());
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_pin_that_the_end_undoes_may_dispose_the_context(bool elsewhere)
    {
        using AsyncCallRuntime runtime = Lane.Workers.NewRuntime();
        AsyncCallContext context = runtime.CreateContext(2);
        int undone = 0;
        using var memory = new MemoryWithOwner(() =>
        {
            undone++;
            context.Dispose();
        });
        _ = context.Pin(memory.Memory);
        Bounded.OnThreads(1, _ =>
        {
            if (elsewhere)
            {
                context.DisposeAsync().AsTask().Wait(Bounded.Limit);
            }
            else
            {
                context.Dispose();
            }
        });
        Assert.Equal(1, undone);
        Assert.Throws<ObjectDisposedException>(() => context.Pin(new byte[1]));
    }

    /// <summary>A call that begins just as its context ends is refused, or found by the teardown: it is not waited for until the drain timeout.</summary>
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_call_that_begins_as_its_context_ends_is_cancelled_with_the_others(bool awaited)
    {
        using AsyncCallRuntime runtime = Lane.Workers.NewRuntime(options => (options.MaxInFlight, options.DrainTimeout) = (awaited ? 1 : 64, TimeSpan.FromMinutes(1)));
        using var pipe = new TestPipe();
        long until = Stopwatch.GetTimestamp() + (Stopwatch.Frequency * 2);
        AsyncCallContext context = runtime.CreateContext(2);
        int begun = 0;
        bool stop = false;
        Bounded.OnThreads(2, number =>
        {
            for (int round = 1; ; round++)
            {
                if (number == 0)
                {
                    Bounded.Spin(() => Volatile.Read(ref begun) == -(round - 1), "the other has submitted");
                    context.Dispose();
                    context = runtime.CreateContext(2);
                    Volatile.Write(ref stop, Stopwatch.GetTimestamp() > until);
                    Volatile.Write(ref begun, round);
                    Thread.SpinWait(round % 64);
                    context.Dispose();
                }
                else
                {
                    Bounded.Spin(() => Volatile.Read(ref begun) == round, "there is a context");
                    try
                    {
                        if (awaited)
                        {
                            // One has the slot, and the other waits for it.
                            _ = context.Runtime.ReadAsync(pipe.Reader, new byte[1]).AsTask();
                            _ = context.Runtime.ReadAsync(pipe.Reader, new byte[1]).AsTask();
                        }
                        else
                        {
                            Park(context, pipe, IocbFlags.NoEvent);
                        }
                    }
                    catch (Exception exception) when (exception is ObjectDisposedException or ArgumentException)
                    {
                        // Refused: its leases have ended with the context, or the context has.
                    }

                    Volatile.Write(ref begun, -round);
                }

                if (Volatile.Read(ref stop))
                {
                    return;
                }
            }
        });
    }

    /// <summary>What an awaiter gets at the end is its own: nobody closes it as something that nobody has reaped.</summary>
    [Theory, CombinatorialLanes]
    public async Task A_descriptor_that_an_unreaped_twin_opened_is_its_awaiters(Lane lane)
    {
        await using AsyncCallRuntime runtime = lane.NewRuntime();
        AsyncCallContext context = runtime.CreateContext();
        using BufferLease path = context.Pin("/dev/null\0"u8.ToArray());
        Assert.NotEqual(0ul, context.Submit(Iocb.OpenAt(null, path, Native.ReadOnly)).Value);
        Task<int> opened = LibcTwins.Open(context.Runtime, "open", AsyncCallErrors.ReturnValue, "/dev/null", Native.ReadOnly, 0, default).AsInt32().AsTask();
        Bounded.Until(() => context.Ring.Count == 2, "both have completed");
        context.Dispose();
        int fd = await opened.Bound();
        Assert.True(Native.fcntl(fd, Native.GetDescriptorFlags, 0) >= 0, "The awaiter got a descriptor that dispose had closed.");
        Assert.Equal(0, Native.close(fd));
    }

    /// <summary>When the end begins, not when the last call has ended; and also where the ring is the caller's and goes on.</summary>
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Who_waits_in_a_reap_or_for_the_handle_is_woken_as_the_end_begins(bool ownRing)
    {
        using AsyncCallRuntime runtime = Lane.Workers.NewRuntime(options => options.DrainTimeout = TimeSpan.FromMinutes(1));
        using var ring = new CompletionRing(4);
        AsyncCallContext context = ownRing ? runtime.CreateContext() : runtime.CreateContext(ring);
        using var running = new ManualResetEventSlim();
        using var gate = new ManualResetEventSlim();
        _ = context.Runtime.RunAsync(_ =>
        {
            running.Set();
            Assert.True(gate.Wait(Bounded.Limit));
        });
        Assert.True(running.Wait(Bounded.Limit));
        SafeFileHandle handle = context.Handle;
        using var woken = new CountdownEvent(2);
        Bounded.OnThreads(3, number =>
        {
            switch (number)
            {
                case 0:
                    Bounded.Until(() => context.Ring.HasSleeper(), "someone waits");
                    context.Dispose();
                    break;
                case 1:
                    Assert.Throws<ObjectDisposedException>(() => context.Reap(new CompletionEvent[2], 2, Timeout.InfiniteTimeSpan));
                    woken.Signal();
                    break;
                default:
                    Assert.True(Native.IsReadable(handle, timeoutMs: 10_000), "An event loop was not woken.");
                    woken.Signal();
                    Assert.True(woken.Wait(Bounded.Limit), "A reaper was not woken while the context ends.");
                    gate.Set();
                    break;
            }
        });
    }

    [Fact]
    public void A_ring_serves_one_context_at_a_time()
    {
        using var runtime = new AsyncCallRuntime();
        using var ring = new CompletionRing(4);
        AsyncCallContext context = runtime.CreateContext(ring);
        Assert.Throws<InvalidOperationException>(() => runtime.CreateContext(ring));
        Assert.Throws<InvalidOperationException>(() => runtime.CreateContext(context.Ring));
        context.Dispose();
        using AsyncCallContext next = runtime.CreateContext(ring);
        next.Submit(Iocb.Nop().With(8));
        Assert.Equal(8ul, next.ReapOne().Cookie);
        using AsyncCallContext own = runtime.CreateContext();
        Assert.Throws<InvalidOperationException>(() => runtime.CreateContext(own.Ring));
    }

    private static void Park(AsyncCallContext context, TestPipe pipe, IocbFlags flags)
    {
        using HandleLease reader = context.Lease(pipe.Reader);
        using BufferLease buffer = context.Pin(new byte[1]);
        Assert.NotEqual(0ul, context.Submit(Iocb.Read(reader, buffer, 1).With(77, flags)).Value);
    }

    /// <summary>Memory whose owner does something when its pin is undone.</summary>
    private sealed unsafe class MemoryWithOwner(Action unpinned) : System.Buffers.MemoryManager<byte>
    {
        private readonly byte[] _memory = GC.AllocateArray<byte>(16, pinned: true);

        public override Span<byte> GetSpan() => _memory;

        public override System.Buffers.MemoryHandle Pin(int elementIndex = 0) =>
            new((byte*)System.Runtime.InteropServices.Marshal.UnsafeAddrOfPinnedArrayElement(_memory, elementIndex), default, this);

        public override void Unpin() => unpinned();

        protected override void Dispose(bool disposing)
        {
        }
    }
}
