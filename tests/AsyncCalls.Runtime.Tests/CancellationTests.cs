using System.Reflection;
using System.Runtime.InteropServices;
using AsyncCalls.Backends;
using AsyncCalls.Backends.Workers;
using AsyncCalls.Calls;
using AsyncCalls.Routing;
using Microsoft.Win32.SafeHandles;

namespace AsyncCalls.Runtime.Tests;

/// <summary>Cancelling: what can be ended ends at once, nothing is lost, and nobody else is met.</summary>
public sealed class CancellationTests
{
    [Theory, CombinatorialLanes]
    public async Task A_token_that_has_fired_starts_nothing(Lane lane)
    {
        await using AsyncCallRuntime runtime = lane.NewRuntime();
        using var pipe = new TestPipe();
        var token = new CancellationToken(canceled: true);
        Native.WriteAll(pipe.Writer, [1]);
        Task[] all =
        [
            runtime.NopAsync(token).AsTask(),
            runtime.ReadAsync(pipe.Reader, new byte[1], token).AsTask(),
            runtime.WriteAsync(pipe.Writer, new byte[1], token).AsTask(),
            runtime.RunAsync(_ => Assert.Fail("The body ran."), token).AsTask(),
            runtime.FlockAsync(-1, 0, token).AsTask(),
            CompilerServices.RandomAccessCalls.Read(runtime, "test", pipe.Reader, new byte[1], 0, token).AsTask(),
            CompilerServices.RandomAccessCalls.Write(runtime, "test", pipe.Writer, new byte[1], 0, token).AsTask(),
            CompilerServices.RandomAccessCalls.FlushToDisk(runtime, "test", pipe.Writer, token).AsTask(),
            LibcTwins.Open(runtime, "test", AsyncCallErrors.ReturnValue, "/dev/null", 0, 0, token).AsInt32().AsTask(),
            LibcTwins.FSync(runtime, "test", AsyncCallErrors.ReturnValue, pipe.Writer, token).AsVoid().AsTask(),
        ];
        foreach (Task task in all)
        {
            Assert.True(task.IsCanceled);
            OperationCanceledException thrown = await Assert.ThrowsAnyAsync<OperationCanceledException>(() => task);
            Assert.Equal(token, thrown.CancellationToken);
        }

        Assert.True(Native.IsReadable(pipe.Reader));
    }

    /// <summary>The stub looks at the token before the call observes it: it may fire in between.</summary>
    [Theory, CombinatorialLanes]
    public async Task A_token_that_fires_while_the_call_is_prepared_is_named_by_its_exception(Lane lane)
    {
        await using AsyncCallRuntime runtime = lane.NewRuntime();
        using var cancel = new CancellationTokenSource();
        IoCall call = IoCall.Rent(runtime.Engine, "test", CallManner.Import, AsyncCallErrors.ReturnValue, CallOperation.Nop);
        await cancel.CancelAsync();
        runtime.Engine.Start(call, runtime.Engine.Choose(RoutingTable.Find(CallOperation.Nop, HandleKind.Any), call.Iocb), cancel.Token);
        OperationCanceledException thrown = await Assert.ThrowsAnyAsync<OperationCanceledException>(() => new ValueTask(call, call.Version).Bound());
        Assert.Equal(cancel.Token, thrown.CancellationToken);
    }

    [Theory, CombinatorialLanes]
    public async Task A_parked_write_is_cancelled(Lane lane)
    {
        await using AsyncCallRuntime runtime = lane.NewRuntime();
        using var pipe = new TestPipe();
        FillUp(pipe.Writer);
        using var cancel = new CancellationTokenSource();
        Task<nint> write = runtime.WriteAsync(pipe.Writer, new byte[100], cancel.Token).AsTask();
        Assert.False(write.IsCompleted);
        await cancel.CancelAsync();
        OperationCanceledException thrown = await Assert.ThrowsAnyAsync<OperationCanceledException>(() => write.Bound());
        Assert.Equal(cancel.Token, thrown.CancellationToken);
        Assert.Equal(0, runtime.GetStatistics().InFlight);
    }

