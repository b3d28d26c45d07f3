using System.Diagnostics;
using System.Runtime.CompilerServices;
using Microsoft.Win32.SafeHandles;

namespace AsyncCalls.Runtime.Tests;

/// <summary>The end of contexts, and of what their calls use.</summary>
public sealed class ContextLifetimeTests
{
    private const int Ecanceled = 125;

    [Theory, CombinatorialLanes]
    public async Task Dispose_twice_and_from_many_threads_is_one_dispose(Lane lane)
    {
        await using AsyncCallRuntime runtime = lane.NewRuntime();
        AsyncCallContext idle = runtime.CreateContext();
        Bounded.OnThreads(4, _ => idle.Dispose());
        AsyncCallContext busy = runtime.CreateContext();
        using var pipe = new TestPipe();
        for (int i = 0; i < 8; i++)
        {
            Park(busy, pipe, IocbFlags.None);
        }

        Bounded.OnThreads(4, number =>
        {
            if (number % 2 == 0)
            {
                busy.Dispose();
            }
            else
            {
                busy.DisposeAsync().AsTask().Wait(Bounded.Limit);
            }

            Assert.Equal(0, busy.InFlight);
        });
        await busy.DisposeAsync().Bound();
        busy.Dispose();
        busy.Runtime.Dispose();

        // Others of the same runtime go on.
        using AsyncCallContext other = runtime.CreateContext();
        other.Submit(Iocb.Nop());
        other.ReapOne();
        await runtime.NopAsync();
    }

    [Theory, CombinatorialLanes]
    public void Parked_reads_are_cancelled_and_their_records_say_so(Lane lane)
    {
        using AsyncCallRuntime runtime = lane.NewRuntime();
        AsyncCallContext context = runtime.CreateContext(2);
        using var pipe = new TestPipe();
        using HandleLease reader = context.Lease(pipe.Reader);
        using BufferLease buffer = context.Pin(new byte[1]);
        CompletionRecord[] records = [.. Enumerable.Range(0, 20).Select(_ => context.CreateRecord())];
        Iocb[] reads = [.. records.Select(record => Iocb.Read(reader, buffer, 1).With(3, record.Id % 2 == 0 ? IocbFlags.NoEvent : IocbFlags.None, record.Id))];
        Assert.Equal(20, context.Submit(reads));
        context.Dispose();
        Assert.Equal(0, context.InFlight);
        Assert.All(records, record => Assert.Equal((3ul, (long)-Ecanceled), (record.Cookie, record.Result)));
        pipe.Reader.Dispose();
        Assert.True(pipe.Reader.IsClosed);
        Assert.Equal(-1, Native.WriteOnce(pipe.Writer, [1]));
    }

    [Theory, CombinatorialLanes]
    public void Dispose_from_a_completion_works(Lane lane)
    {
        using AsyncCallRuntime runtime = lane.NewRuntime();
        foreach (bool parked in (bool[])[false, true])
        {
            AsyncCallContext context = runtime.CreateContext();
            using var pipe = new TestPipe();
            if (parked)
            {
                Park(context, pipe, IocbFlags.None);
            }

            int resumedOn = 0;
            Task awaiter = Await();
            Bounded.Until(() => context.Ring.Count == 1, "the no-op has completed");
            Assert.Throws<ObjectDisposedException>(() => context.Reap(new CompletionEvent[4], 1, Bounded.Limit));
            Assert.True(awaiter.IsCompletedSuccessfully, awaiter.Exception?.ToString() ?? "It did not resume in Reap.");
            Assert.Equal(Environment.CurrentManagedThreadId, resumedOn);
            Assert.Equal(0, context.InFlight);

            async Task Await()
            {
                await context.Runtime.NopAsync();
                resumedOn = Environment.CurrentManagedThreadId;
                context.Dispose();
            }
        }
    }

