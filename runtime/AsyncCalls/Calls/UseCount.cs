namespace AsyncCalls.Calls;

/// <summary>Counts the uses of something that goes with the last of them. Not copied: a field of what it counts for.</summary>
internal struct UseCount
{
    private int _uses;

    /// <summary>One use: that of whoever made the thing.</summary>
    public static UseCount One => new() { _uses = 1 };

    /// <summary>Takes a use. False: the last one was given back, and the thing is gone.</summary>
    public bool TryTake()
    {
        int uses = Volatile.Read(ref _uses);
        while (uses > 0)
        {
            int seen = Interlocked.CompareExchange(ref _uses, uses + 1, uses);
            if (seen == uses)
            {
                return true;
            }

            uses = seen;
        }

        return false;
    }

    /// <summary>Gives a use back. True: it was the last one, and whoever did ends the thing.</summary>
    public bool Release() => Interlocked.Decrement(ref _uses) == 0;
}
