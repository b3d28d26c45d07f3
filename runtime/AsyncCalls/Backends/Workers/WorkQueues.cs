using System.Collections.Concurrent;
using AsyncCalls.Calls;

namespace AsyncCalls.Backends.Workers;

/// <summary>How long a call may keep a worker.</summary>
internal enum WorkClass
{
    /// <summary>A system call that waits for no peer: it ends by itself, soon.</summary>
    Bounded = 0,

    /// <summary>A method, or an import of which nothing is known: it may compute, or block for any time.</summary>
    Foreign = 1,

    /// <summary>A call that waits for others: a stream, a lock, a raw system call. It may never end by itself.</summary>
    Unbounded = 2,
}

/// <summary>A call that waits for a worker, as the use that is meant, and the lane of its handle if that has a limit.</summary>
internal readonly record struct WorkEntry(Call Call, long Epoch, HandleLane? Lane)
{
    /// <summary>Whether the call still waits. One that was cancelled leaves its entry behind.</summary>
    public bool IsLive => Call.IsQueued(Epoch);
}

/// <summary>The calls that wait for a worker: a queue for each <see cref="WorkClass"/>, and how many workers each class may have at once.</summary>
/// <remarks>
/// <para><b>Shares.</b> Of M workers, calls that may never end have at most U at once, they and methods together at most F, and bounded calls all of M: U &lt; F &lt; M where M is 3 or more. So whatever
/// blocks, there are workers that only get what ends soon, and workers that parked calls never get. M = 2: F = M. M = 1: there is nothing to share.</para>
/// <para><b>Taking.</b> A worker reserves its place in the shares (compare-and-swap, never above the limit), then dequeues, and gives the place back if it found nothing or when the
/// call has ended; a worker may keep that of a method for its own next one (<see cref="Worker.KeepPlace"/>). Whoever gives a place back looks at the queues afterwards, before it sleeps: a call that others passed over because the share was used up is met by one of them.</para>
/// <para><b>Turns.</b> Each look of a worker begins with another class: none starves while another is busy.</para>
/// <para><b>Stale entries.</b> A canceller takes a call that waits and leaves its entry. Behind a share that is used up for long they would pile up: when half of a queue may be stale it is
/// gone through once.</para>
/// </remarks>
internal sealed class WorkQueues
{
    public const int Classes = 3;

    /// <summary>One worker in so many is kept for bounded calls, and as many more for methods: with the default of 64 workers, 8 and 8.</summary>
    private const int ReserveShare = 8;

    /// <summary>Fewer stale entries than this (6 KiB) are not looked for.</summary>
    private const int StaleMin = 256;

    private readonly ConcurrentQueue<WorkEntry>[] _queues = [new(), new(), new()];
    private readonly int[] _stale = new int[Classes];
    private readonly long[] _purged = new long[Classes];
    private int _foreign;
    private int _unbounded;

    public WorkQueues(int workersMax)
    {
        int reserve = Math.Max(1, workersMax / ReserveShare);
        ForeignMax = Math.Max(Math.Min(workersMax, 2), workersMax - reserve);
        UnboundedMax = Math.Max(1, workersMax - (2 * reserve));
    }

    /// <summary>The most methods, and calls that may never end, that run at once.</summary>
    public int ForeignMax { get; }

    /// <summary>The most calls that may never end that run at once.</summary>
    public int UnboundedMax { get; }

    /// <summary>Whether no entry is there, in no class.</summary>
    public bool IsEmpty => _queues[0].IsEmpty && _queues[1].IsEmpty && _queues[2].IsEmpty;

    /// <summary>Whether a worker that looked now would find something that it may take.</summary>
    public bool HasWork => IsOpen(WorkClass.Bounded) || IsOpen(WorkClass.Foreign) || IsOpen(WorkClass.Unbounded);

    public static WorkClass ClassOf(Call call) =>
        call.IsUnbounded ? WorkClass.Unbounded
        : call.Operation is CallOperation.Body or CallOperation.Import ? WorkClass.Foreign
        : WorkClass.Bounded;

    public void Enqueue(in WorkEntry entry, WorkClass workClass) => _queues[(int)workClass].Enqueue(entry);

