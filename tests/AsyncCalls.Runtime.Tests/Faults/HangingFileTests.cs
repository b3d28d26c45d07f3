using System.Text;
using AsyncCalls.CompilerServices;
using Microsoft.Extensions.Logging;
using Microsoft.Win32.SafeHandles;

namespace AsyncCalls.Runtime.Tests.Faults;

/// <summary>
/// Calls that a file system holds. One that heeds an interruption (FUSE's INTERRUPT) lets them be cancelled; one that does not lets them end when it likes, and the answers to
/// whoever cancels say no more than that.
/// </summary>
[Collection(FaultProgram.Name)]
public sealed class HangingFileTests(FaultProgram program)
{
    private const long Ecanceled = -125;
    private const long Enotconn = -107;
    private const long Econnaborted = -103;
    private const int DuplicateClosingOnExec = 1030; // F_DUPFD_CLOEXEC

    private static readonly TimeSpan Soon = TimeSpan.FromMilliseconds(20);

    public static TheoryData<Lane, string> Calls
    {
        get
        {
            var data = new TheoryData<Lane, string>();
            foreach (Lane lane in Enum.GetValues<Lane>())
            {
                foreach (string call in (string[])["read", "pread", "pread direct", "write", "pwrite", "pwrite direct", "fsync", "fdatasync", "fallocate"])
                {
                    data.Add(lane, call);
                }
            }

            return data;
        }
    }

    [Theory, MemberData(nameof(Calls))]
    public async Task A_call_that_hangs_is_cancelled(Lane lane, string name)
    {
        using FaultFileSystem files = program.Mount();
        await using var scene = new FaultScene(lane);
        (string fault, FileCall call, int flags) = Find(name);
        using (SafeFileHandle file = files.Open($"{fault}.hang", flags))
        {
            using var cancel = new CancellationTokenSource();
            Task<nint> twin = call.Import(scene.Runtime, file, scene.Buffer, cancel.Token).AsIntPtr().AsTask();
            files.ExpectHeld();
            PendingCall pending = await scene.RunningAsync();
            Assert.Same(file, pending.Handle);
            await cancel.CancelAsync();
            OperationCanceledException thrown = await Assert.ThrowsAnyAsync<OperationCanceledException>(() => twin.Bound());
            Assert.Equal(cancel.Token, thrown.CancellationToken);
            files.ExpectInterrupted();

            if (call.Twin is { } ofLibrary)
            {
                Task<long> second = ofLibrary(scene.Runtime, file, scene.Buffer, CancellationToken.None);
                files.ExpectHeld();
                pending = await scene.RunningAsync();
                Assert.Equal(CancelOutcome.Cancelled, scene.Runtime.Cancel(pending.Id, Bounded.Limit));
                await Assert.ThrowsAsync<AsyncCallCanceledException>(() => second.Bound());
                files.ExpectInterrupted();
            }

            using HandleLease lease = scene.Context.Lease(file);
            using BufferLease buffer = scene.Context.Pin(scene.Buffer);
            CallId id = scene.Context.Submit(call.Block(lease, buffer).With(1));
            files.ExpectHeld();
            Assert.Equal(CancelOutcome.Cancelled, scene.Context.Cancel(id, Bounded.Limit));
            Assert.Equal((id.Value, Ecanceled), (scene.Context.ReapOne() is var completion ? completion.CallId : 0, completion.Result));
            files.ExpectInterrupted();
        }

        await scene.EndAsync();
        files.AssertNothingIsOpen();
    }

    [Theory, CombinatorialLanes]
    public async Task A_call_that_hangs_ends_at_its_deadline(Lane lane)
    {
        // Long enough for the call to reach the file system on a machine that does other things.
        var time = TimeSpan.FromSeconds(2);
        using FaultFileSystem files = program.Mount();
        await using var scene = new FaultScene(lane);
        using (SafeFileHandle file = files.Open("read.hang"))
        {
            Task<nint> read = FileCall.ReadAt(8).Import(scene.Runtime.WithTimeout(time), file, scene.Buffer, default).AsIntPtr().AsTask();
            files.ExpectHeld();
            await Assert.ThrowsAsync<AsyncCallTimeoutException>(() => read.Bound());
            files.ExpectInterrupted();
        }

        await scene.EndAsync();
        files.AssertNothingIsOpen();
    }

