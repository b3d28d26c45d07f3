using System.Collections.Concurrent;
using System.Threading.Channels;
using AsyncCalls.Benchmarks.Fixtures;
using BenchmarkDotNet.Attributes;

namespace AsyncCalls.Benchmarks.Detail;

/// <summary>
/// How long an event is on its way: from a producer that waits for the answer to a consumer and back, through the ring, a bounded channel and a queue. (BenchmarkDotNet
/// derives from it: it cannot be sealed.)
/// </summary>
[MemoryDiagnoser]
public class RingLatencyBenchmark : IDisposable
{
    private const int Entries = 1024;
    private const int Trips = 1_000;

    private CompletionRing _ring = null!;
    private RoundTrips _throughRing = null!;
    private RoundTrips _throughChannel = null!;
    private RoundTrips _throughQueue = null!;

    /// <summary>Producers and consumers.</summary>
    [Params("1x1", "4x1", "4x4")]
    public string Threads { get; set; } = "1x1";

    [GlobalSetup]
    public void Setup()
    {
        int producers = Threads[0] - '0';
        int consumers = Threads[2] - '0';
        _ring = new CompletionRing(Entries);
        _throughRing = new RoundTrips(
            producers,
            consumers,
            number => _ring.Publish([new CompletionEvent { Cookie = (ulong)number }]),
            (out int number) =>
            {
                bool taken = _ring.TryPop(out CompletionEvent completion);
                number = (int)completion.Cookie;
                return taken;
            });
        var channel = Channel.CreateBounded<CompletionEvent>(new BoundedChannelOptions(Entries) { SingleReader = consumers == 1, SingleWriter = producers == 1 });
        _throughChannel = new RoundTrips(
            producers,
            consumers,
            number => channel.Writer.TryWrite(new CompletionEvent { Cookie = (ulong)number }),
            (out int number) =>
            {
                bool taken = channel.Reader.TryRead(out CompletionEvent completion);
                number = (int)completion.Cookie;
                return taken;
            });
        var queue = new ConcurrentQueue<CompletionEvent>();
        _throughQueue = new RoundTrips(
            producers,
            consumers,
            number => queue.Enqueue(new CompletionEvent { Cookie = (ulong)number }),
            (out int number) =>
            {
                bool taken = queue.TryDequeue(out CompletionEvent completion);
                number = (int)completion.Cookie;
                return taken;
            });
    }

    [Benchmark(Baseline = true, Description = "bounded Channel<T>", OperationsPerInvoke = Trips)]
    public void ThroughChannel() => _throughChannel.Run(Trips);

    [Benchmark(Description = "ConcurrentQueue<T>", OperationsPerInvoke = Trips)]
    public void ThroughQueue() => _throughQueue.Run(Trips);

    [Benchmark(Description = "completion ring", OperationsPerInvoke = Trips)]
    public void ThroughRing() => _throughRing.Run(Trips);

    [GlobalCleanup]
    public void Dispose()
    {
        Dispose(disposing: true);
        GC.SuppressFinalize(this);
    }

    protected virtual void Dispose(bool disposing)
    {
        _throughRing.Dispose();
        _throughChannel.Dispose();
        _throughQueue.Dispose();
        _ring.Dispose();
    }
}
