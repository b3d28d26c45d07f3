namespace AsyncCalls;

/// <summary>
/// Blocks that may give many results. Each is an event; all but the last have <see cref="CompletionFlags.More"/>. The last one can come at any time, with a result like the others: submit the block
/// again. Where the kernel has no multishot requests, and on workers, the first result is the last.
/// </summary>
public unsafe partial struct Iocb
{
    /// <summary>accept4(2) for one connection after the other: each result is a descriptor that the caller owns, of the last event too.</summary>
    /// <param name="socket">A socket that listens.</param>
    /// <param name="flags"><c>SOCK_NONBLOCK</c>; <c>SOCK_CLOEXEC</c> is added, as everywhere in .NET.</param>
    /// <remarks>Nothing holds connections back: what the reaper does not take waits beside the ring, open. Cancel the call to stop them.</remarks>
    public static Iocb AcceptMultishot(HandleLease socket, int flags = 0) => Many(Accept(socket, flags));

    /// <summary>poll(2) of one handle, which tells of events each time that something comes. A hint: they may have been dealt with already.</summary>
    /// <param name="handle">What to wait for.</param>
    /// <param name="events"><c>POLL*</c>; errors and hang-ups are told always.</param>
    public static Iocb PollMultishot(HandleLease handle, short events) => Many(Poll(handle, events));

    private static Iocb Many(Iocb block)
    {
        block.Flags |= IocbFlags.Multishot;
        return block;
    }
}
