using System.Diagnostics;
using System.Runtime.InteropServices;
using AsyncCalls.Calls;
using AsyncCalls.Interop.Linux;

namespace AsyncCalls.Backends.Workers;

/// <summary>
/// Threads for calls that block: as many as processors at once, more when calls wait although workers are blocked, none when idle.
/// </summary>
/// <remarks>
/// <para><b>Queues.</b> <see cref="WorkQueues"/> has one for each class of calls and what share of the workers each may have, so that a quick call never waits behind slow ones. An entry is a
/// call and the epoch of the use that it means: a canceller may take a call that waits, and leaves its entry behind; the worker that meets it finds the epoch over or the call taken, and
/// goes on. Calls of a handle that has a limit pass its <see cref="HandleLane"/> before.</para>
/// <para><b>Waking.</b> <see cref="_searching"/> counts the workers that look for work. Who adds a call wakes one only if nobody searches; the last
/// searcher that finds something wakes the next if more waits. A worker that is about to sleep pushes itself onto the idle stack,
/// leaves the count, full fence, and looks at the queues again; who adds a call enqueues, full fence, and reads the count. One
/// of the two sees the other. "Waits" means: that a worker may take. Who gives back a place in a share looks at the queues afterwards.</para>
/// <para><b>A worker's own calls.</b> A continuation runs on the worker that completed its call, and often submits the next call right
/// away. That worker makes it itself when the continuation returns (<see cref="OwnCall"/>), so nobody is woken for the first such call; if the continuation
/// blocks instead, the watchdog sees the call wait, queues it and wakes another worker. The place of a method in its share goes to the worker's own next method without being given back between the two;
/// of a continuation that blocks the watchdog takes it likewise. So what is counted as taken is what runs, and for a tick or two what has just run.</para>
/// <para><b>The limit</b> is on threads that run calls. A worker in a continuation does not count: continuations that wait for other calls would otherwise stop
/// the pool. A worker that comes back and finds too many threads ends. When <see cref="ContinuationsMax"/> workers are in continuations, the
/// dispatcher runs them instead. Growth is in <c>WorkerPool.Growth.cs</c>.</para>
/// </remarks>
internal sealed partial class WorkerPool : ICallCarrier, IWatched
{
    /// <summary>How long a worker looks for work before it sleeps. Waking a thread on an idle processor costs about 50 µs.</summary>
    private static readonly long SpinTicks = Stopwatch.Frequency * 20 / 1_000_000;

    private const int ContinuationsMax = 64;

    private readonly WorkQueues _queues;
    private readonly HandleLanes _lanes;
    private readonly Lock _threads = new();
    private readonly Stack<Worker> _idle = new();
    private readonly List<Worker> _all = [];
    private readonly Watchdog _watchdog;
    private readonly CallCounters _counters;
    private readonly int _max;
    private readonly TimeSpan _idleTimeout;
    private int _searching;
    private int _lastNumber;
    private volatile int _count;
    private volatile bool _dispatchElsewhere;
    private bool _stopping;

    public WorkerPool(RuntimeName name, int max, int? maxPerHandle, TimeSpan idleTimeout, Watchdog watchdog, CallCounters counters)
    {
        Runtime = name;
        _max = max;
        _queues = new WorkQueues(max);
        _lanes = new HandleLanes(maxPerHandle);
        _idleTimeout = idleTimeout;
        _watchdog = watchdog;
        _counters = counters;
        watchdog.Watch(this);
    }

    /// <summary>Whose threads these are.</summary>
    public RuntimeName Runtime { get; }

    public string Name => "workers";

    public int Waiting => _queues.Count(WorkClass.Bounded) + _queues.Count(WorkClass.Foreign) + _queues.Count(WorkClass.Unbounded);

    public int ThreadCount
    {
        get
        {
            lock (_threads)
            {
                return _all.Count;
            }
        }
    }

    /// <summary>Queues an accepted call.</summary>
    public void Enqueue(Call call, long epoch)
    {
        if (!_lanes.AreUsed)
        {
            Enqueue(new WorkEntry(call, epoch, Lane: null));
            return;
        }

        // Somebody may take the call at this moment, and then the lane is another use's: the entry is stale, and gives its place back when it is met.
        HandleLane? lane = _lanes.Of(call.Handle);
        var entry = new WorkEntry(call, epoch, lane);
        if (lane is null || lane.Enter(entry))
        {
            Enqueue(entry);
        }
    }

    /// <summary>Bounds the workers that the calls of a handle may have at once.</summary>
    public void Limit(SafeHandle handle, int max)
    {
        HandleLane lane = _lanes.Limit(handle, max);
        while (lane.TryAdmitNext(out WorkEntry next))
        {
            Enqueue(next);
        }
    }

