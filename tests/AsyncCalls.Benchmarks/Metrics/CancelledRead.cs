using System.Diagnostics;
using System.Runtime.CompilerServices;
using AsyncCalls.Benchmarks.Fixtures;

namespace AsyncCalls.Benchmarks.Metrics;

/// <summary>
/// Reads from a pipe that stays empty, cancels, and takes the time until the continuation runs. The clock stops in the
/// continuation itself, before the result is asked for: throwing the exception is the awaiting method's own expense.
/// </summary>
internal sealed class CancelledRead : IDisposable
{
    private static readonly TimeSpan GiveUpAfter = TimeSpan.FromSeconds(10);

    private readonly AsyncCallRuntime _runtime;
    private readonly ParkedPipe _pipe;
    private readonly TimeSpan _idle;
    private readonly byte[] _buffer = new byte[1];
    private readonly ManualResetEventSlim _resumed = new();
    private readonly Action _continuation;
    private long _resumedAt;

    public CancelledRead(AsyncCallRuntime runtime, ParkedPipe pipe, TimeSpan idle)
    {
        _runtime = runtime;
        _pipe = pipe;
        _idle = idle;
        _continuation = () =>
        {
            _resumedAt = Stopwatch.GetTimestamp();
            _resumed.Set();
        };
    }

    public void Sample(double[] samplesNs)
    {
        foreach (ref double sample in samplesNs.AsSpan())
        {
            sample = Sample();
        }
    }

    public void Dispose() => _resumed.Dispose();

    private double Sample()
    {
        using var cancellation = new CancellationTokenSource();
        _resumed.Reset();
#pragma warning disable CA2012 // The awaiter is used once, as await would.
        ValueTaskAwaiter<nint> read = LibcTwins
            .readAsync(_pipe.Reader, _buffer, 1, runtime: _runtime, cancellationToken: cancellation.Token)
            .GetAwaiter();
#pragma warning restore CA2012
        read.UnsafeOnCompleted(_continuation);
        Thread.Sleep(_idle);

        long from = Stopwatch.GetTimestamp();
        cancellation.Cancel();
        if (!_resumed.Wait(GiveUpAfter))
        {
            throw new TimeoutException($"A cancelled read had not ended after {GiveUpAfter.TotalSeconds} s.");
        }

        RequireCancelled(read);
        return Stopwatch.GetElapsedTime(from, _resumedAt).TotalNanoseconds;
    }

    private static void RequireCancelled(ValueTaskAwaiter<nint> read)
    {
        try
        {
            nint result = read.GetResult();
            throw new InvalidOperationException($"A read of an empty pipe returned {result} when it was cancelled.");
        }
        catch (OperationCanceledException)
        {
            // As it should.
        }
    }
}
