using System.Buffers.Binary;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using AsyncCalls.CompilerServices;
using Microsoft.Win32.SafeHandles;

namespace AsyncCalls.Runtime.Tests;

/// <summary>Calls that wait for readiness: no thread with each, the user's descriptor as it was, registrations that end before the lease does.</summary>
[Collection(ProcessWide.Name)]
public sealed class EpollTests
{
    private const int GetFlags = 3;
    private const int ReadFlags = 0;

    [Fact]
    public async Task No_descriptor_exists_before_a_call_needs_it()
    {
        await using AsyncCallRuntime runtime = Lane.Epoll.NewRuntime();
        Assert.True(runtime.Capabilities.Epoll.Available, runtime.Capabilities.Epoll.Reason);
        int before = Instances().Count;
        await runtime.NopAsync(TestContext.Current.CancellationToken);
        using var pipe = new TestPipe();
        Native.WriteOnce(pipe.Writer, [1]);
        Assert.Equal(1, await runtime.ReadAsync(pipe.Reader, new byte[8]).Bound());
        Assert.Equal(before, Instances().Count);

        ValueTask<nint> read = runtime.ReadAsync(pipe.Reader, new byte[8]);
        Bounded.Until(() => Instances().Count == before + 1, "the pump has an epoll instance");
        Native.WriteOnce(pipe.Writer, [1, 2]);
        Assert.Equal(2, await read.Bound());
        Assert.Equal(3, runtime.GetStatistics().CompletedByEpoll);
        await runtime.DisposeAsync();
        Assert.Equal(before, Instances().Count);
    }

    [Fact]
    public async Task Parked_calls_have_no_threads()
    {
        const int Count = 100;
        await using AsyncCallRuntime runtime = Lane.Epoll.NewRuntime();
        TestPipe[] pipes = [.. Enumerable.Range(0, Count).Select(static _ => new TestPipe())];
        Task<nint>[] reads = [.. pipes.Select(pipe => runtime.ReadAsync(pipe.Reader, new byte[8]).AsTask())];
        await Bounded.UntilAsync(() => runtime.PendingCalls.Count(static call => call is { Backend: "epoll", State: PendingCallState.Running }) == Count, "all wait in epoll");
        Assert.Equal(0, runtime.GetStatistics().WorkerThreads);
        for (int i = 0; i < Count; i++)
        {
            Native.WriteOnce(pipes[i].Writer, new byte[(i % 8) + 1]);
            Assert.Equal((i % 8) + 1, await reads[i].Bound());
        }

        Assert.Equal(Count, runtime.GetStatistics().CompletedByEpoll);
        foreach (TestPipe pipe in pipes)
        {
            pipe.Dispose();
        }
    }

    [Fact]
    public async Task The_descriptor_keeps_its_flags()
    {
        await using AsyncCallRuntime runtime = Lane.Epoll.NewRuntime();
        using var pipe = new TestPipe();
        int flags = Native.fcntl(Fd(pipe.Reader), GetFlags, 0);
        Assert.Equal(ReadFlags, flags & Native.NonBlock);
        ValueTask<nint> read = runtime.ReadAsync(pipe.Reader, new byte[8]);
        await Registered(pipe.Reader);
        Assert.Equal(flags, Native.fcntl(Fd(pipe.Reader), GetFlags, 0));
        Native.WriteOnce(pipe.Writer, [1]);
        Assert.Equal(1, await read.Bound());
        Assert.Equal(flags, Native.fcntl(Fd(pipe.Reader), GetFlags, 0));
    }

    [Fact]
    public async Task Calls_on_one_descriptor_are_served_in_order_and_its_registration_ends_with_the_last()
    {
        await using AsyncCallRuntime runtime = Lane.Epoll.NewRuntime();
        using var pipe = new TestPipe();
        byte[][] buffers = [.. Enumerable.Range(0, 20).Select(static _ => new byte[2])];
        Task<nint>[] reads = [.. buffers.Select(buffer => runtime.ReadAsync(pipe.Reader, buffer).AsTask())];
        await Registered(pipe.Reader);
        for (int i = 0; i < reads.Length; i++)
        {
            Assert.False(reads[i].IsCompleted);
            Native.WriteOnce(pipe.Writer, [(byte)i, 1]);
            Assert.Equal(2, await reads[i].Bound());
            Assert.Equal(i, buffers[i][0]);
        }

        Assert.False(IsRegistered(Fd(pipe.Reader)), "A descriptor that nobody waits for is registered.");
    }

