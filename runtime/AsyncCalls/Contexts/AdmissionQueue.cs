using System.Collections.Concurrent;
using AsyncCalls.Calls;
using AsyncCalls.Interop.Linux;

namespace AsyncCalls.Contexts;

/// <summary>
/// Calls that found every slot of the in-flight table taken. They wait, in order and cancellable, until others end. Costs a read on the way
/// of a call that does not wait.
/// </summary>
/// <remarks>
/// Who queues a call looks for a free slot afterwards; who frees a slot looks for a waiting call afterwards: a slot and a call cannot
/// miss each other. A call waits in the state Queued, so its canceller can take it.
/// </remarks>
internal sealed class AdmissionQueue : ICallCarrier
{
    private readonly ConcurrentQueue<(Call Call, long Epoch, ICallCarrier Carrier)> _waiting = new();
    private readonly AsyncCallContext _context;
    private int _count;

    public AdmissionQueue(AsyncCallContext context) => _context = context;

    /// <summary>How many calls wait, cancelled ones that were not yet passed over included.</summary>
    public int Count => Volatile.Read(ref _count);

    /// <summary>Queues a prepared call that is to go to <paramref name="carrier"/>.</summary>
    public void Enqueue(Call call, ICallCarrier carrier, CancellationToken cancellationToken)
    {
        call.Carrier = this;
        call.Observe(cancellationToken);
        long epoch = call.Epoch;
        Interlocked.Increment(ref _count);
        call.Accept();
        _waiting.Enqueue((call, epoch, carrier));
        if (call.IsCancelRequested)
        {
            Cancel(call, epoch);
        }

        Admit();
    }

    public void Cancel(Call call, long epoch)
    {
        if (call.TryTake(epoch))
        {
            call.Settle(-Errno.ECANCELED, cancelled: true);
            _context.Publish(call, dispatchHere: false);
        }
    }

    /// <summary>Lets waiting calls go as far as there are slots.</summary>
    public void Admit()
    {
        while (Count > 0 && _waiting.TryDequeue(out (Call Call, long Epoch, ICallCarrier Carrier) entry))
        {
            Interlocked.Decrement(ref _count);
            if (!entry.Call.TryTake(entry.Epoch))
            {
                continue;
            }

            if (!_context.InFlight.TryAdd(entry.Call))
            {
                // Somebody was quicker. To the back: the order of waiting calls is fair, not promised.
                entry.Call.HandBack();
                Interlocked.Increment(ref _count);
                _waiting.Enqueue(entry);
                if (entry.Call.IsCancelRequested)
                {
                    Cancel(entry.Call, entry.Epoch);
                }

                return;
            }

            _context.HandOver(entry.Call, entry.Carrier);
        }
    }

    /// <summary>Cancels every call that waits. By teardown.</summary>
    public void CancelAll()
    {
        while (_waiting.TryDequeue(out (Call Call, long Epoch, ICallCarrier Carrier) entry))
        {
            Interlocked.Decrement(ref _count);
            Cancel(entry.Call, entry.Epoch);
        }
    }
}
