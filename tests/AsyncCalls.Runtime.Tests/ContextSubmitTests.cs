using System.Runtime.InteropServices;
using System.Text;
using Microsoft.Win32.SafeHandles;

namespace AsyncCalls.Runtime.Tests;

/// <summary>What a context takes and what it refuses, and where completions go.</summary>
public sealed unsafe class ContextSubmitTests
{
    private const int Enoent = 2;
    private const int Ebadf = 9;
    private const int Enosys = 38;
    private const int Ecanceled = 125;

    private const int RecordOffset = 88;

    /// <summary>Each malformed in one way, and a word that its refusal must contain.</summary>
    public static TheoryData<string, string> Malformed { get; } = new()
    {
        { "flag 7", "flags" },
        { "flag 31", "flags" },
        { "a negative time", "time" },
        { "a time of 50 days", "time" },
        { "reserved 80", "reserved" },
        { "reserved 87", "reserved" },
        { "reserved 104", "reserved" },
        { "reserved 127", "reserved" },
        { "operation 57", "Operation 57" },
        { "operation 2^24", "Operation" },
        { "operation body", "Operation" },
        { "operation import", "Operation" },
        { "count beyond buffer", "leave the buffer" },
        { "count negative", "negative" },
        { "handle of another context", "another" },
        { "buffer of another context", "another" },
        { "ended handle", "ended" },
        { "ended buffer", "ended" },
        { "ended record", "ended" },
        { "handle zero", "handle" },
        { "buffer as handle", "not a handle" },
        { "handle as buffer", "not a buffer" },
        { "record as buffer", "not a buffer" },
        { "handle as record", "not a record" },
        { "record without cookie", "cookie" },
        { "path without end", "zero byte" },
        { "path empty", "zero byte" },
        { "close of a lease", "closed by disposing" },
    };

    [Theory, MemberData(nameof(Malformed))]
    public void A_malformed_block_is_refused_first_with_its_error_and_later_by_the_count(string what, string told)
    {
        using AsyncCallRuntime runtime = Lane.Workers.NewRuntime();
        using AsyncCallContext context = runtime.CreateContext();
        using AsyncCallContext other = runtime.CreateContext();
        using var pipe = new TestPipe();
        Iocb bad = Make(what, context, other, pipe.Writer);

        var ids = new CallId[3];
        ArgumentException refusal = Assert.Throws<ArgumentException>(() => context.Submit([bad, Iocb.Nop()], ids));
        Assert.Contains(told, refusal.Message, StringComparison.OrdinalIgnoreCase);
        Assert.Throws<ArgumentException>(() => context.Submit(bad));
        if (!what.Contains("record", StringComparison.Ordinal) || what.Contains("cookie", StringComparison.Ordinal) || what.Contains("buffer", StringComparison.Ordinal))
        {
            // One call at once uses no record, and does not look at it.
            Assert.Throws<ArgumentException>(() => context.Call(bad));
        }

        Assert.All(ids, id => Assert.Equal(0ul, id.Value));
        Assert.Equal(0, context.InFlight);

        Assert.Equal(2, context.Submit([Iocb.Nop().With(1), Iocb.Nop().With(2), bad, Iocb.Nop().With(4)], new CallId[4]));
        Assert.Equal([1ul, 2ul], context.ReapExactly(2).Select(completion => completion.Cookie).Order());
        context.AssertQuiet();
        Assert.Equal(1, context.Submit([Iocb.Nop().With(1), bad]));
        Assert.Equal(1ul, context.ReapOne().Cookie);
        context.AssertQuiet();
        context.Dispose();

        // The refused block holds nothing: the pipe's end closes with its handle.
        other.Dispose();
        pipe.Writer.Dispose();
        Assert.True(pipe.Writer.IsClosed);
        Assert.Equal(0, Native.ReadSome(pipe.Reader, stackalloc byte[1]));
    }

