using System.Diagnostics;

namespace AsyncCalls.Benchmarks.Fixtures;

/// <summary>What one loop may call, and what it has called. Only its loop uses it.</summary>
internal sealed class CallQuota(AwaitingLoops loops, int loop)
{
    private long _takenAt;

    /// <summary>Which of the loops this is.</summary>
    public int Loop { get; } = loop;

    /// <summary>The calls that the loop has taken in this slice.</summary>
    public int Taken { get; private set; }

    /// <summary>How many calls the loop may make now; zero when it is done.</summary>
    public int Take()
    {
        int calls = loops.Take();
        if (loops.Batch == 1)
        {
            // The call before this one has just ended.
            long now = Stopwatch.GetTimestamp();
            if (_takenAt != 0)
            {
                loops.Record(now - _takenAt);
            }

            _takenAt = now;
        }

        Taken += calls;
        return calls;
    }

    internal void Reset()
    {
        Taken = 0;
        _takenAt = 0;
    }
}
