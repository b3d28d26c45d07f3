namespace AsyncCalls.Backends.Workers;

/// <summary>When the pool gets another worker. By the watchdog.</summary>
/// <remarks>
/// <para>A class of calls is <b>behind</b> if its oldest entry waited a whole tick although its share has room: fewer entries have been taken by now than had been added by the tick before.
/// It counts and does not peek: a queue that was peeked into gives up its segment and makes a new one.</para>
/// <para>Then one worker is added a tick, <b>if workers are blocked</b>, that is as long as fewer of them compute than there are processors: another thread would help nobody otherwise. It is
/// the kernel that knows (the state of the thread), and it is asked only while calls wait.</para>
/// <para>Patience ends, so that nothing depends on that guess: a bounded call, which needs hardly any processor, gets a worker after <see cref="BoundedPatienceTicks"/>, other calls after
/// <see cref="PatienceTicks"/>, as long as the class library's own pool waits: what computes may be spinning for a call that waits.</para>
/// </remarks>
internal sealed partial class WorkerPool
{
    private const int BoundedPatienceTicks = 20;
    private const int PatienceTicks = 500;

    /// <summary>A worker that was seen blocked is taken to be so still, and looked at again every so many ticks: each look costs about 10 µs.</summary>
    private const int LookAgainTicks = 16;

    /// <summary>What workers that have left had taken. Under the lock.</summary>
    private readonly long[] _takenByLeavers = new long[WorkQueues.Classes];

    // The watchdog's own.
    private readonly long[] _addedBefore = new long[WorkQueues.Classes];
    private readonly int[] _ticksBehind = new int[WorkQueues.Classes];

    public bool Tick()
    {
        Span<long> taken = stackalloc long[WorkQueues.Classes];
        bool active = LookAfterWorkers(taken, out int continuing, out bool behind, out bool gaveBack);
        _dispatchElsewhere = continuing >= ContinuationsMax;
        bool patient = true;
        for (int i = 0; i < WorkQueues.Classes; i++)
        {
            var workClass = (WorkClass)i;
            int waiting = _queues.Count(workClass);
            long met = taken[i] + _queues.Purged(workClass);
            bool waitedTick = waiting > 0 && met < _addedBefore[i] && _queues.HasRoom(workClass);
            _addedBefore[i] = met + waiting;
            _ticksBehind[i] = waitedTick ? _ticksBehind[i] + 1 : 0;
            active |= waiting > 0;
            behind |= waitedTick;
            patient &= _ticksBehind[i] <= (workClass == WorkClass.Bounded ? BoundedPatienceTicks : PatienceTicks);
        }

        if (gaveBack)
        {
            WakeIfNeeded();
        }

        if (behind && (!patient || AreWorkersBlocked()))
        {
            WakeOne(_max + Math.Min(continuing, ContinuationsMax));
            if (!patient)
            {
                _ticksBehind.AsSpan().Clear();
            }
        }

        return active;
    }

    /// <summary>
    /// Repeats interrupts, queues what workers kept for themselves and did not come to, gives back the places that they keep meanwhile, and counts. Answers whether there is something to look after.
    /// </summary>
    private bool LookAfterWorkers(Span<long> taken, out int continuing, out bool behind, out bool gaveBack)
    {
        bool active = false;
        behind = false;
        gaveBack = false;
        continuing = 0;
        lock (_threads)
        {
            _takenByLeavers.CopyTo(taken);
            foreach (Worker worker in _all)
            {
                for (int i = 0; i < taken.Length; i++)
                {
                    taken[i] += worker.Taken((WorkClass)i);
                }

                active |= worker.RepeatInterrupt(_watchdog.Now);
                continuing += worker.InContinuation ? 1 : 0;
                if (worker.Own.TryTakeOverdue(out WorkEntry overdue, out bool isFull))
                {
                    _queues.Enqueue(overdue, WorkQueues.ClassOf(overdue.Call));
                    behind = true;
                }

                if (worker.TryTakeOverduePlace(out bool isKept))
                {
                    _queues.Release(WorkClass.Foreign);
                    gaveBack = true;
                }

                active |= isFull | isKept;
            }
        }

        return active;
    }

    /// <summary>Whether fewer workers compute than there are processors, or one is there that has nothing to do.</summary>
    private bool AreWorkersBlocked()
    {
        Worker[] workers;
        lock (_threads)
        {
            if (_idle.Count > 0)
            {
                return true;
            }

            workers = [.. _all];
        }

        int computing = 0;
        bool lookAgain = _watchdog.Now % LookAgainTicks == 0;
        foreach (Worker worker in workers)
        {
            if (worker.IsComputing(lookAgain) && ++computing == Environment.ProcessorCount)
            {
                return false;
            }
        }

        return true;
    }
}
