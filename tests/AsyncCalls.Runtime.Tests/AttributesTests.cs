using System.Runtime.InteropServices;
using AsyncCalls.Backends.IoUring;
using AsyncCalls.Calls;
using AsyncCalls.CompilerServices;
using AsyncCalls.Interop.Linux;
using Microsoft.Win32.SafeHandles;

namespace AsyncCalls.Runtime.Tests;

/// <summary>What calls are made with, and that each path tells what of it it honoured.</summary>
public sealed class AttributesTests
{
    [Fact]
    public void Unknown_values_are_refused_where_they_are_given()
    {
        Assert.Throws<ArgumentOutOfRangeException>(static () => new CallAttributes { TransferFlags = (TransferFlags)0x100 });
        Assert.Throws<ArgumentOutOfRangeException>(static () => new CallAttributes { Priority = new IoPriority((IoPriorityClass)4) });
        Assert.Throws<ArgumentOutOfRangeException>(static () => new CallAttributes { Priority = new IoPriority(IoPriorityClass.BestEffort, 8) });
        Assert.Throws<ArgumentOutOfRangeException>(static () => new CallAttributes { Priority = new IoPriority(IoPriorityClass.Idle, 1) });
        Assert.Throws<ArgumentOutOfRangeException>(static () => new CallAttributes { Integrity = new CallIntegrity(new byte[8], (IntegrityChecks)8) });
        Assert.Equal((ushort)0x4005, new IoPriority(IoPriorityClass.BestEffort, 5).Encoded);
        Assert.Equal((ushort)0x6000, new IoPriority(IoPriorityClass.Idle).Encoded);
    }

    [Theory]
    [CombinatorialLanes]
    public void A_block_names_attributes_and_each_has_a_result(Lane lane)
    {
        using AsyncCallRuntime runtime = lane.NewRuntime();
        using AsyncCallContext context = runtime.CreateContext();
        using var pipe = new TestPipe();
        Native.WriteAll(pipe.Writer, [1, 2, 3]);
        using HandleLease reader = context.Lease(pipe.Reader);
        using BufferLease buffer = context.Pin(new byte[8]);
        var attributes = new CallAttributes { Priority = new IoPriority(IoPriorityClass.BestEffort, 6), TransferFlags = TransferFlags.NoWait };
        using AttributesLease named = context.Lease(attributes);
        Assert.Equal(AttributeOutcome.NotHonoured, attributes.ResultOf(CallAttribute.Priority));

        Iocb read = Iocb.Read(reader, buffer, 8);
        read.Attributes = named.Id;
        context.Submit(read);
        CompletionEvent completion = context.ReapOne();
        Assert.Equal((3L, CompletionFlags.AttributeResult), (completion.Result, completion.Flags));
        Assert.Equal(CallAttribute.Priority | CallAttribute.TransferFlags, attributes.Honoured);
        Assert.Equal(AttributeOutcome.Honoured, attributes.ResultOf(CallAttribute.TransferFlags));
        Assert.Equal(AttributeOutcome.NotHonoured, attributes.ResultOf(CallAttribute.Personality));

        // RWF_NOWAIT on an empty pipe: the answer is the system call's, on every path.
        context.Submit(read);
        Assert.Equal(-Errno.EAGAIN, context.ReapOne().Result);
        Assert.Equal(AttributeOutcome.NotHonoured, attributes.ResultOf(CallAttribute.TransferFlags));

        // Without attributes nothing travels beside the event.
        Native.WriteAll(pipe.Writer, [4]);
        read.Attributes = 0;
        context.Submit(read);
        Assert.Equal(CompletionFlags.None, context.ReapOne().Flags);
    }