    /// <summary>A part of the data went through before the cancel: the system call answers with that part, and so does its twin.</summary>
    [Theory, CombinatorialLanes]
    public async Task A_write_that_is_cancelled_half_way_says_how_far_it_came(Lane lane)
    {
        await using AsyncCallRuntime runtime = lane.NewRuntime();
        using var pipe = new TestPipe();
        using var cancel = new CancellationTokenSource();
        Task<nint> write = runtime.WriteAsync(pipe.Writer, new byte[1 << 20], cancel.Token).AsTask();
        await Bounded.UntilAsync(() => Native.IsReadable(pipe.Reader), "the pipe has data");
        await cancel.CancelAsync();
        nint written;
        try
        {
            written = await write.Bound();
            Assert.InRange(written, 1, (1 << 20) - 1);
        }
        catch (OperationCanceledException)
        {
            written = 0;
        }

        Assert.Equal(written, Drain(pipe));
    }

    [Theory, CombinatorialLanes]
    public async Task A_call_that_waits_for_a_worker_is_cancelled_at_once(Lane lane)
    {
        await using AsyncCallRuntime runtime = lane.NewRuntime(options => options.MaxWorkers = 1);
        using var gate = new ManualResetEventSlim();
        using var running = new ManualResetEventSlim();
        Task blocker = runtime.RunAsync(_ =>
        {
            running.Set();
            Assert.True(gate.Wait(Bounded.Limit));
        }).AsTask();
        Assert.True(running.Wait(Bounded.Limit));
        using var cancel = new CancellationTokenSource();
        Task[] waiting = [.. Enumerable.Range(0, 50).Select(_ => runtime.RunAsync(_ => Assert.Fail("A cancelled body ran."), cancel.Token).AsTask())];
        await cancel.CancelAsync();
        foreach (Task task in waiting)
        {
            OperationCanceledException thrown = await Assert.ThrowsAnyAsync<OperationCanceledException>(() => task.Bound());
            Assert.Equal(cancel.Token, thrown.CancellationToken);
        }

        Assert.False(blocker.IsCompleted);
        gate.Set();
        await blocker.Bound();
        await runtime.RunAsync(static _ => { }).Bound();
        Assert.Equal(0, runtime.GetStatistics().InFlight);
    }

    [Theory, CombinatorialLanes]
    public async Task A_body_sees_its_token_and_its_own_cancellation_is_the_result(Lane lane)
    {
        await using AsyncCallRuntime runtime = lane.NewRuntime();
        using var cancel = new CancellationTokenSource();
        using var running = new ManualResetEventSlim();
        Task body = runtime.RunAsync(
            token =>
            {
                running.Set();
                Assert.True(token.WaitHandle.WaitOne(Bounded.Limit));
                token.ThrowIfCancellationRequested();
            },
            cancel.Token).AsTask();
        Assert.True(running.Wait(Bounded.Limit));
        await cancel.CancelAsync();
        OperationCanceledException thrown = await Assert.ThrowsAnyAsync<OperationCanceledException>(() => body.Bound());
        Assert.Equal(cancel.Token, thrown.CancellationToken);
        Assert.True(body.IsCanceled);
    }

    [Theory, CombinatorialLanes]
    public async Task A_body_that_ends_well_after_its_token_fired_delivers_its_result(Lane lane)
    {
        await using AsyncCallRuntime runtime = lane.NewRuntime();
        using var cancel = new CancellationTokenSource();
        ValueTask<int> body = CompilerServices.WorkerCalls.Run(
            runtime,
            "test",
            cancel,
            static (source, token) =>
            {
                source.Cancel();
                return token.IsCancellationRequested ? 42 : 0;
            },
            cancel.Token);
        Assert.Equal(42, await body.Bound());
    }

