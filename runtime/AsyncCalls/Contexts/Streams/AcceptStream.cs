using System.Net.Sockets;
using System.Runtime.InteropServices;
using AsyncCalls.Calls;

namespace AsyncCalls.Contexts.Streams;

/// <summary>Connections of a socket that listens. Each is a handle from the moment when it is known, so that none is ever forgotten open.</summary>
internal sealed class AcceptStream(AsyncCallRuntime runtime, SafeHandle listener, string method, int flags, CancellationToken token, CancellationToken secondToken)
    : CompletionStream<SafeSocketHandle>(runtime, listener, CallOperation.Accept, method, token, secondToken)
{
    public const int CloseOnExec = 0x80000; // SOCK_CLOEXEC

    protected override bool TryDescribe(IoCall call)
    {
        call.Set(IocbSlot.Flags, flags);
        if (!IsSingle)
        {
            call.MakeMultishot();
        }

        return true;
    }

    protected override bool TryMake(long result, uint flags, out SafeSocketHandle item)
    {
        item = new SafeSocketHandle((nint)result, ownsHandle: true);
        return true;
    }

    protected override void Discard(SafeSocketHandle item) => item.Dispose();
}
