using System.Diagnostics;
using System.Reflection;
using AsyncCalls.Backends.Workers;
using AsyncCalls.Calls;

namespace AsyncCalls.Runtime.Tests.Differential;

/// <summary>What waits for others: it ends when they act, can be cancelled while it waits, and what a signal does to it is what its row says.</summary>
public sealed unsafe class WaitingTests
{
    private const int Eintr = 4;
    private const int Ecanceled = 125;
    private const int FullBytes = 1 << 20;
    private const int OneProcess = 1; // P_PID
    private const int Exited = 4; // WEXITED

    private static readonly CallOperation[] Waiting =
    [
        CallOperation.Read, CallOperation.ReadVectored, CallOperation.Write, CallOperation.Receive, CallOperation.ReceiveFrom, CallOperation.ReceiveMessage, CallOperation.Send, CallOperation.SendMessage,
        CallOperation.Accept, CallOperation.Connect, CallOperation.Poll, CallOperation.EpollWait, CallOperation.FutexWait, CallOperation.Splice, CallOperation.Tee, CallOperation.Sleep, CallOperation.WaitId,
    ];

    public static TheoryData<CallOperation, Subject> Rows
    {
        get
        {
            var rows = new TheoryData<CallOperation, Subject>();
            foreach (CallOperation operation in Waiting)
            {
                rows.Add(operation, Subject.Worker);
                rows.Add(operation, Subject.IoUring);
                if (OperationTable.Of(operation).Readiness is not null)
                {
                    rows.Add(operation, Subject.Epoll);
                }
            }

            return rows;
        }
    }

    [Fact]
    public void Every_operation_that_waits_is_tested_here() =>
        Assert.Empty(OperationTable.All.Where(row => row.Waits).Select(row => row.Operation).Except(Waiting).Except([CallOperation.Syscall, CallOperation.SendTo, CallOperation.SendZeroCopy]));

    [Theory, MemberData(nameof(Rows))]
    public void It_ends_when_others_act(CallOperation operation, Subject subject)
    {
        using AsyncCallRuntime runtime = NewRuntime(subject);
        using AsyncCallContext context = runtime.CreateContext();
        using var scene = new Scene();
        (Iocb block, Func<long> act) = Prepare(scene, operation, TimeSpan.FromMilliseconds(50));
        CallId id = Begin(runtime, context, block);
        long expected = act();
        CompletionEvent completion = context.ReapOne();
        Assert.Equal(id.Value, completion.CallId);
        if (operation == CallOperation.Accept)
        {
            Assert.Equal(0, expected);
            Assert.Equal(0, Native.close((int)completion.Result));
            return;
        }

        Assert.Equal(expected, completion.Result);
    }

    [Theory, MemberData(nameof(Rows))]
    public void It_is_cancelled_while_it_waits(CallOperation operation, Subject subject)
    {
        using AsyncCallRuntime runtime = NewRuntime(subject);
        using AsyncCallContext context = runtime.CreateContext();
        using var scene = new Scene();
        (Iocb block, Func<long> act) = Prepare(scene, operation, TimeSpan.FromHours(1));
        CallId id = Begin(runtime, context, block);
        Assert.Equal(CancelOutcome.InProgress, context.Cancel(id));
        long result = context.ReapOne().Result;
        if (operation is CallOperation.Write or CallOperation.Send or CallOperation.SendMessage)
        {
            // What was sent before is the result.
            Assert.InRange(result, 1, FullBytes - 1);
        }
        else
        {
            Assert.Equal(-Ecanceled, result);
        }

        if (operation is not (CallOperation.Sleep or CallOperation.FutexWait))
        {
            act();
        }

        if (operation == CallOperation.WaitId)
        {
            Assert.Equal(0, Libc.waitid(OneProcess, block.Mode, null, Exited));
        }

        context.AssertQuiet();
    }

    [Theory]
    [InlineData(CallOperation.Receive)]
    [InlineData(CallOperation.Accept)]
    [InlineData(CallOperation.Poll)]
    [InlineData(CallOperation.Sleep)]
    [InlineData(CallOperation.Connect)]
    public void A_signal_does_what_the_row_says(CallOperation operation)
    {
        using AsyncCallRuntime runtime = NewRuntime(Subject.Worker);
        using AsyncCallContext context = runtime.CreateContext();
        using var scene = new Scene();
        var time = TimeSpan.FromMilliseconds(400);
        (Iocb block, Func<long> act) = Prepare(scene, operation, time);
        long start = Stopwatch.GetTimestamp();
        CallId id = Begin(runtime, context, block);
        InterruptRule rule = OperationTable.Of(operation).Interrupted;
        var completion = new CompletionEvent[1];
        int signals = 0;
        while (context.Reap(completion, 0, TimeSpan.Zero) == 0)
        {
            if (runtime.Engine.InFlight.Find(id.Value) is { Gate: Worker worker })
            {
                // As anybody's signal would, at any moment.
                ThreadInterrupt.Send(ThreadOf(worker));
            }

            Thread.Sleep(5);
            if (++signals == 20 && rule == InterruptRule.AwaitConnection)
            {
                act();
            }

            Assert.True(Stopwatch.GetElapsedTime(start) < Bounded.Limit, "The call did not end.");
        }

        Assert.Equal(rule == InterruptRule.Retry ? -Eintr : 0, completion[0].Result);
        if (rule == InterruptRule.GoOn)
        {
            Assert.True(Stopwatch.GetElapsedTime(start) >= time, "A signal ended the sleep.");
        }
    }