    [Theory, MemberData(nameof(Calls))]
    public async Task A_call_that_heeds_nothing_is_never_called_cancelled_and_ends_with_its_own_result(Lane lane, string name)
    {
        using FaultFileSystem files = program.Mount();
        await using var scene = new FaultScene(lane);
        (string fault, FileCall call, int flags) = Find(name);
        using (SafeFileHandle file = files.Open($"{fault}.deaf", flags))
        {
            long expected = fault is "read" or "write" ? FileCall.Bytes : 0;
            using var cancel = new CancellationTokenSource();
            Task<nint> twin = call.Import(scene.Runtime, file, scene.Buffer, cancel.Token).AsIntPtr().AsTask();
            files.ExpectHeld();
            PendingCall pending = await scene.RunningAsync();
            await cancel.CancelAsync();
            files.ExpectInterrupted();
            Assert.Equal(PendingCallState.Cancelling, Assert.Single(scene.Runtime.PendingCalls).State);
            AssertNotCancelled(scene.Runtime.Cancel(pending.Id));
            AssertNotCancelled(scene.Runtime.Cancel(pending.Id, Soon));
            Assert.False(twin.IsCompleted);
            Assert.Equal(fault is "read" or "write" ? 1 : 0, scene.Pins);
            files.Release();
            Assert.Equal(expected, await twin.Bound());

            using HandleLease lease = scene.Context.Lease(file);
            using BufferLease buffer = scene.Context.Pin(scene.Buffer);
            CallId id = scene.Context.Submit(call.Block(lease, buffer).With(1));
            files.ExpectHeld();
            AssertNotCancelled(scene.Context.Cancel(id, Soon));
            files.ExpectInterrupted();
            Assert.False(scene.Context.TryPop(out _));
            files.Release();
            Assert.Equal((id.Value, expected), (scene.Context.ReapOne() is var completion ? completion.CallId : 0, completion.Result));
        }

        await scene.EndAsync();
        files.AssertNothingIsOpen();
    }

    [Theory, CombinatorialLanes]
    public async Task Opening_that_hangs_is_cancelled(Lane lane)
    {
        using FaultFileSystem files = program.Mount();
        await using var scene = new FaultScene(lane);
        string path = files["open.hang"];
        using var cancel = new CancellationTokenSource();
        Task<SafeFileHandle> twin = OpenAsync(scene, path, cancel.Token);
        files.ExpectHeld();
        await cancel.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => twin.Bound());
        files.ExpectInterrupted();

        using (BufferLease text = scene.Context.Pin(Encoding.UTF8.GetBytes(path + "\0")))
        {
            CallId id = scene.Context.Submit(Iocb.OpenAt(null, text, Native.ReadOnly).With(1));
            files.ExpectHeld();
            Assert.Equal(CancelOutcome.Cancelled, scene.Context.Cancel(id, Bounded.Limit));
            Assert.Equal(Ecanceled, scene.Context.ReapOne().Result);
            files.ExpectInterrupted();
        }