    /// <summary>RWF_APPEND writes to the end whatever the offset is, RWF_DSYNC is taken: both have an effect or an error if they are lost.</summary>
    [Theory]
    [CombinatorialLanes]
    public async Task Flags_of_a_twin_reach_the_kernel(Lane lane)
    {
        await using AsyncCallRuntime runtime = lane.NewRuntime();
        string path = Path.GetTempFileName();
        try
        {
            File.WriteAllBytes(path, [1, 2, 3]);
            using (SafeFileHandle file = File.OpenHandle(path, FileMode.Open, FileAccess.ReadWrite))
            {
                var attributes = new CallAttributes { TransferFlags = TransferFlags.Append | TransferFlags.DataSync };
                await RandomAccessCalls.Write(runtime.With(new CallOptions { Attributes = attributes }), "test", file, new byte[] { 9 }, 0, default).Bound();
                Assert.Equal(CallAttribute.TransferFlags, attributes.Honoured);
            }

            Assert.Equal([1, 2, 3, 9], File.ReadAllBytes(path));
        }
        finally
        {
            File.Delete(path);
        }
    }

    [Theory]
    [CombinatorialLanes]
    public async Task What_a_path_cannot_honour_is_told(Lane lane)
    {
        await using AsyncCallRuntime runtime = lane.NewRuntime();
        using var pipe = new TestPipe();
        Native.WriteAll(pipe.Writer, [1]);

        // Integrity data needs a device that has it; a flag means nothing to a no-op.
        var attributes = new CallAttributes { TransferFlags = TransferFlags.Sync };
        await runtime.With(new CallOptions { Attributes = attributes }).NopAsync().Bound();
        Assert.Equal(CallAttribute.None, attributes.Honoured);

        var direct = new CallAttributes { Priority = new IoPriority(IoPriorityClass.BestEffort, 1) };
        Assert.Equal(1, await runtime.With(new CallOptions { Attributes = direct }).ReadAsync(pipe.Reader, new byte[8]).Bound());
        Assert.Equal(CallAttribute.Priority, direct.Honoured);
    }

    /// <summary>A worker is given the priority for the call, and has its own again afterwards.</summary>
    [Fact]
    public async Task A_worker_has_its_own_priority_back()
    {
        await using AsyncCallRuntime runtime = Lane.WorkersNoInline.NewRuntime(static options => options.MaxWorkers = 1);
        int before = await WorkerCalls.Run(runtime, "test", 0, static _ => Syscalls.GetIoPriority(), default).Bound();
        using var pipe = new TestPipe();
        Native.WriteAll(pipe.Writer, [1]);
        var attributes = new CallAttributes { Priority = new IoPriority(IoPriorityClass.Idle) };
        Assert.Equal(1, await runtime.With(new CallOptions { Attributes = attributes }).ReadAsync(pipe.Reader, new byte[8]).Bound());
        Assert.Equal(CallAttribute.Priority, attributes.Honoured);
        Assert.Equal(before, await WorkerCalls.Run(runtime, "test", 0, static _ => Syscalls.GetIoPriority(), default).Bound());
    }

    [Fact]
    public async Task Credentials_are_io_urings_alone()
    {
        await using AsyncCallRuntime runtime = Lane.NativeNoInline.NewRuntime();
        Assert.SkipUnless(runtime.Capabilities.IoUring.Available, runtime.Capabilities.IoUring.Reason);
        using CallPersonality personality = runtime.RegisterPersonality();
        Assert.NotEqual(0, personality.Id);
        var attributes = new CallAttributes { Personality = personality };
        AsyncCallRuntime view = runtime.With(new CallOptions { Attributes = attributes });
        await view.NopAsync().Bound();
        Assert.Equal(CallAttribute.Personality, attributes.Honoured);

        // fsync goes to workers by the table: with credentials it goes to io_uring.
        using AsyncCallContext context = runtime.CreateContext();
        using SafeFileHandle file = File.OpenHandle("/dev/null");
        using HandleLease lease = context.Lease(file);
        using AttributesLease named = context.Lease(attributes);
        long native = runtime.GetStatistics().CompletedByIoUring;
        Iocb sync = Iocb.FSync(lease);
        sync.Attributes = named.Id;
        context.Submit(sync);
        Assert.Equal(-Errno.EINVAL, context.ReapOne().Result);
        Assert.Equal(CallAttribute.Personality, attributes.Honoured);
        Assert.Equal(native + 1, runtime.GetStatistics().CompletedByIoUring);

        // What has no form in io_uring is never made with the credentials of the process.
        Iocb raw = Iocb.Syscall(39);
        raw.Attributes = named.Id;
        context.Submit(raw);
        Assert.Equal(-Errno.EOPNOTSUPP, context.ReapOne().Result);
        Assert.Equal(CallAttribute.None, attributes.Honoured);

        // A method neither; another runtime's are refused, and so are those that were taken back.
        Assert.Throws<ArgumentException>(() => { _ = WorkerCalls.Run(view, "test", 0, static _ => 1, default); });
        await using AsyncCallRuntime other = Lane.NativeNoInline.NewRuntime();
        Assert.Throws<ArgumentException>(() => { _ = other.With(new CallOptions { Attributes = attributes }).NopAsync(); });
        personality.Dispose();
        Assert.Throws<ObjectDisposedException>(() => { _ = view.NopAsync(); });
        Assert.Equal(0, runtime.GetStatistics().InFlight);
    }

