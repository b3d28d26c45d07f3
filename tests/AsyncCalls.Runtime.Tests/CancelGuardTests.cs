using System.Diagnostics;
using System.Reflection;
using System.Runtime.InteropServices;
using AsyncCalls.Backends;
using AsyncCalls.Backends.Workers;
using AsyncCalls.Calls;
using AsyncCalls.CompilerServices;
using AsyncCalls.Interop.Linux;

namespace AsyncCalls.Runtime.Tests;

/// <summary>What keeps a cancel from being lost and from meeting another call, each guard by itself, at the moment for which it is there.</summary>
public sealed partial class CancelGuardTests
{
    /// <summary>A signal that comes before its thread is in the kernel interrupts nothing. The import takes the first ones for that: only a repeated one ends it.</summary>
    [Theory]
    [InlineData(1)]
    [InlineData(4)]
    public async Task A_signal_that_came_too_early_is_sent_again(int early)
    {
        await using AsyncCallRuntime runtime = Lane.Workers.NewRuntime();
        using var held = new HeldLock();
        using var cancel = new CancellationTokenSource();
        Task<int> waiting = WorkerCalls.RunImport(
            runtime,
            "flock",
            AsyncCallErrors.ReturnValue,
            interruptible: true,
            ((int)held.Handle.DangerousGetHandle(), early),
            static state =>
            {
                int lost = 0;
                while (true)
                {
                    int result = Native.flock(state.Item1, Native.LockExclusive);
                    if (result == 0 || Marshal.GetLastPInvokeError() != Errno.EINTR || lost++ == state.early)
                    {
                        return result;
                    }
                }
            },
            cancel.Token).AsTask();
        await Bounded.UntilAsync(() => runtime.PendingCalls is [{ State: PendingCallState.Running }], "it runs");
        await cancel.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => waiting.Bound());
    }

    /// <summary>Who holds on to a use of a record that has ended: a canceller, a queue. The record serves another call by then, which waits and could be cancelled, and taken.</summary>
    [Fact]
    public void A_use_that_has_ended_means_no_later_use_of_its_record()
    {
        using AsyncCallRuntime runtime = Lane.Workers.NewRuntime();
        Call call = NewNop(runtime);
        long ended = call.Epoch;
        call.Accept();
        Assert.True(call.TryTake(ended));
        call.Settle(0);
        call.Abandon();

        Call next = NewNop(runtime);
        Assert.Same(call, next);
        next.Accept();
        Assert.False(next.IsQueued(ended));
        Assert.Equal(CancelOutcome.NotFound, next.RequestCancel(ended, CancelReason.Requested));
        Assert.False(next.IsCancelRequested);
        Assert.False(next.TryFlagObserved(ended));
        Assert.False(next.TryTake(ended));
        Assert.True(next.TryTake(next.Epoch));
        next.Settle(0);
        next.Abandon();
    }

    /// <summary>A token's callback runs while its call ends: the call waits for it, or the callback would go on in the record's next use.</summary>
    [Fact]
    public void A_call_does_not_end_under_the_callback_of_its_token()
    {
        using AsyncCallRuntime runtime = Lane.Workers.NewRuntime();
        using var cancel = new CancellationTokenSource();
        using var call = new HesitantCall(runtime);
        call.Observe(cancel.Token);
        call.Accept();
        Assert.True(call.TryTake(call.Epoch));
        var firing = new Thread(cancel.Cancel);
        firing.Start();
        Assert.True(call.Hesitates.Wait(Bounded.Limit));
        var ending = new Thread(() => call.Settle(0));
        ending.Start();
        bool early = ending.Join(100);
        bool settledEarly = call.IsSettled;
        call.GoesOn.Set();
        Assert.True(firing.Join(Bounded.Limit));
        Assert.True(ending.Join(Bounded.Limit));
        Assert.False(early || settledEarly, "The call ended while the callback of its token ran.");
        Assert.True(call.IsCancelRequested);
        call.Abandon();
    }

    /// <summary>Once the callback has set its flag, the call does not wait for what it still does: it may be sending the signal that has ended the call.</summary>
    [Fact]
    public void A_call_does_not_wait_for_whoever_cancelled_it()
    {
        using AsyncCallRuntime runtime = Lane.Workers.NewRuntime();
        using var cancel = new CancellationTokenSource();
        using var carrier = new HesitantCarrier();
        Call call = NewNop(runtime);
        long epoch = call.Epoch;
        call.Carrier = carrier;
        call.Observe(cancel.Token);
        call.Accept();
        Assert.True(call.TryTake(epoch));
        var firing = new Thread(cancel.Cancel);
        firing.Start();
        Assert.True(carrier.Hesitates.Wait(Bounded.Limit));
        var ending = new Thread(() => call.Settle(0));
        ending.Start();
        bool ended = ending.Join(Bounded.Limit);
        carrier.GoesOn.Set();
        Assert.True(firing.Join(Bounded.Limit));
        Assert.True(ended, "The call waited for the callback of its token.");
        Assert.Equal(epoch, carrier.Asked);
        call.Abandon();
    }

    /// <summary>A signal that was sent is met by the worker's own Leave, or kept from it, and not by what the thread does next.</summary>
    [Fact]
    public void A_signal_reaches_a_worker_inside_its_gate_only()
    {
        var enough = TimeSpan.FromSeconds(2);
        using AsyncCallRuntime runtime = Lane.Workers.NewRuntime();
        using var watchdog = new Watchdog("test");
        var worker = new Worker(new WorkerPool("test", 1, null, TimeSpan.FromSeconds(1), watchdog, new CallCounters()), 1);
        FieldInfo threadId = typeof(Worker).GetField("_threadId", BindingFlags.Instance | BindingFlags.NonPublic)!;
        Assert.True(ThreadInterrupt.IsAvailable);
        Call? inside = null;
        int interrupted = 0;
        bool over = false;
        var canceller = new Thread(() =>
        {
            while (!Volatile.Read(ref over))
            {
                if (Interlocked.Exchange(ref inside, null) is { } call)
                {
                    call.FlagTimedOut();
                    worker.Interrupt(call);
                }
            }
        });
        Bounded.OnThreads(1, _ =>
        {
            ThreadInterrupt.Unblock();
            threadId.SetValue(worker, Syscalls.GetThreadId());
            canceller.Start();
            long start = Stopwatch.GetTimestamp();
            for (int i = 0; Stopwatch.GetElapsedTime(start) < enough; i++)
            {
                Call call = NewNop(runtime);
                call.Accept();
                Assert.True(call.TryTake(call.Epoch));
                Assert.True(worker.Enter(call));
                Volatile.Write(ref inside, call);
                while (!call.IsCancelRequested)
                {
                }

                Thread.SpinWait(i % 32);
                worker.Leave();
                interrupted += WaitsInterrupted() ? 1 : 0;
                call.Settle(0);
                call.Abandon();
            }

            Volatile.Write(ref over, true);
            Assert.True(canceller.Join(Bounded.Limit));
        });
        Assert.Equal(0, interrupted);
    }

    /// <summary>
    /// Many reads wait for one byte. It wakes several, and while those that come too late go back to waiting, the kernel cannot cancel them: it is asked again.
    /// </summary>
    [Theory, CombinatorialLanes]
    public async Task A_cancel_that_the_kernel_could_not_carry_out_is_repeated(Lane lane)
    {
        const int Readers = 8;
        await using AsyncCallRuntime runtime = lane.NewRuntime();
        using var pipe = new TestPipe();
        for (int i = 0; i < 500; i++)
        {
            using var cancel = new CancellationTokenSource();
            Task<nint>[] reads = [.. Enumerable.Range(0, Readers).Select(_ => runtime.ReadAsync(pipe.Reader, new byte[1], cancel.Token).AsTask())];
            Native.WriteAll(pipe.Writer, [1]);
            Thread.SpinWait(i % 100 * 20);
            await cancel.CancelAsync();
            int delivered = 0;
            foreach (Task<nint> read in reads)
            {
                try
                {
                    delivered += (int)await read.Bound();
                }
                catch (OperationCanceledException)
                {
                }
            }

            Assert.InRange(delivered, 0, 1);
            if (delivered == 0)
            {
                Assert.Equal(1, Native.ReadSome(pipe.Reader, new byte[1]));
            }
        }
    }

    private static IoCall NewNop(AsyncCallRuntime runtime) => IoCall.Rent(runtime.Engine, "test", CallManner.Import, AsyncCallErrors.ReturnValue, CallOperation.Nop);

    private static unsafe bool WaitsInterrupted()
    {
        (long Seconds, long Nanoseconds) time = (0, 20_000);
        return ppoll(null, 0, &time, null) < 0;
    }

    [LibraryImport("libc", SetLastError = true)]
    private static unsafe partial int ppoll(void* entries, ulong count, (long Seconds, long Nanoseconds)* time, void* mask);

    /// <summary>Stops while it cancels.</summary>
    private sealed class HesitantCarrier : ICallCarrier, IDisposable
    {
        public ManualResetEventSlim Hesitates { get; } = new();

        public ManualResetEventSlim GoesOn { get; } = new();

        public long Asked { get; private set; }

        public string Name => "test";

        public CancelOutcome Cancel(Call call, long epoch)
        {
            Asked = epoch;
            Hesitates.Set();
            Assert.True(GoesOn.Wait(Bounded.Limit));
            return CancelOutcome.InProgress;
        }

        public bool CanInterrupt(Call call) => true;

        public void Dispose()
        {
            Hesitates.Dispose();
            GoesOn.Dispose();
        }
    }

    /// <summary>A call that stops between the firing of its token and the flag.</summary>
    private sealed class HesitantCall : Call, IDisposable
    {
        public HesitantCall(AsyncCallRuntime runtime) => Prepare(runtime.Engine, "test");

        public ManualResetEventSlim Hesitates { get; } = new();

        public ManualResetEventSlim GoesOn { get; } = new();

        public override CallOperation Operation => CallOperation.Nop;

        public override Interruption Interruption => Interruption.None;

        protected override CancellationTokenSource? BodySource
        {
            get
            {
                Hesitates.Set();
                Assert.True(GoesOn.Wait(Bounded.Limit));
                return null;
            }
        }

        public override void Execute(IInterruptGate gate) => throw new NotSupportedException();

        public void Dispose()
        {
            Hesitates.Dispose();
            GoesOn.Dispose();
        }

        protected override void ReturnToPool()
        {
        }
    }
}
