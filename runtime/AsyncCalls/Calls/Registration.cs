namespace AsyncCalls.Calls;

/// <summary>
/// A place of a table of io_uring in which a file or a buffer lies. Whoever made it and each call that names it hold one use; the last one empties the place, so that no request is ever submitted with
/// a place that is another's by then.
/// </summary>
/// <param name="index">The place.</param>
/// <param name="empty">Empties it. Any thread.</param>
internal sealed class Registration(int index, Action<int> empty)
{
    private UseCount _uses = UseCount.One;

    public int Index => index;

    /// <summary>Takes a use for a call. False: the place is empty.</summary>
    public bool TryUse() => _uses.TryTake();

    public void Release()
    {
        if (_uses.Release())
        {
            empty(index);
        }
    }
}
