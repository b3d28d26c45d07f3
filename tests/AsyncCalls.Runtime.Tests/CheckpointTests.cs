using System.Runtime.InteropServices;
using System.Text;
using Microsoft.Win32.SafeHandles;

namespace AsyncCalls.Runtime.Tests;

/// <summary>Calls that a context had not finished, stored, and submitted again elsewhere.</summary>
public sealed class CheckpointTests : IDisposable
{
    private const long Ecanceled = 125;

    private readonly string _folder = Directory.CreateTempSubdirectory().FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    /// <summary>Reads and writes parked on FIFOs: the reads find their data, and the writes write what they were to write, in another runtime.</summary>
    [Theory, CombinatorialLanes]
    public async Task Parked_calls_are_stored_and_submitted_again(Lane lane)
    {
        string input = NewFifo("in"), output = NewFifo("out");
        using SafeFileHandle inputEnd = Open(input), outputEnd = Open(output);
        CallCheckpoint checkpoint;
        using (AsyncCallRuntime runtime = lane.NewRuntime())
        using (AsyncCallContext context = runtime.CreateContext())
        {
            using SafeFileHandle reader = Open(input), writer = Open(output);
            FillUp(outputEnd);
            using HandleLease from = context.Lease(reader), to = context.Lease(writer);
            using BufferLease buffer = context.Pin(new byte[100]);
            byte[] data = Encoding.UTF8.GetBytes("what was to be written");
            using BufferLease written = context.Pin(data);
            Assert.Equal(3, context.Submit([Iocb.Read(from, buffer, 7).With(11), Iocb.Write(to, written, data.Length).With(12), Iocb.Nop().With(13)]));
            checkpoint = await context.CheckpointAsync(Bounded.Limit).Bound();

            // Each call has completed here, once.
            Dictionary<ulong, long> results = context.ReapExactly(3).ToDictionary(completion => completion.Cookie, completion => completion.Result);
            Assert.Equal(new Dictionary<ulong, long> { [11] = -Ecanceled, [12] = -Ecanceled, [13] = 0 }, results);
            Array.Clear(data);
        }

        CallCheckpoint loaded = StoreAndLoad(checkpoint);
        Assert.Equal([11ul, 12ul], loaded.Calls.Select(call => call.Cookie).Order());
        Assert.Equal([input, output], loaded.Handles.Select(handle => handle.Path).Order());
        Assert.All(loaded.Calls, call => Assert.Equal((CheckpointStatus.Restorable, "Submit"), (call.Status, call.Method)));

        using AsyncCallRuntime other = lane.NewRuntime();
        using AsyncCallContext restored = other.CreateContext();
        var opened = new List<SafeHandle>();
        IReadOnlyList<RestoredCall> calls = restored.Restore(loaded, handle =>
        {
            SafeFileHandle again = Open(handle.Path!);
            opened.Add(again);
            return again;
        });
        Assert.Equal(2, opened.Count);
        Assert.All(calls, call => Assert.Null(call.NotSubmitted));
        Native.WriteAll(inputEnd, "through"u8);
        byte[] rest = [];
        while (!Encoding.UTF8.GetString(rest).EndsWith("what was to be written", StringComparison.Ordinal))
        {
            rest = Native.ReadOnce(outputEnd, 1 << 20);
        }

        Assert.Equal([(11ul, 7L), (12ul, 22L)], restored.ReapExactly(2).Select(completion => (completion.Cookie, completion.Result)).Order());
        Assert.Equal("through"u8, calls.Single(call => call.Call.Cookie == 11).Buffer.Span);
        opened.ForEach(handle => handle.Dispose());
    }

    [Theory, CombinatorialLanes]
    public async Task Restored_calls_do_what_was_left(Lane lane)
    {
        using var pipe = new TestPipe();
        using AsyncCallRuntime runtime = lane.NewRuntime();
        using AsyncCallContext context = runtime.CreateContext();
        CallCheckpoint checkpoint;
        using (HandleLease from = context.Lease(pipe.Reader))
        using (BufferLease buffer = context.Pin(new byte[16]))
        {
            context.Submit(Iocb.Read(from, buffer, 5).With(1));
            checkpoint = StoreAndLoad(await context.CheckpointAsync(Bounded.Limit).Bound());
            context.ReapExactly(1);
        }

        Assert.Null(Assert.Single(checkpoint.Handles).Path);
        RestoredCall restored = Assert.Single(context.Restore(checkpoint, _ => pipe.Reader));
        Native.WriteAll(pipe.Writer, "hello, world"u8.ToArray());
        CompletionEvent completion = context.ReapOne();
        Assert.Equal((1ul, 5L, restored.Id.Value), (completion.Cookie, completion.Result, completion.CallId));
        Assert.Equal("hello"u8, restored.Buffer.Span[..5]);
    }

