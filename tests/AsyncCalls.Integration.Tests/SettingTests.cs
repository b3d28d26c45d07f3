using AsyncCalls.CompilerServices;
using AsyncCalls.Generated;
using AsyncCalls.Integration.Tests.Subjects;
using Microsoft.Win32.SafeHandles;

namespace AsyncCalls.Integration.Tests;

/// <summary>What the attribute and the options of a call set.</summary>
public sealed class SettingTests
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(20);
    private static readonly CallOptions Short = new() { Timeout = TimeSpan.FromMilliseconds(Limited.ShortMs) };
    private static readonly CallOptions Endless = new() { Timeout = Timeout.InfiniteTimeSpan };

    [Theory, CombinatorialLanes(Portable = false)]
    public async Task The_time_of_the_method_ends_the_call(Lane lane)
    {
        await using AsyncCallRuntime runtime = lane.NewRuntime();
        (SafeFileHandle reader, SafeFileHandle writer) = Pipe();
        using (reader)
        using (writer)
        {
            await Assert.ThrowsAsync<AsyncCallTimeoutException>(() => LimitedImports.readAsync(reader, new byte[1], 1, runtime).AsTask().WaitAsync(Limit));
        }

        await Assert.ThrowsAsync<AsyncCallTimeoutException>(() => new Limited(runtime).WaitAsync().AsTask().WaitAsync(Limit));
    }

    [Theory, CombinatorialLanes]
    public async Task The_options_of_a_call_count_for_it(Lane lane)
    {
        await using AsyncCallRuntime runtime = lane.NewRuntime();
        var limited = new Limited(runtime);

        await Assert.ThrowsAsync<AsyncCallTimeoutException>(() => limited.WaitWithOptionsAsync(Short).AsTask().WaitAsync(Limit));

        using var cancel = new CancellationTokenSource();
        Task<int> waiting = limited.WaitWithOptionsAsync(default, cancel.Token).AsTask();
        await cancel.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => waiting.WaitAsync(Limit));
    }

    [Theory, CombinatorialLanes]
    public async Task A_time_that_the_caller_chose_counts_in_the_place_of_the_methods_own(Lane lane)
    {
        await using AsyncCallRuntime runtime = lane.NewRuntime();
        using var ready = new ManualResetEventSlim();
        using var never = new ManualResetEventSlim();

        Task<bool>[] waiting =
        [
            Limited.WaitForAsync(ready, runtime, Endless).AsTask(),
            Limited.WaitForAsync(ready, runtime.WithTimeout(Timeout.InfiniteTimeSpan)).AsTask(),
        ];

        // Started after the others, and it ends by the method's time: theirs has passed as well.
        await Assert.ThrowsAsync<AsyncCallTimeoutException>(() => Limited.WaitForAsync(never, runtime).AsTask().WaitAsync(Limit));
        Assert.All(waiting, task => Assert.False(task.IsCompleted));
        ready.Set();

        Assert.All(await Task.WhenAll(waiting).WaitAsync(Limit), Assert.True);
    }

    [Theory, CombinatorialLanes]
    public async Task A_required_backend_that_is_not_there_fails_the_call_at_once(Lane lane)
    {
        await using AsyncCallRuntime runtime = lane.NewRuntime();
        using var world = new World();
        SafeFileHandle file = world.Handle(World.ReadWrite);
        var limited = new Limited(runtime);
        if (runtime.Capabilities.IoUring.Available)
        {
            Assert.Equal(40, await limited.ReadNativelyAsync(file, world.Buffer, 0));
            Assert.Equal(40, (await LimitedImports.preadAsync(file, world.Buffer, 40, 0, runtime)).Value);
            return;
        }

        Action[] calls =
        [
            () => _ = limited.ReadNativelyAsync(file, world.Buffer, 0),
            () => _ = limited.ReadNativelyAsync(file, world.Buffer, 0, Short),
            () => _ = LimitedImports.preadAsync(file, world.Buffer, 40, 0, runtime),
            () => _ = runtime.With(new CallOptions { RequiredBackends = AsyncCallBackends.IoUring }),
        ];
        Assert.All(calls, call =>
        {
            NotSupportedException thrown = Assert.Throws<NotSupportedException>(call);
            Assert.Contains("io_uring", thrown.Message, StringComparison.Ordinal);
            Assert.Contains(runtime.Capabilities.IoUring.Reason, thrown.Message, StringComparison.Ordinal);
        });
        Assert.Equal(0, runtime.GetStatistics().InFlight);
    }

    [Fact]
    public async Task Views_are_remembered_and_cost_nothing()
    {
        await using var runtime = new AsyncCallRuntime();
        AsyncCallRuntime view = CallSettings.Apply(runtime, Short, timeoutMs: 7);

        Assert.Same(view, CallSettings.Apply(runtime, Short));
        Assert.Same(view, runtime.With(Short));
        Assert.Same(runtime, CallSettings.Apply(runtime));
        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int i = 0; i < 100; i++)
        {
            CallSettings.Apply(runtime, Short);
            CallSettings.Apply(runtime, timeoutMs: Limited.ShortMs);
        }

        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
    }

    [Fact]
    public async Task So_many_views_are_remembered_and_no_more()
    {
        await using var runtime = new AsyncCallRuntime();
        CallOptions[] many = [.. Enumerable.Range(1, 200).Select(ms => new CallOptions { Timeout = TimeSpan.FromMilliseconds(ms) })];

        int remembered = many.Select(runtime.With).ToArray().Zip(many.Select(runtime.With)).Count(pair => ReferenceEquals(pair.First, pair.Second));

        Assert.Equal(64, remembered);
    }

    [Fact]
    public async Task Options_are_checked()
    {
        await using var runtime = new AsyncCallRuntime();
        Assert.Throws<ArgumentOutOfRangeException>(() => runtime.With(new CallOptions { Timeout = TimeSpan.Zero }));
        Assert.Throws<ArgumentOutOfRangeException>(() => runtime.With(new CallOptions { Timeout = TimeSpan.FromDays(50) }));
        Assert.Throws<ArgumentOutOfRangeException>(() => runtime.With(new CallOptions { RequiredBackends = (AsyncCallBackends)0x40 }));
    }

    /// <summary>A host that allows io_uring what its code annotates, and nothing else, has that natively.</summary>
    [Fact]
    public async Task The_list_of_what_is_annotated_allows_it()
    {
        Assert.Contains(CallOperation.Read, AnnotatedOperations.All);
        Assert.Contains(CallOperation.Receive, AnnotatedOperations.All);
        Assert.DoesNotContain(CallOperation.Poll, AnnotatedOperations.All);
        Assert.DoesNotContain(CallOperation.Body, AnnotatedOperations.All);
        Assert.Equal(AnnotatedOperations.All.Order().Distinct(), AnnotatedOperations.All);

        await using AsyncCallRuntime runtime = Lane.NativeNoInline.NewRuntime(options => options.AllowedIoUringOperations = AnnotatedOperations.All);
        Assert.SkipUnless(runtime.Capabilities.IoUring.Available, runtime.Capabilities.IoUring.Reason);
        (SafeFileHandle reader, SafeFileHandle writer) = Pipe();
        using (reader)
        using (writer)
        {
            Assert.Equal(1, await LibraryHandles.writeAsync(writer, new byte[1], 1, runtime));
            Assert.Equal(1, await LibraryHandles.readAsync(reader, new byte[4], 4, runtime));
        }

        Assert.Equal(2, runtime.GetStatistics().CompletedByIoUring);
    }
    private static unsafe (SafeFileHandle Reader, SafeFileHandle Writer) Pipe()
    {
        int* ends = stackalloc int[2];
        Assert.Equal(0, Libc.pipe2(ends, Libc.CloseOnExec));
        return (new SafeFileHandle(ends[0], ownsHandle: true), new SafeFileHandle(ends[1], ownsHandle: true));
    }
}