    /// <summary>A call that would be answered at once with the credentials of the process, were it made without a look at them.</summary>
    [Fact]
    public async Task A_descriptor_that_must_not_wait_is_not_used_with_other_credentials()
    {
        await using AsyncCallRuntime runtime = Lane.Native.NewRuntime();
        Assert.SkipUnless(runtime.Capabilities.IoUring.Available, runtime.Capabilities.IoUring.Reason);
        using CallPersonality personality = runtime.RegisterPersonality();
        var attributes = new CallAttributes { Personality = personality };
        AsyncCallRuntime view = runtime.With(new CallOptions { Attributes = attributes });
        using var pipe = new TestPipe(TestPipe.NonBlock);
        Native.WriteAll(pipe.Writer, [1, 2, 3, 4]);
        Assert.Equal(-1, await view.ReadAsync(pipe.Reader, new byte[4]).Bound());

        // recv(2) of a pipe is ENOTSOCK: so much would be found out without the credentials.
        AsyncCallResult<nint> answer = await LibcCall.Begin(view, "recv", AsyncCallErrors.Result, CallOperation.Receive, default)
            .Handle(pipe.Reader).Memory(new byte[4]).Number(4).Number(0).Start().AsIntPtrResult().Bound();
        Assert.Equal((-1, Errno.EOPNOTSUPP), (answer.Value, answer.Errno));
        Assert.Equal(CallAttribute.None, attributes.Honoured);
        Assert.Equal(4, await runtime.ReadAsync(pipe.Reader, new byte[4]).Bound());
    }