    [Fact]
    public async Task A_read_and_a_write_wait_for_the_same_socket()
    {
        await using AsyncCallRuntime runtime = Lane.Epoll.NewRuntime();
        (SafeFileHandle ours, SafeFileHandle theirs) = Connected();
        using (ours)
        using (theirs)
        {
            byte[] got = new byte[8];
            byte[] sent = new byte[4 << 20];
            Random.Shared.NextBytes(sent);
            Task<nint> read = runtime.ReadAsync(ours, got).AsTask();
            Task<nint> write = runtime.WriteAsync(ours, sent).AsTask();
            await Registered(ours);
            Native.WriteOnce(theirs, [7]);
            Assert.Equal(1, await read.Bound());
            Assert.Equal(7, got[0]);
            Assert.False(write.IsCompleted);

            byte[] received = new byte[sent.Length];
            int done = 0;
            while (done < received.Length)
            {
                done += Native.ReadSome(theirs, received.AsSpan(done));
            }

            Assert.Equal(sent.Length, await write.Bound());
            Assert.True(received.AsSpan().SequenceEqual(sent));
            Assert.False(IsRegistered(Fd(ours)));
        }
    }

    [Fact]
    public async Task A_handle_that_is_disposed_under_its_call_is_deregistered_though_others_have_the_file()
    {
        await using AsyncCallRuntime runtime = Lane.Epoll.NewRuntime();
        using var pipe = new TestPipe();
        using var other = new SafeFileHandle(Native.fcntl(Fd(pipe.Reader), 1030, 0), ownsHandle: true); // F_DUPFD_CLOEXEC
        Task<nint> read = runtime.ReadAsync(pipe.Reader, new byte[8]).AsTask();
        int fd = Fd(pipe.Reader);
        await Registered(pipe.Reader);
        pipe.Reader.Dispose();
        AsyncCallCanceledException thrown = await Assert.ThrowsAsync<AsyncCallCanceledException>(() => read.Bound());
        Assert.Equal(CancelReason.HandleClosed, thrown.Reason);
        Assert.False(IsRegistered(fd));
        Native.WriteOnce(pipe.Writer, [1]);
        Assert.Equal(1, Native.ReadSome(other, new byte[8]));
    }

    [Fact]
    public async Task What_cannot_be_attempted_without_waiting_goes_to_a_worker()
    {
        await using AsyncCallRuntime runtime = Lane.Epoll.NewRuntime();
        using SafeFileHandle terminal = Native.OpenFile("/dev/ptmx", Native.ReadWrite | 0x100); // O_NOCTTY
        Assert.SkipWhen(terminal.IsInvalid, "There are no pseudo-terminals here.");
        for (int i = 0; i < 2; i++)
        {
            using var cancel = new CancellationTokenSource();
            Task<nint> read = runtime.ReadAsync(terminal, new byte[8], cancel.Token).AsTask();
            await Bounded.UntilAsync(() => runtime.PendingCalls is [{ Backend: "workers", State: PendingCallState.Running }], "a worker waits for the terminal");
            await cancel.CancelAsync();
            await Assert.ThrowsAsync<AsyncCallCanceledException>(() => read.Bound());
        }

        Assert.Equal(0, runtime.GetStatistics().CompletedByEpoll);
    }

    [Fact]
    public async Task A_socket_with_a_time_limit_of_its_own_keeps_it()
    {
        await using AsyncCallRuntime runtime = Lane.Epoll.NewRuntime();
        (SafeFileHandle ours, SafeFileHandle theirs) = Connected();
        using (ours)
        using (theirs)
        {
            SetOption(ours, 1, 20, 0, 0, 0, 0, 50_000, 0); // SOL_SOCKET, SO_RCVTIMEO: 50 ms
            Assert.Equal(-1, await LibcCalls.Read(runtime, "read", AsyncCallErrors.ReturnValue, ours, new byte[8], 8, default).AsIntPtr().Bound());
            Assert.Equal(11, Marshal.GetLastPInvokeError());
        }
    }

    [Fact]
    public async Task A_handle_that_is_only_said_to_be_ready_goes_to_a_worker()
    {
        // The error queue of a UDP socket: poll tells of an error for as long as nobody reads the queue, and a read waits all the same.
        await using AsyncCallRuntime runtime = Lane.Epoll.NewRuntime();
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
        using (var closed = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp))
        {
            closed.Bind(new IPEndPoint(IPAddress.Loopback, 0));
            await socket.ConnectAsync(closed.LocalEndPoint!);
        }