    [Theory, CombinatorialLanes]
    public async Task A_write_carries_its_data(Lane lane)
    {
        using var pipe = new TestPipe();
        using AsyncCallRuntime runtime = lane.NewRuntime();
        using AsyncCallContext context = runtime.CreateContext();
        FillUp(pipe.Writer);
        byte[] data = [.. Enumerable.Range(0, 200).Select(i => (byte)i)];
        CallCheckpoint checkpoint;
        using (HandleLease to = context.Lease(pipe.Writer))
        using (BufferLease buffer = context.Pin(data))
        {
            context.Submit(Iocb.Write(to, buffer, 200).With(9));
            checkpoint = StoreAndLoad(await context.CheckpointAsync(Bounded.Limit).Bound());
            context.ReapExactly(1);
        }

        byte[] expected = [.. data];
        Array.Clear(data);
        using var target = new TestPipe();
        context.Restore(checkpoint, _ => target.Writer);
        Assert.Equal(200, context.ReapOne().Result);
        Assert.Equal(expected, Native.ReadOnce(target.Reader, 300));
    }

    [Theory, CombinatorialLanes]
    public async Task What_cannot_be_restored_is_listed_with_its_reason(Lane lane)
    {
        await using AsyncCallRuntime runtime = lane.NewRuntime();
        using AsyncCallContext context = runtime.CreateContext();
        using var pipe = new TestPipe();
        using var gate = new ManualResetEventSlim();
        using var running = new ManualResetEventSlim();
        Task body = context.Runtime.RunAsync(_ =>
        {
            running.Set();
            gate.Wait(Bounded.Limit);
        }).AsTask();
        Assert.True(running.Wait(Bounded.Limit));
        nint memory = Marshal.AllocHGlobal(8);
        try
        {
            context.Submit(Iocb.Syscall(Blocks.ReadNumber, pipe.Reader.DangerousGetHandle(), memory, 8).With(1));
            SubmitUnsafeRead(context, pipe, memory);
            CallCheckpoint checkpoint = StoreAndLoad(await context.CheckpointAsync(TimeSpan.FromMilliseconds(50)).Bound());
            Assert.Equal([1ul, 2ul], context.ReapExactly(2).Select(completion => completion.Cookie).Order());
            Assert.Equal(3, checkpoint.Calls.Count);
            Assert.All(checkpoint.Calls, call => Assert.Equal(CheckpointStatus.NotRestorable, call.Status));
            Assert.Contains("still runs", checkpoint.Calls.Single(call => call.Operation == CallOperation.Body).Reason, StringComparison.Ordinal);
            Assert.Contains("addresses", checkpoint.Calls.Single(call => call.Operation == CallOperation.Syscall).Reason, StringComparison.Ordinal);
            Assert.Contains("number", checkpoint.Calls.Single(call => call.Operation == CallOperation.Read).Reason, StringComparison.Ordinal);
            Assert.All(context.Restore(checkpoint, _ => throw new InvalidOperationException("Nothing is to be opened.")), call => Assert.NotNull(call.NotSubmitted));
            Assert.DoesNotContain(context.PendingCalls, call => call.Operation != CallOperation.Body);
        }
        finally
        {
            gate.Set();
            Bounded.Until(() => context.Reap(new CompletionEvent[4]) >= 0 && body.IsCompleted, "the body has ended");
            Marshal.FreeHGlobal(memory);
        }
    }

    /// <summary>An open that had begun may have made its file: it is told, and submitted again only on demand.</summary>
    [Theory, CombinatorialLanes]
    public async Task What_may_have_had_effects_is_not_submitted_silently(Lane lane)
    {
        string fifo = NewFifo("blocking");
        using AsyncCallRuntime runtime = lane.NewRuntime();
        using AsyncCallContext context = runtime.CreateContext();
        using BufferLease path = context.Pin(Encoding.UTF8.GetBytes(fifo + '\0'));
        context.Submit(Iocb.OpenAt(null, path, Native.WriteOnly).With(5));
        await Bounded.UntilAsync(() => context.PendingCalls.SingleOrDefault() is { State: PendingCallState.Running }, "the open waits for a reader");
        CallCheckpoint checkpoint = StoreAndLoad(await context.CheckpointAsync(TimeSpan.FromMilliseconds(20)).Bound());
        Assert.Equal(-Ecanceled, context.ReapOne().Result);
        CheckpointedCall call = Assert.Single(checkpoint.Calls);
        Assert.Equal((CheckpointStatus.MayHaveHadEffects, fifo), (call.Status, call.Path));

        Assert.NotNull(Assert.Single(context.Restore(checkpoint, _ => null)).NotSubmitted);
        Assert.Null(Assert.Single(context.Restore(checkpoint, _ => null, withEffects: true)).NotSubmitted);
        using SafeFileHandle reader = Open(fifo);
        using var made = new SafeFileHandle((nint)context.ReapOne().Result, ownsHandle: true);
        Assert.False(made.IsInvalid);
    }

