using System.Diagnostics;
using AsyncCalls.Benchmarks.Ratios;

namespace AsyncCalls.Benchmarks.Fixtures;

/// <summary>
/// Makes calls from a number of awaiting loops and takes the wall-clock time of a call. One loop starts on the driver's thread;
/// several start on the thread pool, as the requests of a server do, so that calls that complete at once can use every
/// processor too.
/// </summary>
/// <remarks>
/// The loops share one quota and take from it in small batches: few enough for all of them to end together, which keeps the
/// depth up to the end, and enough for the shared counter not to be what is measured.
/// </remarks>
internal sealed class AwaitingLoops : IMeasured
{
    private const int MostPerBatch = 64;
    private const int BatchesPerLoop = 64;

    /// <summary>Nothing here takes a minute: something is lost.</summary>
    private static readonly TimeSpan GiveUpAfter = TimeSpan.FromMinutes(1);

    private readonly Func<CallQuota, Task> _loop;
    private readonly Action? _prepare;
    private readonly CallQuota[] _quotas;
    private readonly LatencyHistogram _latencies = new();
    private int _left;

    /// <param name="depth">How many loops.</param>
    /// <param name="loop">One loop: it calls for as long as its quota lets it.</param>
    /// <param name="prepare">Is called before each slice, untimed.</param>
    public AwaitingLoops(int depth, Func<CallQuota, Task> loop, Action? prepare = null)
    {
        _loop = loop;
        _prepare = prepare;
        _quotas = [.. Enumerable.Range(0, depth).Select(number => new CallQuota(this, number))];
    }

    public int MostCalls { get; init; } = int.MaxValue;

    /// <summary>Drives the loops on the calling thread, which starts them all, until the task has ended; null where they run by themselves.</summary>
    public Action<Task>? Drive { get; init; }

    /// <summary>How many calls a loop may take at once, in the running slice.</summary>
    public int Batch { get; private set; }

    /// <summary>
    /// Of the last slice: the calls of the loop that got to make the fewest ÷ an even share. One is fair; a stack of waiters,
    /// which serves the newest first, comes near zero while its medians look fine.
    /// </summary>
    public double? Fairness { get; private set; }

    /// <summary>
    /// Of the last slice: 99th percentile of the time of a call, in nanoseconds; null unless the loops took their calls one by
    /// one, because others are too short for a clock around each.
    /// </summary>
    public double? LatencyP99Ns => _latencies.Quantile(0.99);

    public void Prepare() => _prepare?.Invoke();

    public double Run(int calls)
    {
        Batch = Math.Clamp(calls / (_quotas.Length * BatchesPerLoop), 1, MostPerBatch);
        _left = calls;
        _latencies.Clear();
        foreach (CallQuota quota in _quotas)
        {
            quota.Reset();
        }

        long from = Stopwatch.GetTimestamp();
        if (!Start().Wait(GiveUpAfter))
        {
            throw new TimeoutException($"{_quotas.Length} loops of {calls} calls did not end within {GiveUpAfter.TotalSeconds} s.");
        }

        double elapsedNs = Stopwatch.GetElapsedTime(from).TotalNanoseconds;
        Fairness = _quotas.Length == 1 ? null : _quotas.Min(quota => quota.Taken) / ((double)calls / _quotas.Length);
        return elapsedNs / calls;
    }

    /// <summary>How many of the calls that are left the caller may make now; zero when none is left.</summary>
    internal int Take()
    {
        int batch = Batch;
        int after = Interlocked.Add(ref _left, -batch);
        return after >= 0 ? batch : Math.Max(0, batch + after);
    }

    internal void Record(long elapsedTicks) => _latencies.Add(Stopwatch.GetElapsedTime(0, elapsedTicks).Ticks * TimeSpan.NanosecondsPerTick);

    private Task Start()
    {
        if (_quotas.Length == 1)
        {
            return _loop(_quotas[0]);
        }

        if (Drive is not null)
        {
            Task all = Task.WhenAll(_quotas.Select(_loop).ToArray());
            Drive(all);
            return all;
        }

        var loops = new Task[_quotas.Length];
        for (int i = 0; i < loops.Length; i++)
        {
            CallQuota quota = _quotas[i];
            loops[i] = Task.Run(() => _loop(quota));
        }

        return Task.WhenAll(loops);
    }
}
