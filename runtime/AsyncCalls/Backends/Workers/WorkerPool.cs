using System.Collections.Concurrent;
using System.Diagnostics;
using AsyncCalls.Calls;
using AsyncCalls.Interop.Linux;

namespace AsyncCalls.Backends.Workers;

/// <summary>
/// Threads for calls that block: as many as processors at once, more when calls wait although nobody computes, none when idle.
/// </summary>
/// <remarks>
/// <para><b>Queue.</b> One queue for all, first in first out. An entry is a call and the epoch of the use that it means: a canceller may take a
/// call that waits, and leaves its entry behind; the worker that meets it finds the epoch over or the call taken, and goes on.</para>
/// <para><b>Waking.</b> <see cref="_searching"/> counts the workers that look for work. Who adds a call wakes one only if nobody searches; the last
/// searcher that finds something wakes the next if more waits. A worker that is about to sleep pushes itself onto the idle stack,
/// leaves the count, full fence, and looks at the queue again; who adds a call enqueues, full fence, and reads the count. One
/// of the two sees the other.</para>
/// <para><b>A worker's own calls.</b> A continuation runs on the worker that completed its call, and often submits the next call right
/// away. That worker looks at the queue itself when the continuation returns, so nobody is woken for the first such call; if the continuation
/// blocks instead, the watchdog sees the call wait and wakes another worker.</para>
/// <para><b>Growth.</b> The watchdog adds one worker a tick while the oldest entry waited a whole tick (fewer have been taken by now than had been added by the tick
/// before), unless the process keeps all processors busy: then another thread helps nobody, until the wait becomes long. It counts and does not peek: a
/// queue that was peeked into gives up its segment and makes a new one.</para>
/// <para><b>The limit</b> is on threads that run calls. A worker in a continuation does not count: continuations that wait for other calls would otherwise stop
/// the pool. A worker that comes back and finds too many threads ends. When <see cref="ContinuationsMax"/> workers are in continuations, the
/// dispatcher runs them instead.</para>
/// </remarks>
internal sealed class WorkerPool : ICallCarrier, IWatched
{
    /// <summary>How long a worker looks for work before it sleeps. Waking a thread on an idle processor costs about 50 µs.</summary>
    private static readonly long SpinTicks = Stopwatch.Frequency * 20 / 1_000_000;

    /// <summary>After this many ticks in the queue a call gets a worker even if the processors are busy.</summary>
    private const int StarvationTicks = 20;

    private const int ContinuationsMax = 64;

    private const double SaturatedShare = 0.9;

    private readonly ConcurrentQueue<Entry> _queue = new();
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

    // The watchdog's own, and under the lock what workers that have left had taken.
    private long _takenByLeavers;
    private long _addedBefore;
    private int _ticksBehind;
    private TimeSpan _cpuSeen;
    private long _cpuSeenAt;

    public WorkerPool(string name, int max, TimeSpan idleTimeout, Watchdog watchdog, CallCounters counters)
    {
        RuntimeName = name;
        _max = max;
        _idleTimeout = idleTimeout;
        _watchdog = watchdog;
        _counters = counters;
        watchdog.Watch(this);
    }

    /// <summary>The runtime's name, for the threads'.</summary>
    public string RuntimeName { get; }

    public string Name => "workers";

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
        _queue.Enqueue(new Entry(call, epoch));
        _watchdog.Arm();
        if (Worker.Current is { OwesLook: false } worker && worker.BelongsTo(this))
        {
            worker.OwesLook = true;
            return;
        }