    public CancelOutcome Cancel(Call call, long epoch)
    {
        WorkClass workClass = WorkQueues.ClassOf(call);
        if (call.TryTake(epoch))
        {
            call.Settle(-Errno.ECANCELED, cancelled: true);
            _counters.Add(CompletionPath.Cancelled);
            call.Owner.Publish(call, dispatchHere: false);
            if (_queues.LeftStale(workClass))
            {
                WakeIfNeeded();
            }

            return CancelOutcome.Cancelled;
        }

        if (!CanInterrupt(call))
        {
            return CancelOutcome.NotPossible;
        }

        if (call is { Interruption: Interruption.Signal, Gate: Worker worker })
        {
            worker.Interrupt(call);
            _watchdog.Arm();
        }

        return CancelOutcome.InProgress;
    }

    /// <summary>Whether a worker that is blocked in a system call can be interrupted.</summary>
    public bool CanSignal => !Runtime.IsPortable && ThreadInterrupt.IsAvailable;

    public bool CanInterrupt(Call call) => call.Interruption switch
    {
        Interruption.Signal => CanSignal,
        Interruption.Token => true,
        _ => false,
    };

    /// <summary>Ends the threads once the queue is empty. Nobody adds a call any more.</summary>
    public void Stop()
    {
        lock (_threads)
        {
            _stopping = true;
            while (_idle.TryPop(out Worker? worker))
            {
                Interlocked.Increment(ref _searching);
                worker.Wakened.Set();
            }
        }
    }

    /// <summary>The life of one worker thread.</summary>
    public void RunWorker(Worker worker)
    {
        while (Find(worker, out WorkEntry entry, out WorkClass workClass))
        {
            worker.Ready();
            Execute(worker, entry, workClass);
        }

        // Its number may be another thread's next: no signal is on its way to it any more.
        worker.Ready();
        worker.Wakened.Dispose();
    }

    private void Execute(Worker worker, in WorkEntry entry, WorkClass workClass)
    {
        if (!entry.Call.TryTake(entry.Epoch))
        {
            _queues.MetStale(workClass);
            GiveBack(entry, workClass);
            return;
        }

        // Before the gate opens: a canceller that set its flag earlier than Enter looks finds the worker here.
        Call call = entry.Call;
        call.Gate = worker;
        call.Execute(worker);
        CleanThread.Restore();
        _counters.AddSettled(call, CompletionPath.Workers);
        if (workClass == WorkClass.Foreign && entry.Lane is null)
        {
            worker.KeepPlace();
        }
        else
        {
            GiveBack(entry, workClass);
        }

        worker.InContinuation = true;
        call.Owner.Publish(call, dispatchHere: !_dispatchElsewhere);
        worker.InContinuation = false;
    }

    /// <summary>Gives back the places that an entry had, in the share of its class and in the lane of its handle. This worker looks at the queues next, or the watchdog sees that it does not.</summary>
    private void GiveBack(in WorkEntry entry, WorkClass workClass)
    {
        _queues.Release(workClass);
        if (entry.Lane is { } lane && lane.Leave(out WorkEntry next))
        {
            Enqueue(next);
        }
    }

    /// <summary>Gives back the place that a worker kept, if it did, and does not need for a call of its own. The caller looks at the queues afterwards.</summary>
    private bool GiveBackPlace(Worker worker)
    {
        if (!worker.TryTakePlace())
        {
            return false;
        }

        _queues.Release(WorkClass.Foreign);
        return true;
    }

    private void Enqueue(in WorkEntry entry)
    {
        WorkClass workClass = WorkQueues.ClassOf(entry.Call);
        Worker? worker = Worker.Current is { OwesLook: false } current && current.BelongsTo(this) ? current : null;
        if (worker is not { InContinuation: true } || Volatile.Read(ref _searching) != 0 || !worker.Own.TryKeep(entry, _watchdog.Now))
        {
            _queues.Enqueue(entry, workClass);
        }

        _watchdog.Arm();
        if (worker is not null)
        {
            worker.OwesLook = true;
            return;
        }

        // A full fence: orders the entry before these looks.
        Interlocked.MemoryBarrier();
        if (_queues.HasRoom(workClass) && Volatile.Read(ref _searching) == 0)
        {
            WakeOne(Math.Min(Environment.ProcessorCount, _max));
        }
    }

    private void WakeIfNeeded()
    {
        Interlocked.MemoryBarrier();
        if (_queues.HasWork && Volatile.Read(ref _searching) == 0)
        {
            WakeOne(Math.Min(Environment.ProcessorCount, _max));
        }
    }

    /// <summary>The next entry, for a worker that enters busy. False: the thread ends.</summary>
    private bool Find(Worker worker, out WorkEntry entry, out WorkClass workClass)
    {
        // A new or wakened worker is counted as searching by who made or woke it; one that was busy is not.
        if (!worker.IsSearching)
        {
            worker.OwesLook = false;
            if (_count > _max && IsTooMany(worker))
            {
                entry = default;
                workClass = default;
                return false;
            }

            if (TryTakeOwn(worker, out entry, out workClass))
            {
                return true;
            }

            bool gaveBack = GiveBackPlace(worker);
            worker.Own.EndRow();
            if (TryTakeQueued(worker, out entry, out workClass))
            {
                if (gaveBack && workClass != WorkClass.Foreign)
                {
                    WakeIfNeeded();
                }

                return true;
            }

            Interlocked.Increment(ref _searching);
            worker.IsSearching = true;
        }

        while (true)
        {
            if (Spin(worker, out entry, out workClass))
            {
                worker.IsSearching = false;
                if (Interlocked.Decrement(ref _searching) == 0 && _queues.HasWork)
                {
                    WakeOne(Math.Min(Environment.ProcessorCount, _max));
                }

                return true;
            }

            if (!Sleep(worker))
            {
                return false;
            }
        }
    }