    [Theory, CombinatorialLanes]
    public async Task Dispose_waits_for_a_body_and_ends_what_may_never_end(Lane lane)
    {
        await using AsyncCallRuntime runtime = lane.NewRuntime();
        AsyncCallContext context = runtime.CreateContext();
        using var pipe = new TestPipe();
        using var running = new ManualResetEventSlim();
        using var gate = new ManualResetEventSlim();
        Task body = context.Runtime.RunAsync(_ =>
        {
            running.Set();
            Assert.True(gate.Wait(Bounded.Limit));
        }).AsTask();
        Task<nint> read = context.Runtime.ReadAsync(pipe.Reader, new byte[1]).AsTask();
        Assert.True(running.Wait(Bounded.Limit));
        Task disposing = context.DisposeAsync().AsTask();

        // The read has ended and the body has not.
        await Bounded.UntilAsync(() => context.InFlight == 1, "the read was cancelled");
        Assert.False(disposing.IsCompleted);
        Assert.False(body.IsCompleted);
        Assert.Throws<ObjectDisposedException>(() => context.Submit(Iocb.Nop()));
        gate.Set();
        await disposing.Bound();
        await body.Bound();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => read.Bound());
    }

    /// <summary>Dispose gives up waiting; the awaiter is not given up.</summary>
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task An_awaiter_whose_call_outlives_the_drain_timeout_resumes_later(bool ownRing)
    {
        await using AsyncCallRuntime runtime = Lane.Workers.NewRuntime(options => options.DrainTimeout = TimeSpan.FromMilliseconds(1));
        using var ring = new CompletionRing(4);
        AsyncCallContext context = ownRing ? runtime.CreateContext() : runtime.CreateContext(ring);
        using var running = new ManualResetEventSlim();
        using var gate = new ManualResetEventSlim();
        Task body = context.Runtime.RunAsync(_ =>
        {
            running.Set();
            Assert.True(gate.Wait(Bounded.Limit));
        }).AsTask();
        Assert.True(running.Wait(Bounded.Limit));
        await context.DisposeAsync().Bound();
        Assert.False(body.IsCompleted);
        gate.Set();
        await body.WaitAsync(TimeSpan.FromSeconds(3));
    }

    [Theory, CombinatorialLanes]
    public async Task Dispose_cancels_twins_that_wait_for_a_slot(Lane lane)
    {
        await using AsyncCallRuntime runtime = lane.NewRuntime(options => (options.MaxInFlight, options.DrainTimeout) = (1, TimeSpan.FromMilliseconds(500)));
        using var pipe = new TestPipe();
        using var cancel = new CancellationTokenSource();
        Task<nint> others = runtime.ReadAsync(pipe.Reader, new byte[1], cancel.Token).AsTask();
        AsyncCallContext context = runtime.CreateContext();
        Task waiting = context.Runtime.NopAsync().AsTask();
        Assert.Equal(1, context.InFlight);
        Stopwatch watch = Stopwatch.StartNew();
        await context.DisposeAsync().Bound();
        Assert.True(watch.Elapsed < TimeSpan.FromMilliseconds(500), "Dispose waited for a call that has not begun, behind a call that is not its own.");
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => waiting.WaitAsync(TimeSpan.FromSeconds(3)));
        await cancel.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => others.Bound());
    }

    [Theory, CombinatorialLanes]
    public void Submitting_that_races_with_dispose_is_accepted_and_completed_or_refused(Lane lane)
    {
        using AsyncCallRuntime runtime = lane.NewRuntime();
        using var pipe = new TestPipe();
        for (int round = 0; round < 15; round++)
        {
            using var ring = new CompletionRing(4);
            AsyncCallContext context = runtime.CreateContext(ring);
            CompletionRecord[][] records = [.. Enumerable.Range(0, 3).Select(_ => Enumerable.Range(0, 64).Select(_ => context.CreateRecord()).ToArray())];
            using HandleLease reader = context.Lease(pipe.Reader);
            using BufferLease buffer = context.Pin(new byte[8]);
            int[] accepted = new int[3];
            int begun = 0;
            Bounded.OnThreads(4, number =>
            {
                if (number == 3)
                {
                    Bounded.Spin(() => Volatile.Read(ref begun) > 5, "calls come");
                    context.Dispose();
                    return;
                }

                try
                {
                    for (int i = 0; i < 64; i += 2)
                    {
                        ulong cookie = (ulong)i + 1;
                        accepted[number] += context.Submit(
                        [
                            Iocb.Nop().With(cookie, IocbFlags.NoEvent, records[number][i].Id),
                            Iocb.Read(reader, buffer, 8).With(cookie + 1, IocbFlags.NoEvent, records[number][i + 1].Id),
                        ]);
                        Interlocked.Increment(ref begun);
                    }
                }
                catch (ObjectDisposedException)
                {
                    // Nothing of this batch was accepted, nor is anything later.
                    Assert.Throws<ObjectDisposedException>(() => context.Submit(Iocb.Nop()));
                }
                catch (ArgumentException)
                {
                    // Its leases have ended with the context.
                }
            });
            Assert.Equal(0, context.InFlight);
            for (int number = 0; number < 3; number++)
            {
                for (int i = 0; i < 64; i++)
                {
                    Assert.Equal(i < accepted[number], records[number][i].IsCompleted);
                }
            }
        }
    }

    [Theory, CombinatorialLanes]
    public void A_buffer_stays_pinned_until_its_call_has_completed(Lane lane)
    {
        using AsyncCallRuntime runtime = lane.NewRuntime();
        using AsyncCallContext context = runtime.CreateContext();
        using var pipe = new TestPipe();
        using HandleLease reader = context.Lease(pipe.Reader);
        var memory = new CountingMemory(4);
        BufferLease buffer = context.Pin(memory.Memory);
        Assert.Equal(2, context.Submit([Iocb.Read(reader, buffer, 4), Iocb.Read(reader, buffer, 4)]));
        buffer.Dispose();
        buffer.Dispose();
        Assert.Equal(1, memory.Pins);
        Assert.Throws<ArgumentException>(() => context.Submit(Iocb.Read(reader, buffer, 4)));
        Native.WriteAll(pipe.Writer, [1, 2, 3, 4]);
        Assert.Equal(4, context.ReapOne().Result);
        Assert.Equal(1, memory.Pins);
        Native.WriteAll(pipe.Writer, [5, 6, 7, 8]);
        Assert.Equal(4, context.ReapOne().Result);
        Bounded.Until(() => memory.Pins == 0, "the memory is unpinned, by another thread than the one that completes calls");
        Assert.Equal([5, 6, 7, 8], memory.GetSpan().ToArray());
    }

    [Theory, CombinatorialLanes]
    public void A_descriptor_stays_open_until_its_call_has_completed(Lane lane)
    {
        using AsyncCallRuntime runtime = lane.NewRuntime();
        using AsyncCallContext context = runtime.CreateContext();
        using var pipe = new TestPipe();
        int fd = (int)pipe.Reader.DangerousGetHandle();
        HandleLease reader = context.Lease(pipe.Reader);
        using BufferLease buffer = context.Pin(new byte[1]);
        context.Submit(Iocb.Read(reader, buffer, 1));
        pipe.Reader.Dispose();
        reader.Dispose();
        reader.Dispose();
        bool open = Native.fcntl(fd, Native.GetDescriptorFlags, 0) != -1;
        Assert.True(open || context.InFlight == 0, "The descriptor was closed under the call.");
        Native.WriteOnce(pipe.Writer, [1]);

        // Cancelled where the disposed handle was found before the data came.
        Assert.Contains(context.ReapOne().Result, (long[])[1, -Ecanceled]);
        Bounded.Until(() => Native.WriteOnce(pipe.Writer, [1]) == -1, "the descriptor is closed");

        // A lease alone keeps the number too, though nothing new can be done with the handle.
        var other = new TestPipe();
        using HandleLease lease = context.Lease(other.Reader);
        other.Reader.Dispose();
        Native.WriteAll(other.Writer, [7]);
        Assert.Throws<ObjectDisposedException>(() => context.Call(Iocb.Read(lease, buffer, 1)));
        Assert.Throws<ObjectDisposedException>(() => context.Submit(Iocb.Read(lease, buffer, 1)));
        lease.Dispose();
        Assert.Equal(-1, Native.WriteOnce(other.Writer, [1]));
        other.Dispose();
    }

    [Theory, CombinatorialLanes]
    public void Dispose_ends_leases_that_nobody_ended(Lane lane)
    {
        using AsyncCallRuntime runtime = lane.NewRuntime();
        AsyncCallContext context = runtime.CreateContext();
        using var pipe = new TestPipe();
        var memory = new CountingMemory(4);
        HandleLease reader = context.Lease(pipe.Reader);
        BufferLease buffer = context.Pin(memory.Memory);
        context.Submit(Iocb.Read(reader, buffer, 1));
        pipe.Reader.Dispose();
        context.Dispose();
        Assert.Equal(0, memory.Pins);
        Bounded.Until(() => Native.WriteOnce(pipe.Writer, [1]) == -1, "the descriptor is closed");
        reader.Dispose();
        buffer.Dispose();
    }

    /// <summary>The ring is the caller's before, during and after the context: what it holds is for the caller to reap.</summary>
    [Theory, CombinatorialLanes]
    public void Disposing_a_context_leaves_the_events_in_a_ring_of_the_callers(Lane lane)
    {
        using AsyncCallRuntime runtime = lane.NewRuntime();
        using var ring = CompletionRing.Create(new CompletionRingOptions { Entries = 4, Shared = true });
        AsyncCallContext context = runtime.CreateContext(ring);
        using var pipe = new TestPipe();
        context.Submit(Blocks.Nops(6));
        Park(context, pipe, IocbFlags.None);
        context.Dispose();
        Assert.False(ring.IsClosed);
        var events = new CompletionEvent[8];
        int taken = 0;
        while (ring.Reap(events.AsSpan(taken)) is > 0 and int more)
        {
            taken += more;
        }

        Assert.Equal([1ul, 2ul, 3ul, 4ul, 5ul, 6ul, 77ul], events.Take(taken).Select(completion => completion.Cookie).Order());

        // And it serves another context.
        using AsyncCallContext next = runtime.CreateContext(ring);
        next.Submit(Iocb.Nop().With(8));
        Assert.Equal(8ul, next.ReapOne().Cookie);
    }

    [Fact]
    public void Memory_of_the_callers_is_free_when_context_and_ring_are_disposed()
    {
        using var runtime = new AsyncCallRuntime();
        var memory = new CountingMemory(CompletionRing.GetRequiredBytes(4));
        CompletionRing ring = CompletionRing.Create(memory.Memory, 4);
        AsyncCallContext context = runtime.CreateContext(ring);
        context.Submit(Blocks.Nops(9));
        context.ReapExactly(9);
        context.Dispose();
        Assert.Equal(1, memory.Pins);
        ring.Dispose();
        Assert.Equal(0, memory.Pins);
    }

    [Fact]
    public void Twins_are_refused_on_a_ring_that_processes_share()
    {
        using var runtime = new AsyncCallRuntime();
        using var ring = CompletionRing.Create(new CompletionRingOptions { Shared = true });
        using AsyncCallContext context = runtime.CreateContext(ring);
        Assert.Throws<InvalidOperationException>(() => context.Runtime);
        context.Submit(Iocb.Nop().With(1));
        Assert.Equal(1ul, context.ReapOne().Cookie);
        using CompletionRing attached = CompletionRing.Attach(ring.SharedMemory!);
        Assert.Throws<ArgumentException>(() => runtime.CreateContext(attached));
    }

    [Fact]
    public void Ids_of_leases_never_come_back()
    {
        using var runtime = new AsyncCallRuntime();
        var seen = new HashSet<ulong>();
        for (int i = 0; i < 50; i++)
        {
            using AsyncCallContext context = runtime.CreateContext(2);
            using BufferLease buffer = context.Pin(new byte[1]);
            using CompletionRecord record = context.CreateRecord();
            Assert.True(seen.Add(buffer.Id) && seen.Add(record.Id));
        }
    }

    private static void Park(AsyncCallContext context, TestPipe pipe, IocbFlags flags)
    {
        using HandleLease reader = context.Lease(pipe.Reader);
        using BufferLease buffer = context.Pin(new byte[1]);
        Assert.NotEqual(0ul, context.Submit(Iocb.Read(reader, buffer, 1).With(77, flags)).Value);
    }
}