    private static Iocb Make(string what, AsyncCallContext context, AsyncCallContext other, SafeFileHandle file)
    {
        HandleLease handle = context.Lease(file);
        BufferLease buffer = context.Pin(new byte[16]);
        BufferLease path = context.Pin("/etc/passwd"u8.ToArray());
        CompletionRecord record = context.CreateRecord();
        Iocb good = Iocb.Write(handle, buffer, 16, 0);
        switch (what)
        {
            case "flag 7":
                return good.WithByte(4, 1 << 7);
            case "flag 31":
                return good.WithByte(7, 1 << 7);
            case "a negative time":
                good.Timeout = TimeSpan.FromMilliseconds(-2);
                return good;
            case "a time of 50 days":
                good.Timeout = TimeSpan.FromDays(50);
                return good;
            case "reserved 80":
                return good.WithByte(80, 1);
            case "reserved 87":
                return good.WithByte(87, 0x80);
            case "reserved 104":
                return good.WithByte(104, 1);
            case "reserved 127":
                return good.WithByte(127, 0x80);
            case "operation 57":
                return good.WithByte(0, 57);
            case "operation 2^24":
                return Iocb.Nop().WithByte(3, 1);
            case "operation body":
                return good.WithByte(0, 11);
            case "operation import":
                return good.WithByte(0, 12);
            case "count beyond buffer":
                return Iocb.Write(handle, buffer, 17);
            case "count negative":
                return Iocb.Write(handle, buffer, -1);
            case "handle of another context":
                return Iocb.Write(other.Lease(file), buffer, 1);
            case "buffer of another context":
                return Iocb.Write(handle, other.Pin(new byte[16]), 1);
            case "ended handle":
                handle.Dispose();
                return good;
            case "ended buffer":
                buffer.Dispose();
                return good;
            case "ended record":
                record.Dispose();
                return Iocb.Nop().With(1, record: record.Id);
            case "handle zero":
                return Iocb.Write(handle, buffer, 1).WithHandle(0);
            case "buffer as handle":
                return good.WithHandle(buffer.Id);
            case "handle as buffer":
                return good.WithBuffer(handle.Id);
            case "record as buffer":
                return good.WithBuffer(record.Id);
            case "handle as record":
                return Iocb.Nop().With(1, record: handle.Id);
            case "record without cookie":
                return Iocb.Nop().With(0, record: record.Id);
            case "path without end":
                return Iocb.OpenAt(null, path, 0);
            case "path empty":
                return Iocb.OpenAt(null, context.Pin(Memory<byte>.Empty), 0);
            case "close of a lease":
                return Iocb.UnsafeClose(0).WithByte(4, 0).WithHandle(handle.Id);
            default:
                throw new ArgumentException(what);
        }
    }

    [Fact]
    public void The_block_is_laid_out_as_the_tests_above_take_it()
    {
        Assert.Equal(128, sizeof(Iocb));
        Iocb block = Iocb.Nop().With(0, record: 0x55);
        Assert.Equal(0x55, MemoryMarshal.AsBytes(new Span<Iocb>(ref block))[RecordOffset]);
    }

    [Fact]
    public void Too_few_places_for_ids_are_refused_before_anything_is_accepted()
    {
        using var runtime = new AsyncCallRuntime();
        using AsyncCallContext context = runtime.CreateContext();
        Assert.Throws<ArgumentException>(() => context.Submit(Blocks.Nops(3), new CallId[2]));
        Assert.Equal(0, context.InFlight);
        Assert.Equal(0, context.Submit([], []));
        Assert.Equal(0, context.Submit([], new CallId[1]));

        // More are fine, and those beyond stay as they were.
        var ids = new CallId[4];
        Assert.Equal(3, context.Submit(Blocks.Nops(3), ids));
        Assert.Equal(3, ids.Take(3).Distinct().Count());
        Assert.Equal(0ul, ids[3].Value);
        context.ReapExactly(3);
    }

