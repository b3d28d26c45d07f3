using System.Net;
using System.Net.Sockets;

namespace AsyncCalls.Runtime.Tests;

/// <summary>A time limit that a socket has (<c>SO_RCVTIMEO</c>, <c>SO_SNDTIMEO</c>) ends a call as it ends the system call, on every path: EAGAIN, or what was sent until then.</summary>
public sealed class TimeLimitTests
{
    private const int Eagain = 11;
    private const int LimitMs = 60;
    private const int FullBytes = 16 << 20;

    public static TheoryData<Lane, CallOperation> Cases { get; } = new(
        from lane in Enum.GetValues<Lane>()
        from operation in (CallOperation[])[CallOperation.Receive, CallOperation.Read, CallOperation.Accept, CallOperation.Send, CallOperation.SendZeroCopy, CallOperation.Write]
        select (lane, operation));

    [Theory, MemberData(nameof(Cases))]
    public void It_ends_the_call(Lane lane, CallOperation operation)
    {
        using AsyncCallRuntime runtime = lane.NewRuntime();
        using AsyncCallContext context = runtime.CreateContext();
        using var listener = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { ReceiveTimeout = LimitMs };
        listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        listener.Listen();
        using var near = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { ReceiveTimeout = LimitMs, SendTimeout = LimitMs };
        near.Connect(listener.LocalEndPoint!);
        using Socket far = listener.Accept();
        using HandleLease listening = context.Lease(listener.SafeHandle);
        using HandleLease socket = context.Lease(near.SafeHandle);
        using BufferLease buffer = context.Pin(new byte[FullBytes]);
        long start = Environment.TickCount64;
        context.Submit(operation switch
        {
            CallOperation.Receive => Iocb.Receive(socket, buffer, 1),
            CallOperation.Read => Iocb.Read(socket, buffer, 1),
            CallOperation.Accept => Iocb.Accept(listening),
            CallOperation.Send => Iocb.Send(socket, buffer, FullBytes),
            CallOperation.SendZeroCopy => Iocb.SendZeroCopy(socket, buffer, FullBytes),
            _ => Iocb.Write(socket, buffer, FullBytes),
        });
        long result = context.ReapOne().Result;
        Assert.True(Environment.TickCount64 - start >= LimitMs / 2, "It ended too early.");
        if (operation is CallOperation.Send or CallOperation.SendZeroCopy or CallOperation.Write)
        {
            // The peer takes nothing: what its queue has room for was sent.
            Assert.InRange(result, 1, FullBytes - 1);
        }
        else
        {
            Assert.Equal(-Eagain, result);
        }

        context.AssertQuiet();
    }
}
