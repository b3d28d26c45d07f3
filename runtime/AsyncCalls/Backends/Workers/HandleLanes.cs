using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace AsyncCalls.Backends.Workers;

/// <summary>How many workers the calls of one handle may have at once, for all handles or for certain ones.</summary>
internal sealed class HandleLanes
{
    private readonly ConditionalWeakTable<SafeHandle, HandleLane> _lanes = [];
    private readonly int? _defaultMax;
    private volatile bool _areUsed;

    /// <param name="defaultMax">The limit of a handle that was given no other; null: none.</param>
    public HandleLanes(int? defaultMax)
    {
        _defaultMax = defaultMax;
        _areUsed = defaultMax is not null;
    }

    /// <summary>Whether any handle has a limit. As long as none has, calls pay for it with this read.</summary>
    public bool AreUsed => _areUsed;

    /// <summary>The lane of a handle; null: it has no limit.</summary>
    public HandleLane? Of(SafeHandle? handle)
    {
        if (handle is null)
        {
            return null;
        }

        return _lanes.TryGetValue(handle, out HandleLane? lane) || _defaultMax is not { } max ? lane : Make(handle, max);
    }

    /// <summary>Gives a handle a limit, from now on: calls that were handed over before are not counted unless it had one. The caller then admits what may wait.</summary>
    public HandleLane Limit(SafeHandle handle, int max)
    {
        HandleLane lane = Make(handle, max);
        lane.SetMax(max);
        _areUsed = true;
        return lane;
    }

    /// <summary>Apart from <see cref="Of"/>, so that the closure is made only for a handle that is new.</summary>
    private HandleLane Make(SafeHandle handle, int max) => _lanes.GetValue(handle, _ => new HandleLane(max));
}

/// <summary>The calls of one handle that has a limit: so many are with the workers (queued there, or running), the others wait here, in order.</summary>
/// <remarks>
/// A place in the lane belongs to an entry from when it is let in until a worker has met it, whether the call was still there or had been cancelled. A call that waits here is taken by its
/// canceller as everywhere, and its entry is passed over; entries of cancelled calls are swept out when they may be half of all. All fields are under <see cref="_gate"/>; nothing is called
/// under it.
/// </remarks>
internal sealed class HandleLane(int max)
{
    private const int SweepMin = 64;

    private readonly Lock _gate = new();
    private readonly Queue<WorkEntry> _waiting = new();
    private int _max = max;
    private int _inside;
    private int _sweepAt = SweepMin;

    /// <summary>Lets a call go to the workers, or keeps it. True: the caller queues the entry there.</summary>
    public bool Enter(in WorkEntry entry)
    {
        lock (_gate)
        {
            if (_inside < _max)
            {
                _inside++;
                return true;
            }

            _waiting.Enqueue(entry);
            if (_waiting.Count >= _sweepAt)
            {
                Sweep();
            }

            return false;
        }
    }

    /// <summary>Gives a place back. True: it is the place of the next call, which the caller queues.</summary>
    public bool Leave(out WorkEntry next)
    {
        lock (_gate)
        {
            _inside--;
            return TryAdmit(out next);
        }
    }

    /// <summary>Sets another limit. The caller then admits what waits, by <see cref="TryAdmitNext"/>.</summary>
    public void SetMax(int max)
    {
        lock (_gate)
        {
            _max = max;
        }
    }

    /// <summary>The next call that may go to the workers, if one waits and there is room.</summary>
    public bool TryAdmitNext(out WorkEntry next)
    {
        lock (_gate)
        {
            return TryAdmit(out next);
        }
    }

    private bool TryAdmit(out WorkEntry next)
    {
        while (_inside < _max && _waiting.TryDequeue(out next))
        {
            if (next.IsLive)
            {
                _inside++;
                return true;
            }
        }

        next = default;
        return false;
    }

    private void Sweep()
    {
        for (int left = _waiting.Count; left > 0; left--)
        {
            WorkEntry entry = _waiting.Dequeue();
            if (entry.IsLive)
            {
                _waiting.Enqueue(entry);
            }
        }

        _sweepAt = Math.Max(SweepMin, 2 * _waiting.Count);
    }
}
