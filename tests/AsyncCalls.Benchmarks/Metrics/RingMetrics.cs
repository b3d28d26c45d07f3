using System.Collections.Concurrent;
using System.Threading.Channels;
using AsyncCalls.Benchmarks.Fixtures;
using AsyncCalls.Benchmarks.Ratios;
using AsyncCalls.Ring;

namespace AsyncCalls.Benchmarks.Metrics;

/// <summary>Events from threads that publish to threads that reap. A call is one event, published and taken.</summary>
internal static class RingMetrics
{
    /// <summary>Entries of the ring, capacity of the channel, and the most that a queue without a bound may hold before its producers wait.</summary>
    private const int Entries = 1024;

    /// <summary>
    /// How many events a producer publishes between two looks at how many there are. As many go into the ring, and come out of it, at once: a backend publishes what completed
    /// together in one step, as a loop reaps it.
    /// </summary>
    private const int Credit = 16;

    private const string ChannelName = "bounded Channel<T>";
    private const string QueueName = "ConcurrentQueue<T>, spinning when it is empty or too long";

    public static IEnumerable<Metric> All { get; } =
    [
        AgainstChannel(4, 4, 0.40),
        AgainstChannel(4, 1, 0.40),
        AgainstChannel(1, 1, 0.40),
        AgainstQueue(4, 4, 1.00),
        AgainstQueue(4, 1, 1.00),
        AgainstQueue(1, 1, 1.00),
        new()
        {
            Name = "ring_4x4_single_vs_channel",
            Work = "completion ring, each event published by itself",
            Reference = ChannelName,
            Target = new Target(0.70, Bytes: 0),
            Open = _ => Open(4, 4, (producers, consumers) => Ring(producers, consumers, batch: 1), Channel),
        },
        new()
        {
            Name = "false_sharing",
            Work = "one thread advances the tail, one the head, as far apart as in the ring",
            Reference = "the same two words in one cache line",
            Target = new Target(1.0),
            Open = _ =>
            {
                var apart = new TwoWords(bytesBetween: RingLayout.Head - RingLayout.Tail);
                var together = new TwoWords(bytesBetween: sizeof(ulong));
                return new Comparison(new TimedWork(apart.Run), new TimedWork(together.Run), apart, together);
            },
        },
    ];

    private static Metric AgainstChannel(int producers, int consumers, double target) => new()
    {
        Name = $"ring_{producers}x{consumers}_vs_channel",
        Work = "completion ring",
        Reference = ChannelName,
        Target = new Target(target, Bytes: 0),
        Open = _ => Open(producers, consumers, Batches, Channel),
    };

    private static Metric AgainstQueue(int producers, int consumers, double target) => new()
    {
        Name = $"ring_{producers}x{consumers}_vs_queue",
        Work = "completion ring",
        Reference = QueueName,
        Target = new Target(target, Bytes: 0),
        Open = _ => Open(producers, consumers, Batches, Queue),
    };

    private static Comparison Open(int producers, int consumers, Func<int, int, EventTraffic> ring, Func<int, int, EventTraffic> reference)
    {
        EventTraffic ours = ring(producers, consumers);
        EventTraffic theirs = reference(producers, consumers);
        return new Comparison(new TimedWork(ours.Run), new TimedWork(theirs.Run), ours, theirs);
    }

    private static EventTraffic Batches(int producers, int consumers) => Ring(producers, consumers, Credit);

    /// <summary>Producers wait while the ring is full, as those of a bounded channel do: nothing goes the slow way around it.</summary>
    private static EventTraffic Ring(int producers, int consumers, int batch)
    {
        var ring = new CompletionRing(Entries);
        return new EventTraffic(
            producers,
            consumers,
            (first, count) =>
            {
                var waiting = new SpinWait();
                Span<CompletionEvent> events = stackalloc CompletionEvent[Credit];
                for (int i = 0; i < count;)
                {
                    while (i % Credit == 0 && ring.Count > Entries - (producers * Credit))
                    {
                        waiting.SpinOnce(sleep1Threshold: -1);
                    }

                    int now = Math.Min(batch, count - i);
                    for (int j = 0; j < now; j++)
                    {
                        events[j] = new CompletionEvent { Cookie = first + (ulong)(i + j) };
                    }

                    ring.Publish(events[..now]);
                    i += now;
                }
            },
            count =>
            {
                ulong sum = 0;
                var waiting = new SpinWait();
                Span<CompletionEvent> events = stackalloc CompletionEvent[Credit];
                while (count > 0)
                {
                    int taken;
                    while ((taken = ring.Reap(events[..Math.Min(count, Credit)])) == 0)
                    {
                        waiting.SpinOnce(sleep1Threshold: -1);
                    }

                    foreach (ref readonly CompletionEvent completion in events[..taken])
                    {
                        sum += completion.Cookie;
                    }

                    count -= taken;
                }

                return sum;
            },
            ring);
    }

    /// <summary>The channel's own fastest way for threads: try, and when it cannot be, spin as the others do.</summary>
    private static EventTraffic Channel(int producers, int consumers)
    {
        var channel = System.Threading.Channels.Channel.CreateBounded<CompletionEvent>(
            new BoundedChannelOptions(Entries) { SingleReader = consumers == 1, SingleWriter = producers == 1 });
        return new EventTraffic(
            producers,
            consumers,
            (first, count) =>
            {
                var waiting = new SpinWait();
                for (int i = 0; i < count; i++)
                {
                    while (!channel.Writer.TryWrite(new CompletionEvent { Cookie = first + (ulong)i }))
                    {
                        waiting.SpinOnce(sleep1Threshold: -1);
                    }
                }
            },
            count =>
            {
                ulong sum = 0;
                var waiting = new SpinWait();
                for (int i = 0; i < count; i++)
                {
                    CompletionEvent completion;
                    while (!channel.Reader.TryRead(out completion))
                    {
                        waiting.SpinOnce(sleep1Threshold: -1);
                    }

                    sum += completion.Cookie;
                }

                return sum;
            });
    }

    private static EventTraffic Queue(int producers, int consumers)
    {
        var queue = new ConcurrentQueue<CompletionEvent>();
        return new EventTraffic(
            producers,
            consumers,
            (first, count) =>
            {
                var waiting = new SpinWait();
                for (int i = 0; i < count; i++)
                {
                    while (i % Credit == 0 && queue.Count > Entries - (producers * Credit))
                    {
                        waiting.SpinOnce(sleep1Threshold: -1);
                    }

                    queue.Enqueue(new CompletionEvent { Cookie = first + (ulong)i });
                }
            },
            count =>
            {
                ulong sum = 0;
                var waiting = new SpinWait();
                for (int i = 0; i < count; i++)
                {
                    CompletionEvent completion;
                    while (!queue.TryDequeue(out completion))
                    {
                        waiting.SpinOnce(sleep1Threshold: -1);
                    }

                    sum += completion.Cookie;
                }

                return sum;
            });
    }
}