    [Theory, CombinatorialLanes]
    public void Events_carry_cookie_operation_and_id(Lane lane)
    {
        using AsyncCallRuntime runtime = lane.NewRuntime();
        using AsyncCallContext context = runtime.CreateContext();
        using var pipe = new TestPipe();
        using HandleLease writer = context.Lease(pipe.Writer);
        using BufferLease buffer = context.Pin(new byte[7]);
        Iocb[] blocks = [Iocb.Nop().With(ulong.MaxValue), Iocb.Write(writer, buffer, 7).With(0), Iocb.FSync(writer).With(1ul << 63)];
        var ids = new CallId[3];
        Assert.Equal(3, context.Submit(blocks, ids));
        Dictionary<ulong, CompletionEvent> events = context.ReapExactly(3).ToDictionary(completion => completion.CallId);
        Assert.Equal((ulong.MaxValue, 0L, 0u), Told(events[ids[0].Value]));
        Assert.Equal((0ul, 7L, 3u), Told(events[ids[1].Value]));
        Assert.Equal((1ul << 63, -22L, 5u), Told(events[ids[2].Value]));
        context.AssertQuiet();

        static (ulong Cookie, long Result, uint Operation) Told(CompletionEvent completion) => (completion.Cookie, completion.Result, completion.Operation);
    }

    [Theory, CombinatorialLanes]
    public void A_block_is_copied_and_may_be_reused_at_once(Lane lane)
    {
        using AsyncCallRuntime runtime = lane.NewRuntime();
        using AsyncCallContext context = runtime.CreateContext();
        var blocks = new Iocb[16];
        for (int round = 0; round < 20; round++)
        {
            for (int i = 0; i < blocks.Length; i++)
            {
                blocks[i] = Iocb.Nop().With((ulong)((round * 16) + i));
            }

            Assert.Equal(16, context.Submit(blocks));
            blocks.AsSpan().Fill(Iocb.Nop().WithByte(127, 9).With(ulong.MaxValue));
        }

        Assert.Equal(Enumerable.Range(0, 320).Select(number => (ulong)number), context.ReapExactly(320).Select(completion => completion.Cookie).Order());
    }

    [Theory, CombinatorialLanes]
    public void A_completion_goes_to_the_ring_its_record_both_or_nobody(Lane lane)
    {
        using AsyncCallRuntime runtime = lane.NewRuntime();
        using AsyncCallContext context = runtime.CreateContext();
        using var pipe = new TestPipe();
        using HandleLease writer = context.Lease(pipe.Writer);
        using BufferLease buffer = context.Pin(new byte[8]);
        using CompletionRecord alone = context.CreateRecord();
        using CompletionRecord both = context.CreateRecord();
        Assert.False(alone.IsCompleted);
        Iocb[] blocks =
        [
            Iocb.Write(writer, buffer, 1).With(11),
            Iocb.Write(writer, buffer, 2).With(12, IocbFlags.NoEvent, alone.Id),
            Iocb.Write(writer, buffer, 3).With(13, IocbFlags.None, both.Id),
            Iocb.Write(writer, buffer, 4).With(14, IocbFlags.NoEvent),
        ];
        Assert.Equal(4, context.Submit(blocks));
        CompletionEvent[] events = [.. context.ReapExactly(2).OrderBy(completion => completion.Cookie)];
        Assert.Equal([(11ul, 1L), (13ul, 3L)], events.Select(completion => (completion.Cookie, completion.Result)));

        // The record was written before the event was published.
        Assert.Equal((13ul, 3L), (both.Cookie, both.Result));
        Bounded.Until(() => alone.IsCompleted, "the record alone is filled");
        Assert.Equal((12ul, 2L), (alone.Cookie, alone.Result));

        // Nobody hears of the last one, and it was made all the same.
        Bounded.Until(() => context.InFlight == 0, "all have completed");
        Assert.Equal(10, Native.ReadSome(pipe.Reader, stackalloc byte[32]));
        context.AssertQuiet();

        // Once more, with an error.
        alone.Reset();
        Assert.False(alone.IsCompleted);
        Assert.NotEqual(0ul, context.Submit(Iocb.UnsafeRead(-1, null, 0).With(99, IocbFlags.NoEvent, alone.Id)).Value);
        Bounded.Until(() => alone.IsCompleted, "the record is filled again");
        Assert.Equal((99ul, (long)-Ebadf), (alone.Cookie, alone.Result));
        context.AssertQuiet();
    }

