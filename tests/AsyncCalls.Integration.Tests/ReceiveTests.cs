using System.Net.Sockets;
using System.Runtime.InteropServices;

namespace AsyncCalls.Integration.Tests;

/// <summary>
/// A receive looks for data before it waits, until looking has been in vain for a while; whatever it does, it gives what recv(2) would, also on a socket that was told not to block.
/// </summary>
public sealed partial class ReceiveTests
{
    private const int TryAgain = 11; // EAGAIN
    private const int SetFlags = 4;
    private const int NonBlock = 0x800;

    /// <summary>More than the receives between two looks.</summary>
    private const int Many = 40;

    [AsyncCall(Errors = AsyncCallErrors.Result)]
    [LibraryImport("libc", SetLastError = true)]
    private static partial nint recv(SafeSocketHandle socket, Span<byte> buffer, nuint length, int flags);

    [AsyncCall(Errors = AsyncCallErrors.Result)]
    [LibraryImport("libc", SetLastError = true)]
    private static partial nint send(SafeSocketHandle socket, ReadOnlySpan<byte> buffer, nuint length, int flags);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int fcntl(SafeHandle fd, int command, int argument);

    [Fact]
    public async Task Looks_that_find_nothing_are_given_up_and_come_back_with_the_data()
    {
        await using AsyncCallRuntime runtime = Lane.Native.NewRuntime();
        (Socket here, Socket there) = Pair();
        using Socket one = here, other = there;
        byte[] buffer = new byte[1];
        for (int i = 0; i < 4; i++)
        {
            ValueTask<AsyncCallResult<nint>> waiting = recvAsync(one.SafeHandle, buffer, 1, 0, runtime);
            Assert.False(waiting.IsCompleted);
            other.Send([(byte)i]);
            Assert.Equal(1, (await waiting).Value);
            Assert.Equal(i, buffer[0]);
        }

        other.Send(new byte[Many]);
        long before = runtime.GetStatistics().CompletedInline;
        Assert.Equal(1, (await recvAsync(one.SafeHandle, buffer, 1, 0, runtime)).Value);
        Assert.Equal(before, runtime.GetStatistics().CompletedInline);
        for (int i = 1; i < Many - 4; i++)
        {
            Assert.Equal(1, (await recvAsync(one.SafeHandle, buffer, 1, 0, runtime)).Value);
        }

        before = runtime.GetStatistics().CompletedInline;
        for (int i = 0; i < 4; i++)
        {
            Assert.Equal(1, (await recvAsync(one.SafeHandle, buffer, 1, 0, runtime)).Value);
        }

        Assert.Equal(before + 4, runtime.GetStatistics().CompletedInline);
    }

    [Theory, CombinatorialLanes]
    public async Task A_socket_that_must_not_block_says_so_each_time(Lane lane)
    {
        await using AsyncCallRuntime runtime = lane.NewRuntime();
        (Socket here, Socket there) = Pair();
        using Socket one = here, other = there;
        Assert.Equal(0, fcntl(one.SafeHandle, SetFlags, NonBlock | 2));
        byte[] buffer = new byte[1];
        for (int i = 0; i < Many; i++)
        {
            AsyncCallResult<nint> nothing = await recvAsync(one.SafeHandle, buffer, 1, 0, runtime).AsTask().WaitAsync(TimeSpan.FromSeconds(20));
            Assert.Equal((-1, TryAgain), (nothing.Value, nothing.Errno));
        }

        other.Send([7]);
        Assert.Equal(1, (await recvAsync(one.SafeHandle, buffer, 1, 0, runtime)).Value);
        Assert.Equal(7, buffer[0]);

        // A send takes what fits, and then says that nothing does; one that may block waits for room.
        byte[] large = new byte[1 << 22];
        AsyncCallResult<nint> part = await sendAsync(one.SafeHandle, large, (nuint)large.Length, 0, runtime).AsTask().WaitAsync(TimeSpan.FromSeconds(20));
        Assert.InRange(part.Value, 1, large.Length - 1);
        AsyncCallResult<nint> full = await sendAsync(one.SafeHandle, large, (nuint)large.Length, 0, runtime).AsTask().WaitAsync(TimeSpan.FromSeconds(20));
        Assert.Equal((-1, TryAgain), (full.Value, full.Errno));
    }

    private static (Socket One, Socket Other) Pair()
    {
        using var listener = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        var address = new UnixDomainSocketEndPoint($"\0receive-{Guid.NewGuid():n}");
        listener.Bind(address);
        listener.Listen(1);
        var one = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        one.Connect(address);
        return (one, listener.Accept());
    }
}
