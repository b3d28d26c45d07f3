using AsyncCalls.Calls;

namespace AsyncCalls.Backends;

/// <summary>Calls that the thread that pumps has settled, to be published together. Not thread-safe: that thread's own.</summary>
/// <param name="host">Whose calls are published together; those of others are published one by one.</param>
/// <param name="path">How they are counted.</param>
internal sealed class CompletionBatch(IBackendHost host, CompletionPath path)
{
    private const int Max = 64;

    private readonly CompletionEvent[] _events = new CompletionEvent[Max];

    /// <summary>How many wait to be published.</summary>
    public int Count { get; private set; }

    public void Add(Call settled)
    {
        if (settled.WasCancelled)
        {
            host.Counters.Add(CompletionPath.Cancelled);
        }

        if (settled.Owner != host)
        {
            host.Counters.Add(path);
            settled.Owner.Publish(settled, dispatchHere: false);
            return;
        }

        _events[Count++] = settled.ToEvent();
        if (Count == Max)
        {
            Flush();
        }
    }

    public void Flush()
    {
        if (Count > 0)
        {
            host.Counters.Add(path, Count);
            host.Publish(_events.AsSpan(0, Count));
            Count = 0;
        }
    }
}
