namespace AsyncCalls.Backends;

/// <summary>Where the thread that leads a dispatcher gets completions from, and waits for them.</summary>
/// <remarks>Disposed by the last thread that pumped, when nothing is in flight.</remarks>
internal interface IPump : IDisposable
{
    /// <summary>
    /// Submits what others queued, publishes what has completed and, if <paramref name="mayWait"/>, waits until there is something to do.
    /// One thread at a time, which must be one of the dispatcher's.
    /// </summary>
    void Pump(bool mayWait);

    /// <summary>Ends the wait of <see cref="Pump"/>, or keeps the next one from beginning. Any thread.</summary>
    void Wake();
}

/// <summary>The pump of a context without a native backend: it only waits.</summary>
internal sealed class EventPump : IPump
{
    private readonly ManualResetEventSlim _event = new(initialState: false);

    public void Pump(bool mayWait)
    {
        if (mayWait)
        {
            _event.Wait();
        }

        // Whoever wakes publishes first: what was published before this reset is dispatched after it.
        _event.Reset();
    }

    public void Wake() => _event.Set();

    public void Dispose() => _event.Dispose();
}