    [Theory, CombinatorialLanes]
    public void When_every_slot_is_taken_it_accepts_what_it_can_and_goes_on_after_reaping(Lane lane)
    {
        using AsyncCallRuntime runtime = lane.NewRuntime(options => options.MaxInFlight = 4);
        using AsyncCallContext context = runtime.CreateContext(2);
        using var pipe = new TestPipe();
        using HandleLease reader = context.Lease(pipe.Reader);
        using BufferLease buffer = context.Pin(new byte[8]);
        Iocb[] reads = [.. Enumerable.Range(1, 6).Select(number => Iocb.Read(reader, buffer, 1).With((ulong)number))];
        var ids = new CallId[6];
        Assert.Equal(4, context.Submit(reads, ids));
        Assert.Equal(4, context.InFlight);
        Assert.Equal(0ul, ids[4].Value);
        Assert.Equal(0, context.Submit(reads.AsSpan(4), ids.AsSpan(4)));
        Assert.Equal(0ul, context.Submit(Iocb.Nop()).Value);
        Assert.Equal(4, context.InFlight);

        Native.WriteAll(pipe.Writer, [1, 2]);
        CompletionEvent[] first = context.ReapExactly(2);
        Assert.All(first, completion => Assert.Equal(1, completion.Result));

        // Who has seen the event may use the slot.
        Assert.Equal(2, context.Submit(reads.AsSpan(4), ids.AsSpan(4)));
        Assert.Equal(0ul, context.Submit(Iocb.Nop()).Value);
        Native.WriteAll(pipe.Writer, [1, 2, 3, 4]);
        CompletionEvent[] rest = context.ReapExactly(4);
        Assert.Equal(ids.Select(id => id.Value).Order(), first.Concat(rest).Select(completion => completion.CallId).Order());
        Assert.Equal(6, ids.Distinct().Count());
        context.AssertQuiet();
    }

    [Fact]
    public void A_refusal_for_want_of_a_slot_gives_back_what_the_block_names()
    {
        using AsyncCallRuntime runtime = Lane.Workers.NewRuntime(options => options.MaxInFlight = 1);
        using AsyncCallContext context = runtime.CreateContext();
        using var parked = new TestPipe();
        CallId id = Park(context, parked);
        using var pipe = new TestPipe();
        var owner = new CountingMemory(16);
        HandleLease writer = context.Lease(pipe.Writer);
        BufferLease buffer = context.Pin(owner.Memory);
        using CompletionRecord record = context.CreateRecord();
        for (int i = 0; i < 100; i++)
        {
            Assert.Equal(0, context.Submit([Iocb.Write(writer, buffer, 1).With(1, record: record.Id)]));
        }

        writer.Dispose();
        buffer.Dispose();
        Assert.Equal(0, owner.Pins);
        pipe.Writer.Dispose();
        Assert.Equal(0, Native.ReadSome(pipe.Reader, stackalloc byte[1]));
        Assert.False(record.IsCompleted);
        Assert.Contains(context.Cancel(id), (CancelOutcome[])[CancelOutcome.InProgress, CancelOutcome.Cancelled]);
        Assert.Equal(-Ecanceled, context.ReapOne().Result);
        context.AssertQuiet();
    }

    [Theory, CombinatorialLanes]
    public void A_system_call_by_number_gives_the_kernels_answer(Lane lane)
    {
        using AsyncCallRuntime runtime = lane.NewRuntime();
        using AsyncCallContext context = runtime.CreateContext();
        Assert.Equal(3, context.Submit(
        [
            Iocb.Syscall(Blocks.GetPid).With(1),
            Iocb.Syscall(Blocks.CloseNumber, -1).With(2),
            Iocb.Syscall(100_000, 1, 2, 3, 4, 5, 6).With(3),
        ]));
        CompletionEvent[] events = [.. context.ReapExactly(3).OrderBy(completion => completion.Cookie)];
        Assert.Equal([Environment.ProcessId, -Ebadf, -Enosys], events.Select(completion => completion.Result));
        Assert.All(events, completion => Assert.Equal(13u, completion.Operation));
        Assert.Equal(Environment.ProcessId, context.Call(Iocb.Syscall(Blocks.GetPid)));
        Assert.Equal(-Ebadf, context.Call(Iocb.Syscall(Blocks.CloseNumber, -1)));
        Assert.Equal(-Enosys, context.Call(Iocb.Syscall(-1)));
    }

