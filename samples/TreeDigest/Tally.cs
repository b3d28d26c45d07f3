namespace TreeDigest;

/// <summary>The counts that the bar, the summary and an interruption report. Written by many, read at any time.</summary>
internal sealed class Tally
{
    private long _found;
    private long _done;
    private long _bytes;
    private long _unreadable;
    private long _skipped;
    private volatile bool _listed;

    /// <summary>Files that the walk has come to so far.</summary>
    public long Found => Interlocked.Read(ref _found);

    /// <summary>Files, of these, that are digested or turned out to be unreadable.</summary>
    public long Done => Interlocked.Read(ref _done);

    public long Bytes => Interlocked.Read(ref _bytes);

    /// <summary>Files, of those done, and folders that could not be read.</summary>
    public long Unreadable => Interlocked.Read(ref _unreadable);

    /// <summary>Links, pipes, sockets and devices.</summary>
    public long Skipped => Interlocked.Read(ref _skipped);

    /// <summary>Whether the walk has come to its end, so that <see cref="Found"/> is final.</summary>
    public bool Listed => _listed;

    public void CountFound() => Interlocked.Increment(ref _found);

    public void CountDone() => Interlocked.Increment(ref _done);

    public void CountBytes(long bytes) => Interlocked.Add(ref _bytes, bytes);

    public void CountUnreadable() => Interlocked.Increment(ref _unreadable);

    public void CountSkipped() => Interlocked.Increment(ref _skipped);

    public void SetListed() => _listed = true;
}