    /// <summary>How many wait in a class.</summary>
    public int Count(WorkClass workClass) => _queues[(int)workClass].Count;

    /// <summary>Entries of a class that were taken out because nobody waited for them any more.</summary>
    public long Purged(WorkClass workClass) => Volatile.Read(ref _purged[(int)workClass]);

    /// <summary>Whether something waits in a class and its share has room.</summary>
    public bool IsOpen(WorkClass workClass) => !_queues[(int)workClass].IsEmpty && HasRoom(workClass);

    /// <summary>Whether the share of a class has room.</summary>
    public bool HasRoom(WorkClass workClass) =>
        workClass == WorkClass.Bounded
        || (Volatile.Read(ref _foreign) < ForeignMax && (workClass == WorkClass.Foreign || Volatile.Read(ref _unbounded) < UnboundedMax));

    /// <summary>Takes an entry and a place in the share of its class, which the taker gives back by <see cref="Release"/>.</summary>
    /// <param name="turn">Which class is looked at first, modulo their number.</param>
    /// <param name="entry">What was taken.</param>
    /// <param name="workClass">Its class.</param>
    public bool TryTake(uint turn, out WorkEntry entry, out WorkClass workClass)
    {
        for (uint i = 0; i < Classes; i++)
        {
            workClass = (WorkClass)((turn + i) % Classes);
            ConcurrentQueue<WorkEntry> queue = _queues[(int)workClass];
            if (queue.IsEmpty || !TryReserve(workClass))
            {
                continue;
            }

            if (queue.TryDequeue(out entry))
            {
                return true;
            }

            Release(workClass);
        }

        entry = default;
        workClass = default;
        return false;
    }

    /// <summary>Takes a place in the share of a class, for a call that was in no queue.</summary>
    public bool TryReserve(WorkClass workClass)
    {
        if (workClass == WorkClass.Bounded)
        {
            return true;
        }

        if (!TryAdd(ref _foreign, ForeignMax))
        {
            return false;
        }

        if (workClass == WorkClass.Foreign || TryAdd(ref _unbounded, UnboundedMax))
        {
            return true;
        }

        Interlocked.Decrement(ref _foreign);
        return false;
    }

    /// <summary>Gives a place in a share back. The caller looks at the queues afterwards.</summary>
    public void Release(WorkClass workClass)
    {
        if (workClass != WorkClass.Bounded)
        {
            if (workClass == WorkClass.Unbounded)
            {
                Interlocked.Decrement(ref _unbounded);
            }

            Interlocked.Decrement(ref _foreign);
        }
    }

    /// <summary>A worker met an entry that nobody waits for any more.</summary>
    public void MetStale(WorkClass workClass)
    {
        // About right is enough: it only says when to look.
        ref int stale = ref _stale[(int)workClass];
        if (Volatile.Read(ref stale) > 0)
        {
            Interlocked.Decrement(ref stale);
        }
    }

    /// <summary>
    /// A call that waited was cancelled. True: stale entries were taken out, and live ones were out of their queue for a moment: look whether a worker must be woken.
    /// </summary>
    public bool LeftStale(WorkClass workClass)
    {
        ref int stale = ref _stale[(int)workClass];
        int now = Interlocked.Increment(ref stale);
        ConcurrentQueue<WorkEntry> queue = _queues[(int)workClass];
        if (now < StaleMin || now < queue.Count / 2 || Interlocked.CompareExchange(ref stale, 0, now) != now)
        {
            return false;
        }

        for (int left = queue.Count; left > 0 && queue.TryDequeue(out WorkEntry entry); left--)
        {
            if (entry.IsLive || entry.Lane is not null)
            {
                // In order, but for what was added meanwhile. An entry of a lane is its place in the lane: a worker gives it back.
                queue.Enqueue(entry);
            }
            else
            {
                Interlocked.Increment(ref _purged[(int)workClass]);
            }
        }

        return true;
    }

    private static bool TryAdd(ref int count, int max)
    {
        int seen = Volatile.Read(ref count);
        while (seen < max)
        {
            int before = Interlocked.CompareExchange(ref count, seen + 1, seen);
            if (before == seen)
            {
                return true;
            }

            seen = before;
        }

        return false;
    }
}