    [Theory, CombinatorialLanes]
    public void A_system_call_that_blocks_can_be_cancelled(Lane lane)
    {
        using AsyncCallRuntime runtime = lane.NewRuntime();
        using AsyncCallContext context = runtime.CreateContext();
        using var pipe = new TestPipe();
        byte* memory = stackalloc byte[8];
        for (int i = 0; i < 20; i++)
        {
            CallId id = context.Submit(Iocb.Syscall(Blocks.ReadNumber, pipe.Reader.DangerousGetHandle(), (nint)memory, 8).With(5));
            if (i % 2 == 0)
            {
                Bounded.Until(() => runtime.Engine.InFlight.Find(id.Value) is { IsRunning: true }, "a worker has the call");
            }

            Assert.Contains(context.Cancel(id), (CancelOutcome[])[CancelOutcome.InProgress, CancelOutcome.Cancelled]);
            CompletionEvent completion = context.ReapOne();
            Assert.Equal((5ul, (long)-Ecanceled, id.Value), (completion.Cookie, completion.Result, completion.CallId));
            Assert.Equal(CancelOutcome.NotFound, context.Cancel(id));
        }

        // The pipe is as it was.
        Native.WriteAll(pipe.Writer, [42]);
        Assert.Equal(1, context.Call(Iocb.Syscall(Blocks.ReadNumber, pipe.Reader.DangerousGetHandle(), (nint)memory, 8)));
        Assert.Equal(42, memory[0]);
    }

    [Theory, CombinatorialLanes]
    public void A_file_is_opened_by_path_and_its_descriptor_is_the_callers(Lane lane)
    {
        using AsyncCallRuntime runtime = lane.NewRuntime();
        using AsyncCallContext context = runtime.CreateContext();
        string name = Path.GetTempFileName();
        try
        {
            using BufferLease path = context.Pin(Encoding.UTF8.GetBytes(name + "\0rubbish"));
            using BufferLease missing = context.Pin(Encoding.UTF8.GetBytes(name + "-not-there\0"));
            Assert.Equal(2, context.Submit([Iocb.OpenAt(null, path, Native.ReadWrite).With(1), Iocb.OpenAt(null, missing, 0).With(2)]));
            CompletionEvent[] events = [.. context.ReapExactly(2).OrderBy(completion => completion.Cookie)];
            Assert.Equal(-Enoent, events[1].Result);
            int fd = (int)events[0].Result;
            Assert.True(fd >= 0);
            Assert.Equal(1, Native.fcntl(fd, Native.GetDescriptorFlags, 0));
            byte* text = stackalloc byte[] { 7, 8 };
            Assert.Equal(2, context.Call(Iocb.UnsafeWrite(fd, text, 2, 0)));
            context.Submit(Iocb.UnsafeClose(fd).With(3));
            Assert.Equal(0, context.ReapOne().Result);
            Assert.Equal([7, 8], File.ReadAllBytes(name));
        }
        finally
        {
            File.Delete(name);
        }
    }

    /// <summary>"Gone whatever the result": also when it is cancelled while it waits for a worker.</summary>
    [Theory, CombinatorialLanes]
    public void A_close_that_is_cancelled_closes_all_the_same(Lane lane)
    {
        using AsyncCallRuntime runtime = lane.NewRuntime(options => options.MaxWorkers = 1);
        using AsyncCallContext context = runtime.CreateContext();
        using var pipe = new TestPipe();
        using var busy = new TestPipe();
        int writer = Native.fcntl((int)pipe.Writer.DangerousGetHandle(), 0, 0);
        Assert.True(writer >= 0);
        byte* memory = stackalloc byte[1];
        CallId first = context.Submit(Iocb.Syscall(Blocks.ReadNumber, busy.Reader.DangerousGetHandle(), (nint)memory, 1).With(1));
        Bounded.Until(() => runtime.Engine.InFlight.Find(first.Value) is { IsRunning: true }, "the only worker is busy");
        CallId close = context.Submit(Iocb.UnsafeClose(writer).With(2));
        context.Cancel(close);
        Native.WriteAll(busy.Writer, [1]);
        context.ReapExactly(2);

        // The pipe has no writer left once the other descriptor is closed too.
        pipe.Writer.Dispose();
        Assert.True(Native.IsReadable(pipe.Reader) || HungUp(pipe.Reader), "The descriptor that was to be closed is still open.");
    }

