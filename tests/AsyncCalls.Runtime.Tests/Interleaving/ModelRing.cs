using System.Runtime.InteropServices;
using AsyncCalls.Ring;

namespace AsyncCalls.Runtime.Tests.Interleaving;

/// <summary>The real producer and consumer over model memory, and what a scenario saw of them.</summary>
internal sealed unsafe class ModelRing<TFlaw> : IDisposable
    where TFlaw : struct, IFlaw
{
    private const int NumbersOfThread = 100;

    private readonly byte* _memory;
    private readonly RingWords _words;
    private readonly RingProducer<ModelAtomics<TFlaw>> _producer;
    private readonly Waker _waker = new();
    private readonly List<List<int>> _taken = [];
    private RingConsumer<ModelAtomics<TFlaw>> _consumer;
    private readonly List<int> _published = [];
    private int _bells;

    /// <summary>Makes a ring whose consumers are, if <paramref name="remote"/>, in another process and ring for what waits outside.</summary>
    public ModelRing(int entries, ulong firstIndex = 0, bool wakes = false, bool remote = false)
    {
        _memory = (byte*)NativeMemory.AlignedAlloc((nuint)RingLayout.BytesFor(entries), RingLayout.Alignment);
        _words = RingHeader.Write(_memory, entries, firstIndex);
        _producer = new RingProducer<ModelAtomics<TFlaw>>(_words, isShared: true, firstIndex);
        _consumer = new RingConsumer<ModelAtomics<TFlaw>>(_words, remote ? new Bell(this) : _producer, isShared: true);
        if (wakes)
        {
            _producer.SetWaker(_waker);
        }
    }

    public int Taken => _taken.Sum(static list => list.Count);

    /// <summary>Publishes a thread's next numbers as one batch.</summary>
    public void Publish(int count, int thread = 0)
    {
        int first = (thread * NumbersOfThread) + _published.Count(number => number / NumbersOfThread == thread);
        _published.AddRange(Enumerable.Range(first, count));
        _producer.Publish(RingTests.Events(first, count));
    }

    public void Close() => _producer.Close();

    /// <summary>A consumer, which takes events in the order in which it is asked.</summary>
    public Consumer AddConsumer()
    {
        var list = new List<int>();
        _taken.Add(list);
        return new Consumer(this, list);
    }

    /// <summary>The owning process's thread that answers the doorbell, until a number of events was taken.</summary>
    public void AnswerDoorbell(int taken)
    {
        while (Taken < taken)
        {
            Interleaver.Current!.WaitFor(() => _bells > 0 || Taken >= taken, "the doorbell");
            _bells = 0;
            _producer.Refill();
        }
    }

    /// <summary>Each event exactly once, those of a thread in order to each consumer; nothing waits outside an empty ring.</summary>
    public void Check()
    {
        bool leftBehind = _words.Head == _words.Tail && _words.ProducerFlags == RingLayout.OverflowFlag;
        Assert.False(leftBehind, "Events wait outside a ring that is empty.");
        Consumer last = AddConsumer();
        while (last.Pop())
        {
        }

        Assert.All(
            _taken.SelectMany(static list => list.GroupBy(static number => number / NumbersOfThread)),
            static ofOneThread => Assert.Equal(ofOneThread.Order(), ofOneThread));
        var beside = new CompletionEvent[NumbersOfThread];
        int undelivered = _producer.TakeUndelivered(beside);
        Assert.Equal(_published.Order(), _taken.SelectMany(static list => list).Concat(RingTests.Numbers(beside.AsSpan(0, undelivered))).Order());
        Assert.Null(_consumer.BrokenReason);
        Assert.Null(_producer.BrokenReason);
    }

    public void Dispose() => NativeMemory.AlignedFree(_memory);

    internal sealed class Consumer(ModelRing<TFlaw> ring, List<int> taken)
    {
        public bool Pop()
        {
            bool any = ring._consumer.TryPop(out CompletionEvent completion);
            if (any)
            {
                taken.Add((int)completion.Cookie);
            }

            return any;
        }

        public void PopAll()
        {
            while (Pop())
            {
            }
        }

        public int Reap(int max)
        {
            var events = new CompletionEvent[max];
            int count = ring._consumer.Reap(events);
            taken.AddRange(RingTests.Numbers(events.AsSpan(0, count)));
            return count;
        }

        /// <summary>Takes so many events, and sleeps for them until so many are there.</summary>
        public void ReapAsleep(int wanted, bool looksAgain = true)
        {
            for (int left = wanted; left > 0;)
            {
                int generation = ring._waker.Generation;
                bool armed = ring._consumer.TryArm(left);
                if (armed || !looksAgain)
                {
                    Interleaver.Current!.WaitFor(() => ring._waker.Generation != generation, "a wake-up");
                }

                int count = Reap(left);
                left -= count;
                if (count == 0 && (ring._consumer.Flags & RingLayout.ClosedFlag) != 0)
                {
                    return;
                }
            }
        }
    }

    private sealed class Waker : IRingWaker
    {
        public int Generation { get; private set; }

        public void Wake() => Generation++;
    }

    private sealed class Bell(ModelRing<TFlaw> ring) : IOverflowOwner
    {
        public bool Refill()
        {
            ring._bells++;
            return false;
        }

        public void OnBroken(string reason)
        {
        }
    }
}
