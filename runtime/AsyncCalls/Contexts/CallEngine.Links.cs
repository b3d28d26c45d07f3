using AsyncCalls.Backends;
using AsyncCalls.Calls;
using AsyncCalls.Interop.Linux;

namespace AsyncCalls.Contexts;

/// <summary>What chains need of the engine.</summary>
internal sealed partial class CallEngine
{
    /// <summary>Hands a call that waited for its turn, and whose taker has it (Running), to a backend. Its time in that backend begins now.</summary>
    public void HandOn(Call call, Backend backend)
    {
        call.StartedMs = Environment.TickCount64;
        HandOver(call, Carrier(backend));
    }

    /// <summary>Ends a call as cancelled that its taker has (Running) and that has not begun.</summary>
    public void EndUnrun(Call call)
    {
        call.Settle(-Errno.ECANCELED, cancelled: true);
        Counters.Add(CompletionPath.Cancelled);
        call.Owner.Publish(call, dispatchHere: false);
    }

    /// <summary>Undoes the start of a submitted call that waits for its turn: it has no completion. False: somebody has cancelled it, and so it has one.</summary>
    public bool TryWithdraw(IoCall call, long epoch)
    {
        if (!call.TryTake(epoch))
        {
            return false;
        }

        ICallOwner owner = call.Owner;
        Take(call.Id);
        call.Settle(-Errno.ECANCELED, cancelled: true);
        call.Retire();
        owner.Refused();
        return true;
    }
}