    /// <summary>A connection and a cancel race. Whoever wins, the connection is the caller's, or still in the listener's queue, which ends with the listener; kept by nobody, it would stay open.</summary>
    [Theory]
    [InlineData(Subject.Worker)]
    [InlineData(Subject.IoUring)]
    public void What_a_cancelled_accept_opened_is_closed(Subject subject)
    {
        using AsyncCallRuntime runtime = NewRuntime(subject);
        using AsyncCallContext context = runtime.CreateContext();
        for (int i = 0; i < 50; i++)
        {
            using var scene = new Scene();
            int listener = SocketCases.Listener(scene, 0);
            nint address = (nint)SocketCases.UnixAddress(scene, "~/listener", out int length);
            int client = scene.Keep(Libc.socket(Libc.Unix, Libc.Stream | Native.CloseOnExec, 0));
            int connected = -1;
            CallId id = Begin(runtime, context, Raw.Block(CallOperation.Accept, listener, flags: Native.CloseOnExec));
            var connecting = new Thread(() => connected = Libc.connect(client, (byte*)address, (uint)length));
            connecting.Start();
            context.Cancel(id);
            long result = context.ReapOne().Result;
            connecting.Join();
            Assert.Equal(0, connected);
            if (result >= 0)
            {
                Assert.Equal(0, Native.close((int)result));
            }
            else
            {
                Assert.Equal(-Ecanceled, result);
            }

            scene.Close(listener);
            var end = new Native.PollEntry { Fd = client, Events = Native.PollIn };
            Assert.Equal(1, Native.poll(&end, 1, (int)Bounded.Limit.TotalMilliseconds));
        }

        context.AssertQuiet();
    }

    private static AsyncCallRuntime NewRuntime(Subject subject)
    {
        var runtime = new AsyncCallRuntime(new AsyncCallOptions
        {
            Backends = subject.Backends(),
            NativeFirst = true,
        });
        if (subject == Subject.IoUring && !runtime.Capabilities.IoUring.Available)
        {
            string reason = runtime.Capabilities.IoUring.Reason;
            runtime.Dispose();
            Assert.Skip(reason);
        }

        return runtime;
    }

    /// <summary>Submits, and waits until somebody runs the call; it is then in the kernel, or about to enter it.</summary>
    private static CallId Begin(AsyncCallRuntime runtime, AsyncCallContext context, Iocb block)
    {
        var ids = new CallId[1];
        Assert.Equal(1, context.Submit([block], ids));
        Bounded.Until(() => runtime.Engine.InFlight.Find(ids[0].Value) is not { IsRunning: false, IsSettled: false }, "somebody runs the call");
        return ids[0];
    }

    private static int ThreadOf(Worker worker) =>
        (int)typeof(Worker).GetField("_threadId", BindingFlags.Instance | BindingFlags.NonPublic)!.GetValue(worker)!;

