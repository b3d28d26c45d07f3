using AsyncCalls.Backends.IoUring;
using AsyncCalls.Interop.Linux;

namespace AsyncCalls.Runtime.Tests;

/// <summary>What is found out about io_uring once, what is known to be defective, what is required, and what is allowed.</summary>
public sealed class ProbingTests
{
    private const string Defective = "5.15.1";

    [Fact]
    public void The_kernel_is_asked_once_in_a_process()
    {
        using AsyncCallRuntime first = Lane.Native.NewRuntime();
        Assert.SkipUnless(first.Capabilities.IoUring.Available, first.Capabilities.IoUring.Reason);
        object known = IoUringFacts.Kernel!;
        using AsyncCallRuntime second = Lane.Native.NewRuntime();
        Assert.True(second.Capabilities.IoUring.Available);
        Assert.Same(known, IoUringFacts.Kernel);
        Assert.Null(IoUringFacts.Refusal);
    }

    [Theory]
    [InlineData("6.18.44-fc-v669", 6, 18, 44)]
    [InlineData("5.15.3", 5, 15, 3)]
    [InlineData("5.14", 5, 14, 0)]
    [InlineData("6.1-rc7", 6, 1, 0)]
    [InlineData("4.18.0-553.el8_10.x86_64", 4, 18, int.MaxValue)]
    [InlineData("5.15.0-91-generic", 5, 15, int.MaxValue)]
    [InlineData("5.15.0-rc7", 5, 15, 0)]
    [InlineData("5.14.20-200.fc34.x86_64", 5, 14, 20)]
    public void A_release_begins_with_its_numbers(string release, int major, int minor, int build) =>
        Assert.Equal(new Version(major, minor, build), KernelDefects.Parse(release));

    [Theory]
    [InlineData("")]
    [InlineData("5")]
    [InlineData("generic")]
    [InlineData("99999999999.1.1")]
    public void A_release_without_numbers_has_no_known_defects(string release)
    {
        Assert.Null(KernelDefects.Parse(release));
        Assert.Empty(KernelDefects.Of(release));
    }

    /// <summary>Both sides of each border; the releases of distributions that do not tell their fixes count as the last of their series.</summary>
    [Theory]
    [InlineData("5.10.200", false)]
    [InlineData("5.11.0", true)]
    [InlineData("5.13.0-52-generic", true)]
    [InlineData("5.14.18", true)]
    [InlineData("5.14.19", false)]
    [InlineData("5.14.0-503.el9.x86_64", false)]
    [InlineData("5.15.2", true)]
    [InlineData("5.15.3", false)]
    [InlineData("5.15.0-91-generic", false)]
    [InlineData("6.18.44", false)]
    public void Releases_that_lose_writes_are_known(string release, bool loses) =>
        Assert.Equal(loses, KernelDefects.Of(release).Any(static defect => defect.Opcode is null));

    [Theory]
    [InlineData("5.15.89", true)]
    [InlineData("5.15.90", false)]
    [InlineData("5.19.0-46-generic", true)]
    [InlineData("6.1.0", false)]
    public void Releases_whose_close_goes_wrong_are_known(string release, bool goesWrong) =>
        Assert.Equal(goesWrong, KernelDefects.Of(release).Any(static defect => defect.Opcode == IoUringConstants.OpClose));

    [Fact]
    public void Every_known_defect_has_releases_a_symptom_and_a_source() => Assert.All(
        KernelDefects.All,
        static defect =>
        {
            Assert.True(defect.From < defect.Before);
            Assert.NotEmpty(defect.Symptom);
            Assert.NotEmpty(defect.Source);
        });

    [Fact]
    public async Task A_kernel_that_loses_writes_is_not_used_unless_that_is_asked_for()
    {
        await using AsyncCallRuntime runtime = Lane.NativeNoInline.NewRuntime(static options => options.KernelRelease = Defective);
        Assert.False(runtime.Capabilities.IoUring.Available);
        Assert.Contains("MDEV-26674", runtime.Capabilities.IoUring.Reason, StringComparison.Ordinal);
        Assert.Contains("IgnoreKernelDefects", runtime.Capabilities.IoUring.Reason, StringComparison.Ordinal);
        await runtime.NopAsync().Bound();
        AsyncCallStatistics statistics = runtime.GetStatistics();
        Assert.Equal((0, 1), (statistics.CompletedByIoUring, statistics.CompletedByEpoll + statistics.CompletedByWorkers));

        await using AsyncCallRuntime ignoring = Lane.NativeNoInline.NewRuntime(static options => (options.KernelRelease, options.IgnoreKernelDefects) = (Defective, true));
        await using AsyncCallRuntime here = Lane.Native.NewRuntime();
        Assert.Equal(here.Capabilities.IoUring, ignoring.Capabilities.IoUring);
    }

    [Fact]
    public async Task An_operation_that_goes_wrong_is_not_io_urings()
    {
        await using AsyncCallRuntime runtime = Lane.Native.NewRuntime(static options => (options.KernelRelease, options.NativeFirst) = ("5.15.50", true));
        Assert.SkipUnless(runtime.Capabilities.IoUring.Available, runtime.Capabilities.IoUring.Reason);
        CallRoute close = runtime.Capabilities.Routes.Single(static route => route.Operation == CallOperation.Close);
        Assert.Equal("workers", close.Backend);
        Assert.Contains("defective", close.Reason, StringComparison.Ordinal);
        Assert.Equal("io_uring", runtime.Capabilities.Routes.Single(static route => route.Operation == CallOperation.Sync).Backend);
    }