    [Fact]
    public void A_disposed_context_runtime_or_handle_refuses()
    {
        var runtime = new AsyncCallRuntime();
        AsyncCallContext context = runtime.CreateContext();
        AsyncCallContext left = runtime.CreateContext();
        var pipe = new TestPipe();
        pipe.Dispose();
        Assert.Throws<ObjectDisposedException>(() => context.Lease(pipe.Reader));

        context.Dispose();
        Assert.Throws<ObjectDisposedException>(() => context.Submit(Iocb.Nop()));
        Assert.Throws<ObjectDisposedException>(() => context.Submit([], []));
        Assert.Throws<ObjectDisposedException>(() => context.Call(Iocb.Nop()));
        Assert.Throws<ObjectDisposedException>(() => context.Reap(new CompletionEvent[1]));
        Assert.Throws<ObjectDisposedException>(() => context.TryPop(out _));
        Assert.Throws<ObjectDisposedException>(() => context.TryArm(1));
        Assert.Throws<ObjectDisposedException>(() => context.WaitAll([], TimeSpan.Zero));
        Assert.Throws<ObjectDisposedException>(() => context.Handle);
        Assert.Throws<ObjectDisposedException>(() => context.Pin(new byte[1]));
        Assert.Throws<ObjectDisposedException>(() => context.CreateRecord());
        Assert.Throws<ObjectDisposedException>(() => { _ = context.Runtime.NopAsync().AsTask(); });
        Assert.Equal(0, context.InFlight);
        Assert.Equal(CancelOutcome.NotFound, context.Cancel(new CallId(1 << 20)));

        runtime.Dispose();
        Assert.Throws<ObjectDisposedException>(() => left.Submit(Iocb.Nop()));
        Assert.Throws<ObjectDisposedException>(() => left.Submit(Blocks.Nops(3)));
        Assert.Throws<ObjectDisposedException>(() => runtime.CreateContext());
        Assert.Equal(0, left.InFlight);
        left.Dispose();
    }

    [Theory, CombinatorialLanes]
    public void Raw_descriptors_and_addresses_work_unsafely(Lane lane)
    {
        using AsyncCallRuntime runtime = lane.NewRuntime();
        using AsyncCallContext context = runtime.CreateContext();
        using var pipe = new TestPipe();
        byte* memory = stackalloc byte[] { 1, 2, 3, 0, 0, 0 };
        context.Submit(Iocb.UnsafeWrite((int)pipe.Writer.DangerousGetHandle(), memory, 3));
        Assert.Equal(3, context.ReapOne().Result);
        context.Submit(Iocb.UnsafeRead((int)pipe.Reader.DangerousGetHandle(), memory + 3, 3));
        Assert.Equal(3, context.ReapOne().Result);
        Assert.Equal([1, 2, 3, 1, 2, 3], new ReadOnlySpan<byte>(memory, 6).ToArray());
        context.Submit(Iocb.UnsafeRead((int)pipe.Writer.DangerousGetHandle(), memory, 3));
        Assert.Equal(-Ebadf, context.ReapOne().Result);
    }

    private static bool HungUp(SafeHandle handle)
    {
        var entry = new Native.PollEntry { Fd = (int)handle.DangerousGetHandle(), Events = Native.PollIn };
        return Native.poll(&entry, 1, 0) == 1;
    }

    private static CallId Park(AsyncCallContext context, TestPipe pipe)
    {
        using HandleLease reader = context.Lease(pipe.Reader);
        using BufferLease buffer = context.Pin(new byte[1]);
        CallId id = context.Submit(Iocb.Read(reader, buffer, 1).With(77));
        Assert.NotEqual(0ul, id.Value);
        return id;
    }
}