    [Fact]
    public void Without_io_uring_there_are_no_credentials()
    {
        using AsyncCallRuntime runtime = Lane.Workers.NewRuntime();
        Assert.Contains("Backends", Assert.Throws<NotSupportedException>(() => runtime.RegisterPersonality()).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_block_with_attributes_of_nobody_is_refused()
    {
        using AsyncCallRuntime runtime = Lane.Workers.NewRuntime();
        using AsyncCallContext context = runtime.CreateContext();
        Iocb nop = Iocb.Nop();
        nop.Attributes = 12_345;
        Assert.Throws<ArgumentException>(() => context.Submit(nop));
        Assert.Throws<ArgumentException>(() => context.Call(nop));
        AttributesLease named = context.Lease(new CallAttributes());
        named.Dispose();
        nop.Attributes = named.Id;
        Assert.Throws<ArgumentException>(() => context.Submit(nop));
        Assert.Equal(0, runtime.GetStatistics().InFlight);
    }

    /// <summary>No disk here takes protection information: what is shown is the entry that the kernel gets, byte by byte.</summary>
    [Fact]
    public unsafe void Entries_have_attributes_where_the_kernel_looks_for_them()
    {
        using AsyncCallRuntime runtime = Lane.Workers.NewRuntime();
        byte[] tuples = new byte[16];
        var attributes = new CallAttributes
        {
            Priority = new IoPriority(IoPriorityClass.BestEffort, 3),
            TransferFlags = TransferFlags.DontCache,
            Integrity = new CallIntegrity(tuples, IntegrityChecks.Guard | IntegrityChecks.ReferenceTag, 0xABCD, 77),
        };
        IoCall call = IoCall.Rent(runtime.Owner, "test", CallManner.Import, AsyncCallErrors.ReturnValue, CallOperation.WriteAt);
        call.SetAttributes(attributes);
        IoUringSqe sqe = default;
        IoUringProtection protection = default;
        IoUringAttributes.Encode(call, &sqe, &protection, hasAttributes: true);
        byte* entry = (byte*)&sqe;
        Assert.Equal((ushort)0x4003, *(ushort*)(entry + 2));
        Assert.Equal(0x80u, *(uint*)(entry + 28));
        Assert.Equal((ulong)&protection, *(ulong*)(entry + 48));
        Assert.Equal(1ul, *(ulong*)(entry + 56));
        byte* block = (byte*)&protection;
        Assert.Equal(32, sizeof(IoUringProtection));
        Assert.Equal(((ushort)3, (ushort)0xABCD, 16u), (*(ushort*)block, *(ushort*)(block + 2), *(uint*)(block + 4)));
        Assert.Equal(((ulong)Marshal.UnsafeAddrOfPinnedArrayElement(tuples, 0), 77ul, 0ul), (*(ulong*)(block + 8), *(ulong*)(block + 16), *(ulong*)(block + 24)));

        // A kernel without it is not told of it, and the caller is.
        sqe = default;
        IoUringAttributes.Encode(call, &sqe, &protection, hasAttributes: false);
        Assert.Equal((0ul, 0ul), (sqe.AttributePointer, sqe.AttributeMask));
        call.Abandon();
        Assert.Equal(CallAttribute.None, attributes.Honoured & CallAttribute.Integrity);
    }

    /// <summary>Integrity data is pinned for each call that may use it, and unpinned when it has ended, though nobody awaits it: the record is used again and again.</summary>
    [Theory]
    [CombinatorialLanes]
    public async Task Integrity_data_of_a_block_is_pinned_as_long_as_its_call(Lane lane)
    {
        const int Calls = 20;
        await using AsyncCallRuntime runtime = lane.NewRuntime();
        using AsyncCallContext context = runtime.CreateContext();
        using SafeFileHandle file = NewFile();
        using HandleLease lease = context.Lease(file);
        using BufferLease buffer = context.Pin(new byte[512]);
        var tuples = new CountingMemory(8);
        using AttributesLease named = context.Lease(new CallAttributes { Integrity = new CallIntegrity(tuples.Memory, IntegrityChecks.All) });
        for (int i = 0; i < Calls; i++)
        {
            Iocb block = i % 2 == 0 ? Iocb.Read(lease, buffer, 512, 0) : Iocb.Nop();
            block.Attributes = named.Id;
            context.Submit(block);
            context.ReapOne();
        }

        await Bounded.UntilAsync(() => tuples.Pins == 0, "nothing is pinned");
    }

    /// <summary>No file of this machine has integrity data: the kernel refuses it, or workers cannot say it, and either is told.</summary>
    [Theory]
    [CombinatorialLanes]
    public async Task Integrity_data_that_nobody_takes_is_told(Lane lane)
    {
        await using AsyncCallRuntime runtime = lane.NewRuntime();
        using AsyncCallContext context = runtime.CreateContext();
        using SafeFileHandle file = NewFile();
        using HandleLease lease = context.Lease(file);
        using BufferLease buffer = context.Pin(new byte[512]);
        var attributes = new CallAttributes { Integrity = new CallIntegrity(new byte[8], IntegrityChecks.All) };
        using AttributesLease named = context.Lease(attributes);
        Iocb read = Iocb.Read(lease, buffer, 512, 0);
        read.Attributes = named.Id;
        context.Submit(read);
        CompletionEvent completion = context.ReapOne();
        Assert.True(completion.Result == 512 || completion.Result is -Errno.EINVAL or -Errno.EOPNOTSUPP, $"{completion.Result}");
        Assert.Equal(CompletionFlags.AttributeResult, completion.Flags);
        Assert.Equal(AttributeOutcome.NotHonoured, attributes.ResultOf(CallAttribute.Integrity));
    }

    /// <summary>A file of 4 KiB that goes with its handle.</summary>
    private static SafeFileHandle NewFile()
    {
        SafeFileHandle file = File.OpenHandle(Path.GetTempFileName(), FileMode.Create, FileAccess.ReadWrite, FileShare.None, FileOptions.DeleteOnClose);
        RandomAccess.SetLength(file, 4_096);
        return file;
    }
}
