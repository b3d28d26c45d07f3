namespace AsyncCalls.Benchmarks.Fixtures;

/// <summary>Takes the number of one producer's event, if there is one.</summary>
internal delegate bool TryTake(out int producer);

/// <summary>
/// Producers with one event under way each: it is published, taken by some consumer, and answered in a word of its producer's, which then publishes the next. What is
/// measured is the time from one hand to the other and back, not how much goes through.
/// </summary>
internal sealed class RoundTrips : IDisposable
{
    /// <summary>Answers lie in different pairs of cache lines.</summary>
    private const int WordsApart = 16;

    private readonly ThreadTeam _team;
    private readonly long[] _answers;
    private long _taken;

    /// <param name="producers">Threads that publish.</param>
    /// <param name="consumers">Threads that take.</param>
    /// <param name="publish">Publishes an event that carries the number of its producer.</param>
    /// <param name="tryTake">Takes an event.</param>
    public RoundTrips(int producers, int consumers, Action<int> publish, TryTake tryTake)
    {
        _answers = new long[(producers + 1) * WordsApart];
        _team = new ThreadTeam(producers + consumers, (number, trips) =>
        {
            if (number < producers)
            {
                Produce(number, trips, publish);
            }
            else
            {
                Consume((long)trips * producers, tryTake);
            }
        });
    }

    /// <summary>So many round trips of each producer.</summary>
    public void Run(int trips)
    {
        _taken = 0;
        Array.Clear(_answers);
        _team.Run(trips);
    }

    public void Dispose() => _team.Dispose();

    private void Produce(int number, int trips, Action<int> publish)
    {
        ref long answer = ref _answers[(number + 1) * WordsApart];
        var waiting = new SpinWait();
        for (int i = 1; i <= trips; i++)
        {
            publish(number);
            while (Volatile.Read(ref answer) != i)
            {
                waiting.SpinOnce(sleep1Threshold: -1);
            }
        }
    }

    private void Consume(long total, TryTake tryTake)
    {
        var waiting = new SpinWait();
        while (Volatile.Read(ref _taken) < total)
        {
            if (tryTake(out int producer))
            {
                // A producer has one event at a time, so its word has one writer.
                ref long answer = ref _answers[(producer + 1) * WordsApart];
                Interlocked.Increment(ref _taken);
                Volatile.Write(ref answer, answer + 1);
            }
            else
            {
                waiting.SpinOnce(sleep1Threshold: -1);
            }
        }
    }
}