        await scene.EndAsync();
        files.AssertNothingIsOpen();
    }

    /// <summary>The descriptor that comes after the cancel belongs to nobody: it is closed, or the file system could not be unmounted.</summary>
    [Theory, CombinatorialLanes]
    public async Task A_file_that_opens_too_late_is_closed(Lane lane)
    {
        using FaultFileSystem files = program.Mount();
        await using var scene = new FaultScene(lane);
        string path = files["open.deaf"];
        using var cancel = new CancellationTokenSource();
        Task<SafeFileHandle> twin = OpenAsync(scene, path, cancel.Token);
        files.ExpectHeld();
        await cancel.CancelAsync();
        files.ExpectInterrupted();
        Assert.False(twin.IsCompleted);
        files.Release();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => twin.Bound());

        using (BufferLease text = scene.Context.Pin(Encoding.UTF8.GetBytes(path + "\0")))
        {
            CallId id = scene.Context.Submit(Iocb.OpenAt(null, text, Native.ReadOnly).With(1));
            files.ExpectHeld();
            AssertNotCancelled(scene.Context.Cancel(id, Soon));
            files.ExpectInterrupted();
            files.Release();
            Assert.Equal(Ecanceled, scene.Context.ReapOne().Result);
        }

        await scene.EndAsync();
        files.AssertNothingIsOpen();
    }

    [Theory, CombinatorialLanes]
    public async Task Disposing_ends_all_that_hang(Lane lane)
    {
        const int Count = 20;
        using FaultFileSystem files = program.Mount();
        await using var scene = new FaultScene(lane, static options => options.DrainTimeout = TimeSpan.FromMilliseconds(50));
        using (SafeFileHandle file = files.Open("read.hang"))
        {
            Task<nint>[] reads = [.. Enumerable.Range(0, Count).Select(i => FileCall.ReadAt(i).Import(scene.Runtime, file, new byte[FileCall.Bytes], default).AsIntPtr().AsTask())];
            files.ExpectHeld(Count);
            Assert.Equal(Count, scene.Runtime.PendingCalls.Count);
            await scene.Runtime.DisposeAsync().Bound();
            foreach (Task<nint> read in reads)
            {
                AsyncCallCanceledException thrown = await Assert.ThrowsAsync<AsyncCallCanceledException>(() => read.Bound());
                Assert.Equal(CancelReason.Disposed, thrown.Reason);
            }
        }

        files.AssertNothingIsOpen();
    }

    /// <summary>Nobody can end it: dispose says so, and the buffer stays where it is until the file system lets go.</summary>
    [Theory, CombinatorialLanes]
    public async Task What_heeds_nothing_outlives_its_runtime_with_its_buffer(Lane lane)
    {
        using FaultFileSystem files = program.Mount();
        var log = new RecordingLog();
        await using var scene = new FaultScene(lane, options =>
        {
            options.DrainTimeout = TimeSpan.FromMilliseconds(20);
            options.LoggerFactory = log;
        });
        using (SafeFileHandle file = files.Open("read.deaf"))
        {
            Task<nint> read = FileCall.ReadAt(8).Import(scene.Runtime, file, scene.Buffer, default).AsIntPtr().AsTask();
            files.ExpectHeld();
            await scene.Runtime.DisposeAsync().Bound();
            Assert.Single(log.Entries, static entry => entry.Level == LogLevel.Critical);
            Assert.False(read.IsCompleted);
            Assert.Equal(1, scene.Pins);
            file.Dispose();
            files.Release();
            Assert.Equal(FileCall.Bytes, await read.Bound());
            Assert.Equal([.. Enumerable.Range(8, FileCall.Bytes).Select(static i => (byte)((i * 7) + 3))], scene.Buffer.ToArray());
            await Bounded.UntilAsync(() => scene.Pins == 0, "nothing is pinned");
        }

        files.AssertNothingIsOpen();
    }

    [Theory, CombinatorialLanes]
    public async Task A_file_server_that_dies_ends_all_calls_with_an_error(Lane lane)
    {
        const int Count = 10;
        using FaultFileSystem files = program.Mount();
        await using var scene = new FaultScene(lane);
        using (SafeFileHandle file = files.Open("read.deaf"))
        {
            using HandleLease lease = scene.Context.Lease(file);
            using BufferLease buffer = scene.Context.Pin(scene.Buffer);
            Task<string>[] reads = [.. Enumerable.Range(0, Count).Select(i => FaultScene.InWordsAsync(
                async () => await RandomAccessCalls.Read(scene.Runtime, "t", file, new byte[FileCall.Bytes], i, default).Bound()))];
            scene.Context.Submit(Iocb.Read(lease, buffer, FileCall.Bytes).With(1));
            files.ExpectHeld(Count + 1);
            files.Kill();
            foreach (Task<string> read in reads)
            {
                Assert.StartsWith("System.IO.IOException ", await read.Bound());
            }

            Assert.Contains(scene.Context.ReapOne().Result, (long[])[Enotconn, Econnaborted]);
            long after = await scene.AgreeAsync(FileCall.ReadAt(0), () => new SafeFileHandle(Native.fcntl((int)file.DangerousGetHandle(), DuplicateClosingOnExec, 0), ownsHandle: true));
            Assert.Contains(after, (long[])[Enotconn, Econnaborted]);
        }

        await scene.EndAsync();
        files.AssertNothingIsOpen();
    }

    private static (string Fault, FileCall Call, int Flags) Find(string name) => name switch
    {
        "read" => ("read", FileCall.Read, Native.ReadWrite),
        "pread" => ("read", FileCall.ReadAt(8), Native.ReadWrite),
        "pread direct" => ("read", FileCall.ReadAt(8), Native.ReadWrite | Native.Direct),
        "write" => ("write", FileCall.Write, Native.ReadWrite),
        "pwrite" => ("write", FileCall.WriteAt(8), Native.ReadWrite),
        "pwrite direct" => ("write", FileCall.WriteAt(8), Native.ReadWrite | Native.Direct),
        "fsync" => ("sync", FileCall.Sync, Native.ReadWrite),
        "fdatasync" => ("sync", FileCall.DataSync, Native.ReadWrite),
        _ => ("size", FileCall.Allocate(100), Native.ReadWrite),
    };

    private static Task<SafeFileHandle> OpenAsync(FaultScene scene, string path, CancellationToken token) =>
        LibcTwins.Open(scene.Runtime, "t", AsyncCallErrors.ReturnValue, path, Native.ReadOnly | Native.CloseOnExec, 0, token).AsFileHandle().AsTask();

    private static void AssertNotCancelled(CancelOutcome outcome) => Assert.True(outcome is CancelOutcome.InProgress or CancelOutcome.NotPossible, $"{outcome} is not true.");
}