    [Theory, CombinatorialLanes]
    public async Task An_interruptible_import_that_waits_for_a_lock_is_cancelled(Lane lane)
    {
        await using AsyncCallRuntime runtime = lane.NewRuntime();
        string path = Path.GetTempFileName();
        try
        {
            using SafeFileHandle holder = Native.OpenFile(path, Native.ReadWrite);
            using SafeFileHandle waiter = Native.OpenFile(path, Native.ReadWrite);
            Assert.Equal(0, Native.flock((int)holder.DangerousGetHandle(), Native.LockExclusive));
            for (int i = 0; i < 20; i++)
            {
                using var cancel = new CancellationTokenSource();
                Task<int> wait = runtime.FlockAsync((int)waiter.DangerousGetHandle(), Native.LockExclusive, cancel.Token).AsTask();
                if (i % 2 == 0)
                {
                    // Inside the kernel, or before: both must end.
                    await Bounded.UntilAsync(() => runtime.GetStatistics().WorkerThreads > 0, "a worker runs");
                }

                await cancel.CancelAsync();
                OperationCanceledException thrown = await Assert.ThrowsAnyAsync<OperationCanceledException>(() => wait.Bound());
                Assert.Equal(cancel.Token, thrown.CancellationToken);
            }

            Assert.Equal(-1, Native.flock((int)waiter.DangerousGetHandle(), Native.LockExclusive | Native.LockNow));
        }
        finally
        {
            File.Delete(path);
        }
    }

    /// <summary>The token fires at about the time that the byte comes. The byte is delivered or still in the pipe, and the await ends once.</summary>
    [Theory, CombinatorialLanes]
    public async Task A_cancel_that_races_with_the_data_loses_nothing(Lane lane)
    {
        const int Rounds = 10_000;
        AsyncCallRuntime runtime = lane.NewRuntime();
        await using (runtime.ConfigureAwait(false))
        {
            using var pipe = new TestPipe();
            byte[] buffer = new byte[16];
            var starter = new Race(pipe.Writer);
            int cancelled = 0;
            for (int i = 0; i < Rounds; i++)
            {
                using var cancel = new CancellationTokenSource();
                byte sent = (byte)(i + 1);
                buffer[0] = 0;
                ValueTask<nint> read = runtime.ReadAsync(pipe.Reader, buffer, cancel.Token);
                switch (i % 6)
                {
                    case 0:
                        // The call has ended, or is about to be dispatched.
                        starter.Go(sent, delay: 0);
                        Bounded.Until(() => read.IsCompleted, "the read has completed");
                        cancel.Cancel();
                        break;
                    case 1:
                        // The cancel comes first, by a hair.
                        cancel.Cancel();
                        starter.Go(sent, delay: 0);
                        break;
                    case 2:
                        // The data comes first, by a hair.
                        starter.Go(sent, delay: 0);
                        starter.WaitUntilSent();
                        CancelAfterSpinning(cancel, i % 89);
                        break;
                    default:
                        starter.Go(sent, delay: i % 97);
                        CancelAfterSpinning(cancel, i % 89);
                        break;
                }

                bool delivered;
                try
                {
                    Assert.Equal(1, await read.Bound().ConfigureAwait(false));
                    delivered = true;
                }
                catch (OperationCanceledException exception)
                {
                    Assert.Equal(cancel.Token, exception.CancellationToken);
                    delivered = false;
                    cancelled++;
                }

                if (!delivered)
                {
                    starter.WaitUntilSent();
                    Assert.Equal(1, Native.ReadSome(pipe.Reader, buffer));
                }

                starter.WaitUntilSent();
                Assert.Equal(sent, buffer[0]);
                Assert.False(Native.IsReadable(pipe.Reader), "A byte was delivered and is in the pipe as well.");
            }

            starter.Dispose();
            Assert.InRange(cancelled, 1, Rounds - 1);
            AsyncCallStatistics statistics = runtime.GetStatistics();
            Assert.Equal(0, statistics.InFlight);
            Assert.InRange(statistics.WorkerThreads, 0, 16);
        }
    }