        // The fence in Arm orders the entry before this look at the count.
        if (Volatile.Read(ref _searching) == 0)
        {
            WakeOne(Math.Min(Environment.ProcessorCount, _max));
        }
    }

    public CancelOutcome Cancel(Call call, long epoch)
    {
        if (call.TryTake(epoch))
        {
            call.Settle(-Errno.ECANCELED, cancelled: true);
            _counters.Add(CompletionPath.Cancelled);
            call.Owner.Publish(call, dispatchHere: false);
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

    public bool CanInterrupt(Call call) => call.Interruption switch
    {
        Interruption.Signal => ThreadInterrupt.IsAvailable,
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

    public bool Tick()
    {
        bool active = false;
        int continuing = 0;
        long taken;
        lock (_threads)
        {
            taken = _takenByLeavers;
            foreach (Worker worker in _all)
            {
                taken += worker.Taken;
                active |= worker.RepeatInterrupt(_watchdog.Now);
                continuing += worker.InContinuation ? 1 : 0;
            }
        }

        _dispatchElsewhere = continuing >= ContinuationsMax;

        int waiting = _queue.Count;
        bool waitedTick = waiting > 0 && taken < _addedBefore;
        _ticksBehind = waitedTick ? _ticksBehind + 1 : 0;
        _addedBefore = taken + waiting;
        if (waiting == 0)
        {
            return active;
        }

        bool saturated = IsSaturated();
        if (waitedTick && (!saturated || _ticksBehind > StarvationTicks))
        {
            WakeOne(_max + Math.Min(continuing, ContinuationsMax));
        }

        return true;
    }

    /// <summary>The life of one worker thread.</summary>
    public void RunWorker(Worker worker)
    {
        while (Find(worker, out Entry entry))
        {
            worker.Taken++;
            Execute(worker, entry);
        }

        worker.Wakened.Dispose();
    }

    private void Execute(Worker worker, Entry entry)
    {
        if (!entry.Call.TryTake(entry.Epoch))
        {
            return;
        }

        // Before the gate opens: a canceller that set its flag earlier than Enter looks finds the worker here.
        Call call = entry.Call;
        call.Gate = worker;
        call.Execute(worker);
        CleanThread.Restore();
        _counters.AddSettled(call, CompletionPath.Workers);
        worker.InContinuation = true;
        call.Owner.Publish(call, dispatchHere: !_dispatchElsewhere);
        worker.InContinuation = false;
    }

    /// <summary>The next entry, for a worker that enters busy. False: the thread ends.</summary>
    private bool Find(Worker worker, out Entry entry)
    {
        // A new or wakened worker is counted as searching by who made or woke it; one that was busy is not.
        if (!worker.IsSearching)
        {
            worker.OwesLook = false;
            if (_count > _max && IsTooMany(worker))
            {
                entry = default;
                return false;
            }

            if (_queue.TryDequeue(out entry))
            {
                return true;
            }

            Interlocked.Increment(ref _searching);
            worker.IsSearching = true;
        }

        while (true)
        {
            if (Spin(out entry))
            {
                worker.IsSearching = false;
                if (Interlocked.Decrement(ref _searching) == 0 && !_queue.IsEmpty)
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
        if (!_queue.IsEmpty)
        {
            WakeOne(_max);
        }

        return true;
    }

    private void Leave(Worker worker)
    {
        _takenByLeavers += worker.Taken;
        _all.Remove(worker);
        _count = _all.Count;
    }

    private bool Spin(out Entry entry)
    {
        long until = Stopwatch.GetTimestamp() + SpinTicks;
        do
        {
            if (_queue.TryDequeue(out entry))
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
            if (_stopping && _queue.IsEmpty)
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
        if (!_queue.IsEmpty)
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

    /// <summary>Whether the process used nearly all processors since the last look.</summary>
    private bool IsSaturated()
    {
        TimeSpan cpu = Environment.CpuUsage.TotalTime;
        long now = Stopwatch.GetTimestamp();
        double share = (cpu - _cpuSeen).TotalSeconds / Stopwatch.GetElapsedTime(_cpuSeenAt, now).TotalSeconds / Environment.ProcessorCount;
        _cpuSeen = cpu;
        _cpuSeenAt = now;
        return share > SaturatedShare;
    }

    private readonly record struct Entry(Call Call, long Epoch);
}
