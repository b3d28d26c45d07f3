namespace AsyncCalls.Testing;

/// <summary>
/// What is to happen, in virtual time. The clock stands still until the next thing happens, and then jumps to its time. Things of the same time happen in a seeded order.
/// </summary>
/// <remarks>Any thread adds; whoever steps takes. Every draw from the seed is made under the lock, in the order of what asks for it.</remarks>
internal sealed class Agenda(int seed, CallFaults faults)
{
    /// <summary>How long the simulation takes to notice by itself what it was not told.</summary>
    public const long LookAgainTicks = TimeSpan.TicksPerMillisecond;

    /// <summary>Lines of the trace that are kept: the last ones.</summary>
    private const int TraceMax = 10_000;

    private readonly Lock _gate = new();
    private readonly SeededRandom _random = new(seed);
    private readonly PriorityQueue<Entry, (long Time, ulong Order, long Number)> _entries = new();
    private readonly Queue<string> _trace = new();
    private readonly ManualResetEventSlim _arrived = new(initialState: false);
    private long _now;
    private long _number;

    /// <summary>Virtual time since the beginning, in ticks of a <see cref="TimeSpan"/>.</summary>
    public long Now => Volatile.Read(ref _now);

    /// <summary>Whether something, drawn from the seed, goes wrong.</summary>
    public bool Chance(double probability)
    {
        lock (_gate)
        {
            return _random.Chance(probability);
        }
    }

    /// <summary>A number, drawn from the seed, from 0 to below <paramref name="limit"/>.</summary>
    public long Below(long limit)
    {
        lock (_gate)
        {
            return _random.Below(limit);
        }
    }

    /// <summary>Has something happen after a seeded delay.</summary>
    public void AddDelayed(Action happens)
    {
        lock (_gate)
        {
            Add(_now + _random.Below(faults.LongestDelay.Ticks + 1), _random.Next(), happens, null);
        }
    }

    /// <summary>Has something happen after a time, unless it is not wanted any more by then: it is then passed over, and no time passes for it.</summary>
    public void AddAfter(long ticks, Action happens, Func<bool>? isWanted = null)
    {
        lock (_gate)
        {
            Add(_now + ticks, _random.Next(), happens, isWanted);
        }
    }

    /// <summary>Has something happen next: before all else, in the order in which it is added.</summary>
    public void AddNext(Action happens)
    {
        lock (_gate)
        {
            Add(_now, 0, happens, null);
        }
    }

    /// <summary>What happens next, with the clock set to it. Null: nothing, or nothing until <paramref name="until"/>.</summary>
    public Action? Take(long until)
    {
        lock (_gate)
        {
            while (_entries.TryPeek(out Entry entry, out (long Time, ulong Order, long Number) key))
            {
                if (entry.IsWanted?.Invoke() == false)
                {
                    _entries.Dequeue();
                    continue;
                }

                if (key.Time > until)
                {
                    return null;
                }

                _entries.Dequeue();
                _now = Math.Max(_now, key.Time);
                return entry.Happens;
            }

            _arrived.Reset();
            return null;
        }
    }

    /// <summary>Sets the clock ahead.</summary>
    public void AdvanceTo(long time)
    {
        lock (_gate)
        {
            _now = Math.Max(_now, time);
        }
    }

    /// <summary>Waits, in real time, until something was added by another thread.</summary>
    public bool WaitForArrival(TimeSpan timeout) => _arrived.Wait(timeout);

    /// <summary>Ends <see cref="WaitForArrival"/>.</summary>
    public void Nudge() => _arrived.Set();

    public void Note(string what)
    {
        lock (_gate)
        {
            if (_trace.Count == TraceMax)
            {
                _trace.Dequeue();
            }

            _trace.Enqueue(string.Create(null, $"{TimeSpan.FromTicks(_now).TotalMilliseconds,10:F4} ms  {what}"));
        }
    }

    public string[] Trace()
    {
        lock (_gate)
        {
            return [.. _trace];
        }
    }

    private void Add(long time, ulong order, Action happens, Func<bool>? isWanted)
    {
        _entries.Enqueue(new Entry(happens, isWanted), (time, order, _number++));
        _arrived.Set();
    }

    private readonly record struct Entry(Action Happens, Func<bool>? IsWanted);
}
