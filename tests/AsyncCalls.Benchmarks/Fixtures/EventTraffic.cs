namespace AsyncCalls.Benchmarks.Fixtures;

/// <summary>So many threads that publish and so many that take, each its share. Checks that what was taken is what was published.</summary>
internal sealed class EventTraffic : IDisposable
{
    private readonly ThreadTeam _team;
    private readonly IDisposable? _owned;
    private ulong _taken;

    /// <param name="producers">Threads that publish.</param>
    /// <param name="consumers">Threads that take.</param>
    /// <param name="publish">Publishes so many events, the first with this number and each with one more.</param>
    /// <param name="take">Takes so many events and returns the sum of their numbers.</param>
    /// <param name="owned">What the traffic goes through, where it is to be disposed.</param>
    public EventTraffic(int producers, int consumers, Action<ulong, int> publish, Func<int, ulong> take, IDisposable? owned = null)
    {
        _owned = owned;
        _team = new ThreadTeam(producers + consumers, (number, calls) =>
        {
            if (number < producers)
            {
                publish((ulong)Begin(number, producers, calls), Share(number, producers, calls));
            }
            else
            {
                Interlocked.Add(ref _taken, take(Share(number - producers, consumers, calls)));
            }
        });
    }

    public void Run(int calls)
    {
        _taken = 0;
        _team.Run(calls);
        if (_taken != (ulong)calls * (ulong)(calls - 1) / 2)
        {
            throw new InvalidOperationException($"What was taken of {calls} events is not what was published.");
        }
    }

    public void Dispose()
    {
        _team.Dispose();
        _owned?.Dispose();
    }

    private static int Begin(int number, int of, int calls) => (int)((long)calls * number / of);

    private static int Share(int number, int of, int calls) => Begin(number + 1, of, calls) - Begin(number, of, calls);
}
