using System.Runtime.InteropServices;
using AsyncCalls.Calls;

namespace AsyncCalls.Contexts.Streams;

/// <summary>Events of a handle. Those that nobody has taken yet are one item, so that a slow consumer costs nothing.</summary>
internal sealed class PollStream(AsyncCallRuntime runtime, SafeHandle handle, short events, CancellationToken token, CancellationToken secondToken)
    : CompletionStream<short>(runtime, handle, CallOperation.Poll, nameof(AsyncCallRuntime.PollAllAsync), token, secondToken)
{
    protected override bool TryDescribe(IoCall call)
    {
        call.Set(IocbSlot.Flags, (ushort)events);
        if (!IsSingle)
        {
            call.MakeMultishot();
        }

        return true;
    }

    protected override bool TryMake(long result, uint flags, out short item)
    {
        item = (short)result;
        return true;
    }

    protected override bool TryMerge(short earlier, short later, out short merged)
    {
        merged = (short)(earlier | later);
        return true;
    }

    protected override void Discard(short item)
    {
    }
}
