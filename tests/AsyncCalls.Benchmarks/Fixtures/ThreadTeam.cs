namespace AsyncCalls.Benchmarks.Fixtures;

/// <summary>Threads that are there before a slice begins and stay for the next: a slice costs a start signal, not threads.</summary>
internal sealed class ThreadTeam : IDisposable
{
    private readonly Barrier _start;
    private readonly Barrier _end;
    private readonly Action<int, int> _work;
    private Exception? _failure;
    private int _calls;

    /// <param name="threads">How many.</param>
    /// <param name="work">What each thread does with its number and the calls of the slice.</param>
    public ThreadTeam(int threads, Action<int, int> work)
    {
        _start = new Barrier(threads + 1);
        _end = new Barrier(threads + 1);
        _work = work;
        for (int i = 0; i < threads; i++)
        {
            int number = i;
            new Thread(() => Live(number)) { IsBackground = true, Name = $"benchmark {number}" }.Start();
        }
    }

    /// <summary>Makes every thread do its work, and waits for all.</summary>
    public void Run(int calls)
    {
        _calls = calls;
        _start.SignalAndWait();
        _end.SignalAndWait();
        if (_failure is { } failure)
        {
            throw new InvalidOperationException("A thread of the benchmark failed.", failure);
        }
    }

    public void Dispose()
    {
        _calls = -1;
        _start.SignalAndWait();
        _end.SignalAndWait();
        _start.Dispose();
        _end.Dispose();
    }

    private void Live(int number)
    {
        while (true)
        {
            _start.SignalAndWait();
            int calls = _calls;
            if (calls < 0)
            {
                _end.SignalAndWait();
                return;
            }

            try
            {
                _work(number, calls);
            }
            catch (Exception exception)
            {
                _failure = exception;
            }

            _end.SignalAndWait();
        }
    }
}