    /// <summary>Where a late signal met the next call of its worker, that call, an import, would answer EINTR.</summary>
    [Fact]
    public async Task A_signal_never_meets_the_next_call_of_its_worker()
    {
        AsyncCallRuntime runtime = Lane.WorkersNoInline.NewRuntime(options => options.MaxWorkers = 1);
        await using (runtime.ConfigureAwait(false))
        {
            using var parked = new TestPipe();
            using var next = new TestPipe();
            byte[] parkedBuffer = new byte[1];
            byte[] nextBuffer = new byte[1];
            for (int i = 0; i < 4_000; i++)
            {
                using var cancel = new CancellationTokenSource();
                ValueTask<nint> first = runtime.ReadAsync(parked.Reader, parkedBuffer, cancel.Token);
                ValueTask<nint> second = runtime.ReadAsync(next.Reader, nextBuffer);

                // From before the worker wakes to long after it has entered the kernel: somewhere between lies the gap where one signal is lost.
                CancelAfterSpinning(cancel, i % 400);
                await Assert.ThrowsAnyAsync<OperationCanceledException>(() => first.Bound()).ConfigureAwait(false);
                Thread.SpinWait(i % 307);
                Native.WriteAll(next.Writer, [7]);
                nint result = await second.Bound().ConfigureAwait(false);
                Assert.True(result == 1, $"The following read answered {result}, errno {Marshal.GetLastPInvokeError()}, in round {i}.");
            }
        }
    }

    /// <summary>A canceller has announced a signal and not sent it yet: the worker's call may end, and the worker must not go on to another one.</summary>
    [Fact]
    public async Task A_worker_waits_for_the_signal_that_was_announced()
    {
        await using AsyncCallRuntime runtime = Lane.Workers.NewRuntime();
        using var watchdog = new Watchdog("test");
        var worker = new Worker(new WorkerPool("test", 1, null, TimeSpan.FromSeconds(1), watchdog, new CallCounters()), 1);
        FieldInfo gate = typeof(Worker).GetField("_gate", BindingFlags.Instance | BindingFlags.NonPublic)!;
        IoCall call = IoCall.Rent(runtime.Engine, "test", CallManner.Import, AsyncCallErrors.ReturnValue, CallOperation.Nop);
        Assert.True(worker.Enter(call));
        long inside = (long)gate.GetValue(worker)!;
        const long Signalling = 2;
        gate.SetValue(worker, inside | Signalling);
        using var left = new ManualResetEventSlim();
        using var ready = new ManualResetEventSlim();
        var thread = new Thread(() =>
        {
            worker.Leave();
            left.Set();
            worker.Ready();
            ready.Set();
        });
        thread.Start();
        bool hasLeft = left.Wait(Bounded.Limit);
        bool early = ready.Wait(100);
        gate.SetValue(worker, (long)gate.GetValue(worker)! & ~Signalling);
        Assert.True(thread.Join(Bounded.Limit));
        Assert.True(hasLeft, "The worker's call waited for the thread that sends the signal.");
        Assert.False(early, "The worker was ready for another call while a signal was on its way.");
        call.Abandon();
    }

    /// <summary>Records of calls are shared by all runtimes: a cancel in one must not take the place of a cancel in another.</summary>
    [Theory, CombinatorialLanes]
    public async Task Cancels_are_not_lost_where_two_runtimes_use_the_same_records(Lane lane)
    {
        AsyncCallRuntime first = lane.NewRuntime();
        AsyncCallRuntime second = lane.NewRuntime();
        await using (first.ConfigureAwait(false))
        await using (second.ConfigureAwait(false))
        {
            using var pipe = new TestPipe();
            using var silent = new TestPipe();
            byte[] buffer = new byte[1];
            for (int i = 0; i < 3_000; i++)
            {
                using var cancel = new CancellationTokenSource();
                ValueTask<nint> read = first.ReadAsync(pipe.Reader, buffer, cancel.Token);
                Native.WriteAll(pipe.Writer, [1]);
                CancelAfterSpinning(cancel, i % 53);
                try
                {
                    Assert.Equal(1, await read.ConfigureAwait(false));
                }
                catch (OperationCanceledException)
                {
                    Assert.Equal(1, Native.ReadSome(pipe.Reader, buffer));
                }

                // Most often with the record that the first call gave back on this very thread.
                using var cancelSecond = new CancellationTokenSource();
                ValueTask<nint> other = second.ReadAsync(silent.Reader, buffer, cancelSecond.Token);
                await cancelSecond.CancelAsync().ConfigureAwait(false);
                await Assert.ThrowsAnyAsync<OperationCanceledException>(() => other.Bound()).ConfigureAwait(false);
            }
        }
    }

