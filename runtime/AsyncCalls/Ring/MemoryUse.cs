namespace AsyncCalls.Ring;

/// <summary>Counts the threads that are at work in memory that must be let go of at a time: one word, the number and, once it ends, a bit.</summary>
internal sealed class MemoryUse
{
    private const int Ended = 1 << 30;

    private int _word;

    /// <summary>False: the memory has been let go of.</summary>
    public bool TryEnter()
    {
        if ((Interlocked.Increment(ref _word) & Ended) == 0)
        {
            return true;
        }

        Interlocked.Decrement(ref _word);
        return false;
    }

    public void Leave() => Interlocked.Decrement(ref _word);

    /// <summary>Lets nobody in, and waits until all have left: what they do here is short and does not block.</summary>
    public void End()
    {
        Interlocked.Or(ref _word, Ended);
        var spinner = default(SpinWait);
        while ((Volatile.Read(ref _word) & ~Ended) != 0)
        {
            spinner.SpinOnce();
        }
    }
}