/// <summary>What contexts cost the process: these tests count for all of it.</summary>
[Collection(ProcessWide.Name)]
public sealed unsafe class ProcessWideContextTests
{
    private const int CachedBytes = 4_096;

    [Fact]
    public void Ten_thousand_contexts_open_no_descriptor()
    {
        using AsyncCallRuntime runtime = Lane.Workers.NewRuntime();
        using SafeFileHandle file = File.OpenHandle("/proc/self/cmdline");
        int before = ProcessWide.Descriptors().Count;
        Stopwatch watch = Stopwatch.StartNew();
        for (int i = 0; i < 10_000; i++)
        {
            using AsyncCallContext context = runtime.CreateContext(4);
            Assert.Equal(Environment.ProcessId, context.Call(Iocb.Syscall(Blocks.GetPid)));
            if (i % 1_000 == 0)
            {
                Assert.True(ProcessWide.Descriptors().Count <= before);
            }
        }

        Assert.True(watch.Elapsed < TimeSpan.FromSeconds(5), $"10,000 contexts took {watch.Elapsed}.");
        Assert.True(ProcessWide.Descriptors().Count <= before);
    }

    [Fact]
    public void Contexts_that_were_dropped_are_collected()
    {
        using AsyncCallRuntime runtime = Lane.Workers.NewRuntime();
        WeakReference[] dropped = Drop(runtime);
        GC.Collect();
        GC.WaitForPendingFinalizers();
        GC.Collect();
        Assert.True(dropped.Count(reference => reference.IsAlive) < 10, "Contexts that nobody holds stay.");

        [MethodImpl(MethodImplOptions.NoInlining)]
        static WeakReference[] Drop(AsyncCallRuntime runtime) => [.. Enumerable.Range(0, 100).Select(_ =>
        {
            AsyncCallContext context = runtime.CreateContext();
            context.Submit(Iocb.Nop());
            context.ReapOne();
            return new WeakReference(context);
        })];
    }

