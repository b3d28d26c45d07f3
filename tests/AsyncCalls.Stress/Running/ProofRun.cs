using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;

namespace AsyncCalls.Stress.Running;

/// <summary>One run of a proof on one lane: how much, by which seed, what was counted and what did not hold. Any thread.</summary>
internal sealed class ProofRun(Proof proof, Lane lane, long count, int seed, TimeSpan? atMost = null, bool assertTimes = false)
{
    /// <summary>Far above what any single call here takes, on a loaded machine too.</summary>
    public static readonly TimeSpan Limit = TimeSpan.FromSeconds(60);

    /// <summary>More of the same would tell nothing new.</summary>
    private const int ViolationsMax = 20;

    private readonly ConcurrentQueue<string> _violations = new();
    private readonly ConcurrentDictionary<string, long> _facts = new();
    private readonly List<string> _order = [];
    private readonly long _start = Stopwatch.GetTimestamp();
    private long _done;

    public Lane Lane { get; } = lane;

    public long Count { get; } = count;

    public int Seed { get; } = seed;

    /// <summary>Whether times are judged and not only told: not where other tests run on the same machine.</summary>
    public bool AssertTimes { get; } = assertTimes;

    public TimeSpan Elapsed => Stopwatch.GetElapsedTime(_start);

    /// <summary>How many of the proof's unit were done.</summary>
    public long Done => Interlocked.Read(ref _done);

    public IReadOnlyCollection<string> Violations => _violations;

    /// <summary>Whether there is more to do: the count is not reached, the time is not up, and it makes sense to go on.</summary>
    public bool GoesOn => Done < Count && _violations.IsEmpty && (atMost is null || Elapsed < atMost);

    public void Add(long done) => Interlocked.Add(ref _done, done);

    /// <summary>Counts something beside the unit, for the report and for <see cref="RequireSome"/>.</summary>
    public void Note(string fact, long number = 1)
    {
        if (_facts.TryAdd(fact, number))
        {
            lock (_order)
            {
                _order.Add(fact);
            }
        }
        else
        {
            _facts.AddOrUpdate(fact, number, (_, before) => before + number);
        }
    }

    public void Violation(string what)
    {
        if (_violations.Count < ViolationsMax)
        {
            _violations.Enqueue(what);
        }
    }

    public void Require(bool holds, string what)
    {
        if (!holds)
        {
            Violation(what);
        }
    }

    /// <summary>A proof that never met what it is about proves nothing.</summary>
    public void RequireSome(string fact)
    {
        if (_facts.GetValueOrDefault(fact) == 0 && Done > 0)
        {
            Violation($"This never happened, so nothing was tried: {fact}.");
        }
    }

    /// <summary>Waits for a condition. False, and a violation: it never came.</summary>
    /// <remarks>Never on the thread that it was called on, which may be one of the runtime's: it could not come to rest meanwhile.</remarks>
    public async Task<bool> UntilAsync(Func<bool> condition, string what)
    {
        await Task.Yield();
        long start = Stopwatch.GetTimestamp();
        while (!condition())
        {
            if (Stopwatch.GetElapsedTime(start) > Limit)
            {
                Violation($"It never came to be that {what}.");
                return false;
            }

            await Task.Delay(1);
        }

        return true;
    }

    /// <summary>The run in one line.</summary>
    public override string ToString()
    {
        string verdict = _violations.IsEmpty ? "passed" : "FAILED";
        lock (_order)
        {
            IEnumerable<string> facts = _order.Select(fact => Invariant($"{_facts[fact]:N0} {fact}"));
            return Invariant($"{verdict}: {proof.Name} on {Lane.Name()}: {Done:N0} {proof.Unit} in {Elapsed.TotalSeconds:N1} s, seed {Seed}: {string.Join(", ", facts)}");
        }

        static string Invariant(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
    }
}