    [Fact]
    public async Task A_handle_that_is_not_opened_again_leaves_its_calls_out()
    {
        using AsyncCallRuntime runtime = new();
        using AsyncCallContext context = runtime.CreateContext();
        using var pipe = new TestPipe();
        using HandleLease from = context.Lease(pipe.Reader);
        using BufferLease buffer = context.Pin(new byte[16]);
        context.Submit(Iocb.Read(from, buffer, 5).With(1));
        CallCheckpoint checkpoint = await context.CheckpointAsync(Bounded.Limit).Bound();
        context.ReapExactly(1);
        Assert.Contains("not opened", Assert.Single(context.Restore(checkpoint, _ => null)).NotSubmitted, StringComparison.Ordinal);
        Assert.Equal(0, context.InFlight);
    }

    [Theory]
    [InlineData("")]
    [InlineData("null")]
    [InlineData("[]")]
    [InlineData("""{"Version":2,"Handles":[],"Calls":[]}""")]
    [InlineData("""{"Version":1,"Handles":[],"Calls":[],"More":1}""")]
    [InlineData("""{"Version":1,"Handles":[],"Calls":[{"Status":"Restorable","Operation":"Read","Method":"m","Length":5}]}""")]
    [InlineData("""{"Version":1,"Handles":[],"Calls":[{"Status":"Restorable","Operation":"Read","Method":"m","Length":5,"Handle":3}]}""")]
    [InlineData("""{"Version":1,"Handles":[{"Number":3,"Access":"Read","Direct":false}],"Calls":[{"Status":"Restorable","Operation":"Read","Method":"m","Length":-5,"Handle":3}]}""")]
    [InlineData("""{"Version":1,"Handles":[{"Number":3,"Access":"Read","Direct":false}],"Calls":[{"Status":"Restorable","Operation":"Write","Method":"m","Length":5,"Handle":3,"Data":"AA=="}]}""")]
    [InlineData("""{"Version":1,"Handles":[],"Calls":[{"Status":"Restorable","Operation":"Syscall","Method":"m"}]}""")]
    [InlineData("""{"Version":1,"Handles":[],"Calls":[{"Status":"Restorable","Operation":"OpenAt","Method":"m"}]}""")]
    public void What_is_no_checkpoint_is_refused(string text) =>
        Assert.Throws<InvalidDataException>(() => CallCheckpoint.Load(new MemoryStream(Encoding.UTF8.GetBytes(text))));

    private static unsafe void SubmitUnsafeRead(AsyncCallContext context, TestPipe pipe, nint memory) =>
        context.Submit(Iocb.UnsafeRead((int)pipe.Reader.DangerousGetHandle(), (void*)memory, 8).With(2));

    private static CallCheckpoint StoreAndLoad(CallCheckpoint checkpoint)
    {
        using var stored = new MemoryStream();
        checkpoint.Save(stored);
        stored.Position = 0;
        CallCheckpoint loaded = CallCheckpoint.Load(stored);
        Assert.Equal(checkpoint.Calls.Count, loaded.Calls.Count);
        return loaded;
    }

    private static void FillUp(SafeFileHandle writer)
    {
        int fd = (int)writer.DangerousGetHandle();
        int flags = Native.fcntl(fd, 3, 0);
        Assert.Equal(0, Native.fcntl(fd, 4, flags | TestPipe.NonBlock));
        while (Native.WriteOnce(writer, new byte[4096]) > 0)
        {
        }

        Assert.Equal(0, Native.fcntl(fd, 4, flags));
    }

    private string NewFifo(string name)
    {
        string path = Path.Combine(_folder, name);
        Assert.Equal(0, Native.mkfifo(path, 0x180));
        return path;
    }

    /// <summary>Both directions at once: it does not wait for another end.</summary>
    private static SafeFileHandle Open(string fifo) => Native.OpenFile(fifo, Native.ReadWrite);
}