    [Fact]
    public void One_call_at_once_gives_what_the_system_call_gives()
    {
        using var runtime = new AsyncCallRuntime();
        using AsyncCallContext context = runtime.CreateContext();
        string name = Path.GetTempFileName();
        try
        {
            File.WriteAllBytes(name, [.. Enumerable.Range(0, 100).Select(i => (byte)i)]);
            using SafeFileHandle file = File.OpenHandle(name, FileMode.Open, FileAccess.ReadWrite);
            int fd = (int)file.DangerousGetHandle();
            using HandleLease lease = context.Lease(file);
            byte[] mine = new byte[64];
            byte[] raw = new byte[64];
            using BufferLease buffer = context.Pin(mine);
            byte* stack = stackalloc byte[64];
            foreach ((int count, long offset) in ((int, long)[])[(64, 0), (64, 60), (64, 100), (0, 0), (10, -5), (64, long.MaxValue)])
            {
                long expected;
                fixed (byte* start = raw)
                {
                    expected = Native.pread(fd, start, (nuint)count, offset);
                    expected = expected < 0 ? -System.Runtime.InteropServices.Marshal.GetLastPInvokeError() : expected;
                }

                Assert.Equal(expected, context.Call(Iocb.Read(lease, buffer, count, offset)));
                Assert.Equal(raw, mine);
                Assert.Equal(expected, context.Call(Iocb.UnsafeRead(fd, stack, (nuint)count, offset)));
                Assert.Equal(raw, new ReadOnlySpan<byte>(stack, 64).ToArray());
                new Span<byte>(stack, 64).Clear();
                mine.AsSpan().Clear();
                raw.AsSpan().Clear();
            }

            // Cookie, record and flags of the completion have no meaning, and there is no event.
            Assert.Equal(0, context.Call(Iocb.FSync(lease).With(5, IocbFlags.NoEvent)));
            Assert.Equal(0, context.Call(Iocb.FTruncate(lease, 10)));
            Assert.Equal(10, RandomAccess.GetLength(file));
            Assert.Equal(-22, context.Call(Iocb.FTruncate(lease, -1)));
            Assert.Equal(0, context.Call(Iocb.FAllocate(lease, 0, 0, 8_192)));
            Assert.Equal(8_192, RandomAccess.GetLength(file));
            Assert.Equal(0, context.Call(Iocb.Nop()));
            context.AssertQuiet();
        }
        finally
        {
            File.Delete(name);
        }
    }