    /// <summary>A call that waits, and what ends it, which answers the result that is then expected.</summary>
    private static (Iocb Block, Func<long> Act) Prepare(Scene scene, CallOperation operation, TimeSpan time)
    {
        int* ends = (int*)scene.Memory(8);
        byte* buffer = scene.Memory(64);
        byte* data = scene.Bytes([1, 2, 3, 4, 5]);
        bool pipes = operation is CallOperation.Read or CallOperation.ReadVectored or CallOperation.Poll or CallOperation.EpollWait or CallOperation.Splice or CallOperation.Tee or CallOperation.Write;
        Assert.Equal(0, pipes ? Libc.pipe2(ends, Native.CloseOnExec) : Libc.socketpair(Libc.Unix, Libc.Stream | Native.CloseOnExec, 0, ends));
        int near = scene.Keep(ends[0]);
        int far = scene.Keep(ends[1]);
        long Feed(long expected)
        {
            Assert.Equal(5, Native.write(far, data, 5));
            return expected;
        }

        switch (operation)
        {
            case CallOperation.Read:
                return (Raw.Block(operation, near, buffer, 64, -1), () => Feed(5));
            case CallOperation.ReadVectored:
                return (Raw.Block(operation, near, scene.Vectors(3, 40), 2, -1), () => Feed(5));
            case CallOperation.Receive or CallOperation.ReceiveFrom:
                return (Raw.Block(operation, near, buffer, 64), () => Feed(5));
            case CallOperation.ReceiveMessage:
                return (Raw.Block(operation, near, SocketCases.Message(scene)), () => Feed(5));
            case CallOperation.Poll:
                return (Raw.Block(operation, near, flags: 1), () => Feed(1));
            case CallOperation.EpollWait:
                int epoll = scene.Fd("epoll");
                Assert.Equal(0, Libc.epoll_ctl(epoll, 1, near, WaitingCases.Event(scene, 1)));
                return (Raw.Block(operation, epoll, buffer, flags: 4, mode: -1), () => Feed(1));
            case CallOperation.Splice:
                int file = scene.Fd("file");
                return (Raw.Block(operation, near, length: 5, offset: -1, sixth: 0, second: file), () => Feed(5));
            case CallOperation.Tee:
                int other = scene.Fd("pipe to write");
                return (Raw.Block(operation, near, length: 5, second: other), () => Feed(5));
            case CallOperation.Write or CallOperation.Send:
                return (Raw.Block(operation, operation == CallOperation.Send ? near : far, Large(), FullBytes, -1), () => Drain(operation == CallOperation.Send ? far : near));
            case CallOperation.SendMessage:
                byte* message = SocketCases.Message(scene);
                byte* vector = scene.Memory(16);
                *(nint*)vector = (nint)Large();
                *(long*)(vector + 8) = FullBytes;
                *(nint*)(message + 16) = (nint)vector;
                *(long*)(message + 24) = 1;
                return (Raw.Block(operation, near, message), () => Drain(far));
            case CallOperation.FutexWait:
                uint* word = (uint*)scene.Memory(4);
                return (Raw.Block(operation, 0, word, sixth: uint.MaxValue, flags: 2 | 128), () => Wake(word));
            case CallOperation.Sleep:
                return (Iocb.Sleep(time), static () => 0);
            case CallOperation.WaitId:
                int child = Spawn(scene);
                return (Raw.Block(operation, length: Exited, flags: OneProcess, mode: child), () => Kill(child));
            default:
                return Connecting(scene, operation);
        }
    }

    private static (Iocb Block, Func<long> Act) Connecting(Scene scene, CallOperation operation)
    {
        int listener = SocketCases.Listener(scene, 0, backlog: 0);
        byte* address = SocketCases.UnixAddress(scene, "~/listener", out int length);
        int client = scene.Keep(Libc.socket(Libc.Unix, Libc.Stream | Native.CloseOnExec, 0));
        if (operation == CallOperation.Accept)
        {
            return (Raw.Block(operation, listener, flags: Native.CloseOnExec), () => Libc.connect(client, address, (uint)length));
        }

        // One connection fills a queue of none.
        Assert.Equal(0, Libc.connect(client, address, (uint)length));
        int second = scene.Keep(Libc.socket(Libc.Unix, Libc.Stream | Native.CloseOnExec, 0));
        return (Raw.Block(operation, second, address, length), () =>
        {
            scene.Keep(Libc.accept4(listener, null, null, Native.CloseOnExec));
            return 0;
        }
        );
    }

    private static byte* Large() => (byte*)System.Runtime.CompilerServices.Unsafe.AsPointer(ref System.Runtime.InteropServices.MemoryMarshal.GetArrayDataReference(LargeData));

    private static readonly byte[] LargeData = GC.AllocateArray<byte>(FullBytes, pinned: true);

    /// <summary>Reads until there is nothing more for a while: all that a writer had, once it is awake.</summary>
    private static long Drain(int fd)
    {
        byte[] buffer = new byte[1 << 16];
        long total = 0;
        fixed (byte* start = buffer)
        {
            var entry = new Native.PollEntry { Fd = fd, Events = Native.PollIn };
            while (total < FullBytes && Native.poll(&entry, 1, 200) == 1)
            {
                total += Native.read(fd, start, (nuint)buffer.Length);
            }
        }

        return total;
    }

    private static long Wake(uint* word)
    {
        long woken = 0;

        // Until the waiter is there: it was handed over, and may not have entered the kernel.
        Bounded.Until(() => (woken = Libc.syscall(454, (nint)word, unchecked((nint)uint.MaxValue), 1, 2 | 128, 0, 0)) == 1, "somebody waits for the word");
        return 0;
    }

    /// <summary>A child that the class library does not know of, and so does not take the end of.</summary>
    private static int Spawn(Scene scene)
    {
        byte** arguments = (byte**)scene.Memory(3 * sizeof(byte*));
        arguments[0] = scene.Text("sleep");
        arguments[1] = scene.Text("1000");
        byte** environment = (byte**)scene.Memory(sizeof(byte*));
        int child;
        Assert.Equal(0, Libc.posix_spawn(&child, scene.Text("/bin/sleep"), null, null, arguments, environment));
        return child;
    }

    /// <summary>Ends a child, whose end is taken away by whoever waits for it.</summary>
    private static long Kill(int child) => Libc.kill(child, 9);
}