    /// <summary>Takes what the worker kept for itself; where the share of its class has no room it is queued.</summary>
    private bool TryTakeOwn(Worker worker, out WorkEntry entry, out WorkClass workClass)
    {
        workClass = default;
        if (!worker.Own.TryTake(out entry))
        {
            return false;
        }

        workClass = WorkQueues.ClassOf(entry.Call);
        if (workClass == WorkClass.Foreign ? worker.TryTakePlace() || _queues.TryReserve(workClass) : TryReserveAnother(worker, workClass))
        {
            worker.TakeOwn();
            return true;
        }

        _queues.Enqueue(entry, workClass);
        return false;
    }

    /// <summary>Takes a place for a call that is no method, and gives back the one of the method before: somebody else may have one to make, and this worker does not look.</summary>
    private bool TryReserveAnother(Worker worker, WorkClass workClass)
    {
        if (GiveBackPlace(worker))
        {
            WakeIfNeeded();
        }

        return _queues.TryReserve(workClass);
    }

    private bool TryTakeQueued(Worker worker, out WorkEntry entry, out WorkClass workClass)
    {
        if (!_queues.TryTake(worker.Turn, out entry, out workClass))
        {
            return false;
        }

        worker.Take(workClass);
        return true;
    }

    /// <summary>Whether there are more threads for calls than the limit allows; then the worker has left the pool.</summary>
    private bool IsTooMany(Worker worker)
    {
        lock (_threads)
        {
            if (_all.Count(static other => !other.InContinuation) <= _max)
            {
                return false;
            }

            Leave(worker);
        }

        // What it was to look after is somebody else's now.
        if (worker.Own.TryTake(out WorkEntry own))
        {
            _queues.Enqueue(own, WorkQueues.ClassOf(own.Call));
        }

        _ = GiveBackPlace(worker);
        if (_queues.HasWork)
        {
            WakeOne(_max);
        }

        return true;
    }

    private void Leave(Worker worker)
    {
        for (int workClass = 0; workClass < WorkQueues.Classes; workClass++)
        {
            _takenByLeavers[workClass] += worker.Taken((WorkClass)workClass);
        }

        _all.Remove(worker);
        _count = _all.Count;
    }

    private bool Spin(Worker worker, out WorkEntry entry, out WorkClass workClass)
    {
        long until = Stopwatch.GetTimestamp() + SpinTicks;
        do
        {
            if (TryTakeQueued(worker, out entry, out workClass))
            {
                return true;
            }

            Thread.SpinWait(10);
        }
        while (Stopwatch.GetTimestamp() < until);
        return false;
    }

    /// <summary>Sleeps until woken. Enters and leaves as searching. False: the worker has left the pool.</summary>
    private bool Sleep(Worker worker)
    {
        lock (_threads)
        {
            if (_stopping && _queues.IsEmpty)
            {
                Interlocked.Decrement(ref _searching);
                Leave(worker);
                return false;
            }

            worker.Wakened.Reset();
            _idle.Push(worker);
        }

        // A full fence: orders the push before the look at the queue; its partner is the fence in Enqueue.
        Interlocked.Decrement(ref _searching);
        if (_queues.HasWork)
        {
            WakeOne(Math.Min(Environment.ProcessorCount, _max));
        }

        if (worker.Wakened.Wait(_idleTimeout))
        {
            return true;
        }

        lock (_threads)
        {
            if (worker.Wakened.IsSet)
            {
                return true;
            }

            RemoveIdle(worker);
            Leave(worker);
            return false;
        }
    }

    /// <summary>Wakes an idle worker, or makes one if there are fewer than <paramref name="limit"/>. Either starts out searching.</summary>
    private void WakeOne(int limit)
    {
        lock (_threads)
        {
            if (_idle.TryPop(out Worker? worker))
            {
                Interlocked.Increment(ref _searching);
                worker.Wakened.Set();
                return;
            }

            if (_all.Count >= limit)
            {
                return;
            }

            worker = new Worker(this, _lastNumber + 1) { IsSearching = true };
            Interlocked.Increment(ref _searching);
            try
            {
                worker.Start();
            }
            catch (OutOfMemoryException)
            {
                // The system has no thread to give. The watchdog asks again as long as calls wait.
                Interlocked.Decrement(ref _searching);
                return;
            }

            _lastNumber++;
            _all.Add(worker);
            _count = _all.Count;
        }
    }

    private void RemoveIdle(Worker leaver)
    {
        Worker[] stay = [.. _idle.Where(worker => worker != leaver).Reverse()];
        _idle.Clear();
        foreach (Worker worker in stay)
        {
            _idle.Push(worker);
        }
    }
}