    [Fact]
    public void One_call_at_once_allocates_nothing()
    {
        const int Calls = 10_000;
        using var runtime = new AsyncCallRuntime();
        using AsyncCallContext context = runtime.CreateContext();
        string name = Path.GetTempFileName();
        try
        {
            File.WriteAllBytes(name, new byte[CachedBytes]);
            using SafeFileHandle file = File.OpenHandle(name);
            using HandleLease lease = context.Lease(file);
            using BufferLease buffer = context.Pin(new byte[CachedBytes]);
            long sum = Run(context, lease, buffer, file, 100);
            long before = GC.GetAllocatedBytesForCurrentThread();
            sum = Run(context, lease, buffer, file, Calls);
            Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
            Assert.Equal(2L * Calls * CachedBytes, sum);
        }
        finally
        {
            File.Delete(name);
        }

        static long Run(AsyncCallContext context, HandleLease lease, BufferLease buffer, SafeFileHandle file, int calls)
        {
            long sum = 0;
            byte* stack = stackalloc byte[CachedBytes];
            for (int i = 0; i < calls; i++)
            {
                sum += context.Call(Iocb.Read(lease, buffer, CachedBytes, 0));
                sum += context.Call(Iocb.UnsafeRead((int)file.DangerousGetHandle(), stack, CachedBytes, 0));
            }

            return sum;
        }
    }
}
