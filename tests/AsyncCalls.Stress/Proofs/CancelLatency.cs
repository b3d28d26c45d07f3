using System.Diagnostics;
using System.Runtime.CompilerServices;
using AsyncCalls.Stress.Fixtures;
using AsyncCalls.Stress.Running;

namespace AsyncCalls.Stress.Proofs;

/// <summary>
/// How long it takes from the cancel of a blocked read of a pipe to its continuation, on a worker: a signal must reach the thread, and end its system call.
/// The clock stops in the continuation itself, before the result is asked for: throwing the exception is the awaiting method's own expense.
/// </summary>
internal sealed class CancelLatency() : Proof(
    "cancel-latency",
    $"a blocked read of a pipe on a worker ends when it is cancelled: half of them within {MedianUsMax} µs, 99.9 % within {TailMsMax} ms",
    "cancelled reads",
    20_000)
{
    private const int MedianUsMax = 200;
    private const int TailMsMax = 20;
    private const int WarmUps = 200;

    /// <summary>Enough for the worker to be blocked in the kernel: only such reads are meant.</summary>
    private static readonly TimeSpan Idle = TimeSpan.FromMilliseconds(1);

    public override IReadOnlyList<Lane> Lanes => [Lane.Workers];

    public override async Task RunAsync(ProofRun run)
    {
        WatchedRuntime watched = await WatchedRuntime.CreateAsync(run);
        var samples = new List<double>();
        using (var pipe = new Pipe())
        using (var read = new TimedRead(watched.Runtime, pipe))
        {
            for (int i = 0; i < WarmUps && i < run.Count; i++)
            {
                read.CancelAfter(Idle);
            }

            while (run.GoesOn)
            {
                if (read.CancelAfter(Idle) is not { } sample)
                {
                    run.Violation($"Cancelled read {run.Done} did not end as cancelled.");
                    break;
                }

                samples.Add(sample.TotalMicroseconds);
                run.Add(1);
            }
        }

        if (run.Violations.Count == 0)
        {
            Judge(run, samples);
            await watched.CloseAsync();
        }
    }

    private static void Judge(ProofRun run, List<double> samples)
    {
        samples.Sort();
        double median = samples[samples.Count / 2];
        double tail = samples[Math.Max(0, (int)Math.Ceiling(samples.Count * 0.999) - 1)];
        run.Note("µs median", (long)median);
        run.Note("µs at 99.9 %", (long)tail);
        run.Note("µs at most", (long)samples[^1]);
        if (run.AssertTimes)
        {
            run.Require(median < MedianUsMax, $"The median is {median:F0} µs.");
            run.Require(tail < TailMsMax * 1_000, $"99.9 % take up to {tail:F0} µs.");
        }
    }

    private sealed class TimedRead : IDisposable
    {
        private readonly AsyncCallRuntime _runtime;
        private readonly Pipe _pipe;
        private readonly byte[] _buffer = new byte[1];
        private readonly ManualResetEventSlim _resumed = new();
        private readonly Action _continuation;
        private long _resumedAt;

        public TimedRead(AsyncCallRuntime runtime, Pipe pipe)
        {
            _runtime = runtime;
            _pipe = pipe;
            _continuation = () =>
            {
                _resumedAt = Stopwatch.GetTimestamp();
                _resumed.Set();
            };
        }

        /// <summary>From the cancel to the continuation; null: it did not end, or not as cancelled.</summary>
        public TimeSpan? CancelAfter(TimeSpan idle)
        {
            using var cancel = new CancellationTokenSource();
            _resumed.Reset();
            ValueTaskAwaiter<nint> read = Libc.readAsync(_pipe.Reader, _buffer, 1, runtime: _runtime, cancellationToken: cancel.Token).GetAwaiter();
            read.UnsafeOnCompleted(_continuation);
            Thread.Sleep(idle);
            long from = Stopwatch.GetTimestamp();
            cancel.Cancel();
            if (!_resumed.Wait(ProofRun.Limit))
            {
                return null;
            }

            try
            {
                _ = read.GetResult();
                return null;
            }
            catch (OperationCanceledException)
            {
                return Stopwatch.GetElapsedTime(from, _resumedAt);
            }
        }

        public void Dispose() => _resumed.Dispose();
    }
}