    [Theory, CombinatorialLanes]
    public async Task Cancelling_after_the_end_meets_nobody(Lane lane)
    {
        AsyncCallRuntime runtime = lane.NewRuntime();
        await using (runtime.ConfigureAwait(false))
        {
            using var pipe = new TestPipe();
            byte[] buffer = new byte[1];
            var late = new List<CancellationTokenSource>();
            for (int i = 0; i < 200; i++)
            {
                var cancel = new CancellationTokenSource();
                late.Add(cancel);
                ValueTask<nint> read = runtime.ReadAsync(pipe.Reader, buffer, cancel.Token);
                Native.WriteAll(pipe.Writer, [1]);
                Assert.Equal(1, await read.Bound().ConfigureAwait(false));
            }

            ValueTask<nint> last = runtime.ReadAsync(pipe.Reader, buffer);
            foreach (CancellationTokenSource cancel in late)
            {
                await cancel.CancelAsync().ConfigureAwait(false);
                cancel.Dispose();
            }

            Native.WriteAll(pipe.Writer, [1]);
            Assert.Equal(1, await last.Bound().ConfigureAwait(false));
        }
    }

    private static void CancelAfterSpinning(CancellationTokenSource cancel, int spins)
    {
        Thread.SpinWait(spins * 20);
        cancel.Cancel();
    }

    private static void FillUp(SafeFileHandle writer)
    {
        int fd = (int)writer.DangerousGetHandle();
        const int SetFlags = 4;
        Assert.Equal(0, Native.fcntl(fd, SetFlags, Native.WriteOnly | TestPipe.NonBlock));
        unsafe
        {
            byte* chunk = stackalloc byte[4096];
            while (Native.write(fd, chunk, 4096) > 0)
            {
            }
        }

        Assert.Equal(0, Native.fcntl(fd, SetFlags, Native.WriteOnly));
    }

    private static int Drain(TestPipe pipe)
    {
        int total = 0;
        byte[] buffer = new byte[65_536];
        while (Native.IsReadable(pipe.Reader))
        {
            total += Native.ReadSome(pipe.Reader, buffer);
        }

        return total;
    }

    /// <summary>A thread that writes one byte when told to, so that writer and canceller run at the same time.</summary>
    private sealed class Race : IDisposable
    {
        private readonly SafeFileHandle _writer;
        private readonly Thread _thread;
        private int _asked;
        private int _sent;
        private int _delay;
        private byte _value;
        private volatile bool _stop;

        public Race(SafeFileHandle writer)
        {
            _writer = writer;
            _thread = new Thread(Run) { IsBackground = true };
            _thread.Start();
        }

        public void Go(byte value, int delay)
        {
            _value = value;
            _delay = delay;
            Interlocked.Increment(ref _asked);
        }

        public void WaitUntilSent()
        {
            var spinner = new SpinWait();
            while (Volatile.Read(ref _sent) != Volatile.Read(ref _asked))
            {
                spinner.SpinOnce(sleep1Threshold: -1);
            }
        }

        public void Dispose()
        {
            _stop = true;
            _thread.Join();
        }

        private void Run()
        {
            var spinner = new SpinWait();
            while (!_stop)
            {
                if (Volatile.Read(ref _asked) == _sent)
                {
                    spinner.SpinOnce(sleep1Threshold: 200);
                    continue;
                }

                spinner.Reset();
                Thread.SpinWait(_delay * 20);
                Native.WriteAll(_writer, [_value]);
                Volatile.Write(ref _sent, _sent + 1);
            }
        }
    }
}
