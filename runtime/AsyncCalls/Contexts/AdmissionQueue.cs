using System.Collections.Concurrent;
using AsyncCalls.Calls;

namespace AsyncCalls.Contexts;

/// <summary>
/// Calls that found every slot of the in-flight table taken. They wait, in order and cancellable, until others end. Costs a read on the way
/// of a call that does not wait.
/// </summary>
/// <remarks>
/// Who queues a call looks for a free slot afterwards; who frees a slot looks for a waiting call afterwards, both under
/// <see cref="_admitting"/>: a slot and a call cannot miss each other. A call waits in the state Queued, so its canceller can take it; its entry is then
/// passed over. No user code runs under the lock.
/// </remarks>
internal sealed class AdmissionQueue : ICallCarrier
{
    private readonly ConcurrentQueue<(Call Call, long Epoch, ICallCarrier Carrier)> _waiting = new();
    private readonly Lock _admitting = new();
    private readonly CallEngine _engine;
    private int _count;

    public AdmissionQueue(CallEngine engine) => _engine = engine;

    public string Name => "none";

    /// <summary>How many calls wait, cancelled ones that were not yet passed over included.</summary>
    public int Count => Volatile.Read(ref _count);

    /// <summary>Queues a prepared call that is to go to <paramref name="carrier"/>.</summary>
    public void Enqueue(Call call, ICallCarrier carrier, CancellationToken cancellationToken)
    {
        call.Carrier = this;
        call.StartedMs = Environment.TickCount64;
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

    public CancelOutcome Cancel(Call call, long epoch)
    {
        if (!call.TryTake(epoch))
        {
            // It is being admitted at this moment: the flag is seen when it is handed over.
            return CancelOutcome.InProgress;
        }

        _engine.EndUnrun(call);
        return CancelOutcome.Cancelled;
    }

    public bool CanInterrupt(Call call) => true;

    /// <summary>The calls that wait, at this moment.</summary>
    public IEnumerable<CallUse> Snapshot()
    {
        foreach ((Call call, long epoch, ICallCarrier _) in _waiting)
        {
            yield return new CallUse(call, epoch);
        }
    }

    /// <summary>Lets waiting calls go as far as there are slots.</summary>
    public void Admit()
    {
        lock (_admitting)
        {
            while (_waiting.TryPeek(out (Call Call, long Epoch, ICallCarrier Carrier) entry))
            {
                bool taken = entry.Call.TryTake(entry.Epoch);
                if (taken && !_engine.InFlight.TryAdd(entry.Call))
                {
                    // It stays in front. Who frees the next slot finds the count above zero, and waits for this lock.
                    entry.Call.HandBack();
                    if (entry.Call.IsCancelRequested)
                    {
                        Cancel(entry.Call, entry.Epoch);
                    }

                    return;
                }

                _waiting.TryDequeue(out _);
                Interlocked.Decrement(ref _count);
                if (!taken)
                {
                    continue;
                }

                // The slot was stored before this look; the fence is Close's, as for a call that did not wait.
                if (_engine.IsClosed)
                {
                    _engine.EndUnrun(entry.Call);
                }
                else
                {
                    _engine.HandOver(entry.Call, entry.Carrier);
                }
            }
        }
    }

    /// <summary>Cancels the waiting calls of one owner, which it must not wait for. Their entries are passed over later.</summary>
    public void CancelOf(ICallOwner owner)
    {
        lock (_admitting)
        {
            foreach ((Call call, long epoch, ICallCarrier _) in _waiting)
            {
                if (call.Owner == owner)
                {
                    Cancel(call, epoch);
                }
            }
        }
    }

    /// <summary>Cancels every call that waits. By teardown.</summary>
    public void CancelAll()
    {
        lock (_admitting)
        {
            while (_waiting.TryDequeue(out (Call Call, long Epoch, ICallCarrier Carrier) entry))
            {
                Interlocked.Decrement(ref _count);
                Cancel(entry.Call, entry.Epoch);
            }
        }
    }
}
