using System.Threading.Tasks.Sources;

namespace EpollLoop;

/// <summary>
/// What one connection awaits of epoll: that its socket may be ready again. It remembers one edge that nobody waited for. Used by the thread of the
/// loop only, on which its awaiter resumes too.
/// </summary>
internal sealed class Readiness : IValueTaskSource
{
    private ManualResetValueTaskSourceCore<bool> _core;
    private bool _waits;
    private bool _ready;
    private bool _stopped;

    /// <summary>Waits for the next edge.</summary>
    /// <exception cref="OperationCanceledException">The loop is ending.</exception>
    public ValueTask WaitAsync()
    {
        if (_stopped)
        {
            throw new OperationCanceledException();
        }

        if (_ready)
        {
            _ready = false;
            return ValueTask.CompletedTask;
        }

        _core.Reset();
        _waits = true;
        return new ValueTask(this, _core.Version);
    }

    /// <summary>An edge: resumes who waits, here and now.</summary>
    public void Signal()
    {
        if (_waits)
        {
            _waits = false;
            _core.SetResult(true);
        }
        else
        {
            _ready = true;
        }
    }

    /// <summary>Ends this and every later wait.</summary>
    public void Stop()
    {
        _stopped = true;
        if (_waits)
        {
            _waits = false;
            _core.SetException(new OperationCanceledException());
        }
    }

    void IValueTaskSource.GetResult(short token) => _core.GetResult(token);

    ValueTaskSourceStatus IValueTaskSource.GetStatus(short token) => _core.GetStatus(token);

    void IValueTaskSource.OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags)
        => _core.OnCompleted(continuation, state, token, flags);
}