        using var ours = new SafeFileHandle(Native.fcntl((int)socket.Handle, 1030, 0), ownsHandle: true);
        int flags = Native.fcntl(Fd(ours), GetFlags, 0);
        Assert.Equal(0, Native.fcntl(Fd(ours), 4, flags & ~Native.NonBlock)); // F_SETFL
        SetOption(ours, 0, 11, 1); // SOL_IP, IP_RECVERR
        Assert.Equal(1, Native.WriteOnce(ours, [1]));
        Assert.Equal(-1, await runtime.ReadAsync(ours, new byte[8]).Bound());
        using var cancel = new CancellationTokenSource();
        Task<nint> read = runtime.ReadAsync(ours, new byte[8], cancel.Token).AsTask();
        await Bounded.UntilAsync(() => runtime.PendingCalls is [{ Backend: "workers", State: PendingCallState.Running }], "a worker waits for the socket");
        await cancel.CancelAsync();
        await Assert.ThrowsAsync<AsyncCallCanceledException>(() => read.Bound());
    }

    [Fact]
    public async Task A_bare_number_that_became_another_files_under_its_call_is_waited_for_as_that()
    {
        await using AsyncCallRuntime runtime = Lane.Epoll.NewRuntime();
        using var first = new TestPipe();
        using var second = new TestPipe();
        int number = Native.fcntl(Fd(first.Reader), 1030, 0); // F_DUPFD_CLOEXEC
        using var owner = new SafeFileHandle(number, ownsHandle: true);
        Task<nint> Read(byte[] buffer) => LibcCalls.Read(runtime, "read", AsyncCallErrors.ReturnValue, number, buffer, (nuint)buffer.Length, default).AsIntPtr().AsTask();
        Task<nint> early = Read(new byte[8]);
        await Bounded.UntilAsync(() => IsRegistered(number), "the number is registered");
        Assert.Equal(number, Native.dup2(Fd(second.Reader), number));

        // The first pipe is open still, and so is its registration.
        Task<nint> late = Read(new byte[8]);
        Native.WriteOnce(second.Writer, [1]);
        Assert.Equal(1, await early.Bound());
        Native.WriteOnce(first.Writer, [1]);
        Native.WriteOnce(second.Writer, [1, 2]);
        Assert.Equal(2, await late.Bound());
        Assert.Equal(1, Native.ReadSome(first.Reader, new byte[8]));
    }

    private static int Fd(SafeHandle handle) => (int)handle.DangerousGetHandle();

    private static (SafeFileHandle Ours, SafeFileHandle Theirs) Connected()
    {
        using var listener = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        listener.Listen(1);

        // Buffers of a fixed size: the kernel would let its own grow until a large write fits into them, and never waits.
        const int Bytes = 64 << 10;
        using var client = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { ReceiveBufferSize = Bytes };
        client.Connect(listener.LocalEndPoint!);
        using Socket server = listener.Accept();
        server.SendBufferSize = Bytes;

        // Duplicates, so that nothing of the class library's changes their flags any more.
        return (Blocking(server), Blocking(client));

        static SafeFileHandle Blocking(Socket socket)
        {
            var handle = new SafeFileHandle(Native.fcntl((int)socket.Handle, 1030, 0), ownsHandle: true);
            Assert.Equal(0, Native.fcntl(Fd(handle), GetFlags, 0) & Native.NonBlock);
            return handle;
        }
    }

    private static void SetOption(SafeHandle socket, int level, int option, params int[] words)
    {
        using var raw = new SafeSocketHandle(Native.fcntl(Fd(socket), 1030, 0), ownsHandle: true);
        byte[] value = new byte[words.Length == 1 ? 4 : 16];
        if (words.Length == 1)
        {
            BinaryPrimitives.WriteInt32LittleEndian(value, words[0]);
        }
        else
        {
            BinaryPrimitives.WriteInt64LittleEndian(value.AsSpan(8), words[4]);
        }

        using var opened = new Socket(raw);
        opened.SetRawSocketOption(level, option, value);
    }

    /// <summary>The epoll instances of the process, and what is registered with each.</summary>
    private static Dictionary<int, string> Instances() => ProcessWide.Descriptors()
        .Where(static entry => entry.Value == "anon_inode:[eventpoll]")
        .ToDictionary(static entry => entry.Key, static entry => Info(entry.Key));

    private static string Info(int fd)
    {
        try
        {
            return File.ReadAllText(string.Create(CultureInfo.InvariantCulture, $"/proc/self/fdinfo/{fd}"));
        }
        catch (IOException)
        {
            return "";
        }
    }

    private static bool IsRegistered(int fd) => Instances().Values
        .SelectMany(static info => info.Split('\n'))
        .Any(line => line.StartsWith("tfd:", StringComparison.Ordinal) && line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[1] == fd.ToString(CultureInfo.InvariantCulture));

    private static Task Registered(SafeHandle handle) => Bounded.UntilAsync(() => IsRegistered(Fd(handle)), "the descriptor is registered");
}
