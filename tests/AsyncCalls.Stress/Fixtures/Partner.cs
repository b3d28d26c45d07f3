namespace AsyncCalls.Stress.Fixtures;

/// <summary>A second thread that does its part at the same time as the first.</summary>
internal sealed class Partner : IDisposable
{
    private readonly SemaphoreSlim _begin = new(0);
    private readonly SemaphoreSlim _end = new(0);
    private readonly Thread _thread;
    private Action? _action;
    private Exception? _failure;
    private int _here;

    public Partner()
    {
        _thread = new Thread(Run) { IsBackground = true, Name = "stress partner" };
        _thread.Start();
    }

    /// <summary>Runs the one on the other thread and the other on this one, from the moment when both threads are there. Returns when both have ended.</summary>
    public void RunTogether(Action theirs, Action ours)
    {
        _action = theirs;
        Volatile.Write(ref _here, 0);
        _begin.Release();
        var spinner = new SpinWait();
        while (Volatile.Read(ref _here) == 0)
        {
            spinner.SpinOnce(sleep1Threshold: -1);
        }

        ours();
        _end.Wait();
        if (_failure is not null)
        {
            throw new InvalidOperationException("The other thread failed.", _failure);
        }
    }

    public void Dispose()
    {
        _action = null;
        _begin.Release();
        _thread.Join();
        _begin.Dispose();
        _end.Dispose();
    }

    private void Run()
    {
        while (true)
        {
            _begin.Wait();
            if (_action is not { } action)
            {
                return;
            }

            Volatile.Write(ref _here, 1);
            try
            {
                action();
            }
            catch (Exception exception)
            {
                _failure = exception;
            }

            _end.Release();
        }
    }
}