    [Fact]
    public void A_backend_that_is_required_and_not_there_fails_the_start_with_what_to_change()
    {
        NotSupportedException refused = Assert.Throws<NotSupportedException>(
            static () => Lane.Native.NewRuntime(static options => (options.KernelRelease, options.RequiredBackends) = (Defective, AsyncCallBackends.IoUring)));
        Assert.Contains("io_uring is required", refused.Message, StringComparison.Ordinal);
        Assert.Contains("MDEV-26674", refused.Message, StringComparison.Ordinal);
        Assert.Contains("AsyncCallOptions.RequiredBackends", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_backend_that_is_required_and_there_is_used()
    {
        using AsyncCallRuntime here = Lane.Native.NewRuntime();
        Assert.SkipUnless(here.Capabilities.IoUring.Available, here.Capabilities.IoUring.Reason);
        await using AsyncCallRuntime runtime = Lane.NativeNoInline.NewRuntime(static options => options.RequiredBackends = AsyncCallBackends.IoUring);
        await runtime.NopAsync().Bound();
        Assert.Equal(1, runtime.GetStatistics().CompletedByIoUring);
    }

    [Fact]
    public void To_require_what_is_not_allowed_is_a_wrong_setting()
    {
        var options = new AsyncCallOptions { Backends = AsyncCallBackends.WorkersOnly, RequiredBackends = AsyncCallBackends.IoUring };
        Assert.Contains("RequiredBackends", Assert.Single(options.Validate()), StringComparison.Ordinal);
        Assert.Throws<ArgumentException>(() => new AsyncCallRuntime(options));
    }

    [Fact]
    public void Each_row_of_the_routing_table_says_where_it_goes_here_and_why()
    {
        using AsyncCallRuntime workers = Lane.Workers.NewRuntime();
        Assert.All(workers.Capabilities.Routes, static route => Assert.Equal("workers", route.Backend));
        CallRoute read = workers.Capabilities.Routes.Single(static route => route is { Operation: CallOperation.ReadAt, Handle: "file" });
        Assert.Equal("RWF_NOWAIT", read.AtOnce);
        Assert.Contains("not available", read.Reason, StringComparison.Ordinal);

        using AsyncCallRuntime native = Lane.NativeNoInline.NewRuntime();
        Assert.SkipUnless(native.Capabilities.IoUring.Available, native.Capabilities.IoUring.Reason);
        read = native.Capabilities.Routes.Single(static route => route is { Operation: CallOperation.ReadAt, Handle: "file" });
        Assert.Equal(("io_uring", "", ""), (read.Backend, read.AtOnce, read.Reason));
        CallRoute write = native.Capabilities.Routes.Single(static route => route is { Operation: CallOperation.WriteAt, Handle: "file" });
        Assert.Equal("workers", write.Backend);
        Assert.Contains("kernel's own worker threads", write.Reason, StringComparison.Ordinal);
    }

    /// <summary>Poll goes to io_uring and may; a read of a pipe would, and may not.</summary>
    [Fact]
    public async Task Operations_that_are_not_allowed_go_to_workers()
    {
        await using AsyncCallRuntime runtime = Lane.NativeNoInline.NewRuntime(static options => options.AllowedIoUringOperations = [CallOperation.Poll]);
        Assert.SkipUnless(runtime.Capabilities.IoUring.Available, runtime.Capabilities.IoUring.Reason);
        using var pipe = new TestPipe();
        Native.WriteAll(pipe.Writer, [7]);
        using AsyncCallContext context = runtime.CreateContext();
        using HandleLease lease = context.Lease(pipe.Reader);
        context.Submit(Iocb.Poll(lease, PollIn));
        context.ReapOne();
        Assert.Equal((1, 0), (runtime.GetStatistics().CompletedByIoUring, runtime.GetStatistics().CompletedByWorkers));
        Assert.Equal(1, await runtime.ReadAsync(pipe.Reader, new byte[8]).Bound());
        Assert.Equal((1, 1), (runtime.GetStatistics().CompletedByIoUring, runtime.GetStatistics().CompletedByWorkers));

        // What the runtime itself needs is allowed: a parked call is cancelled, and one ends at its deadline.
        CallId parked = context.Submit(Iocb.Poll(lease, PollIn));
        Bounded.Until(() => runtime.PendingCalls.Any(static call => call.State == PendingCallState.Running), "the poll is parked");
        context.Cancel(parked);
        Assert.Equal(-Errno.ECANCELED, context.ReapOne().Result);
        Iocb timed = Iocb.Poll(lease, PollIn);
        timed.Timeout = TimeSpan.FromMilliseconds(20);
        context.Submit(timed);
        Assert.Equal(-Errno.ETIME, context.ReapOne().Result);
    }

    /// <summary>The kernel refuses, whatever the routing thinks.</summary>
    [Fact]
    public unsafe void The_kernel_refuses_what_is_not_allowed()
    {
        using IoUringQueues? queues = IoUringSetup.TryCreate(new IoUringRequest(8) { Allowed = [CallOperation.Poll] }, out IoUringOperations operations, out string reason);
        Assert.SkipWhen(queues is null, reason);
        Assert.True(operations.Has(IoUringConstants.OpPollAdd));
        Assert.False(operations.Has(IoUringConstants.OpRead));
        Assert.Equal(0, Try(IoUringConstants.OpNop));
        Assert.Equal(-Errno.EACCES, Try(IoUringConstants.OpFSync));
        Assert.Equal(-Errno.EACCES, Try(IoUringConstants.OpOpenAt));

        int Try(byte opcode)
        {
            IoUringSqe* sqe = queues.TryNextSqe();
            sqe->Opcode = opcode;
            sqe->Fd = -1;
            Assert.True(queues.Enter(minComplete: 1) >= 0);
            Assert.True(queues.TryTakeCompletion(out IoUringCqe completion));
            return completion.Result;
        }
    }

    private const short PollIn = 1;
}
