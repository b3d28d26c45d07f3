namespace AsyncCalls;

/// <summary>One backend of a runtime: whether it is in use, and why or why not.</summary>
/// <param name="Name">The backend: <c>io_uring</c>, <c>epoll</c> or <c>workers</c>.</param>
/// <param name="Available">Whether calls are routed to it.</param>
/// <param name="Reason">What was found when it was tried, or what forbids it; a sentence for a log.</param>
public sealed record BackendCapability(string Name, bool Available, string Reason);

/// <summary>What a runtime found on this machine and what it uses. It does not change after the runtime was made, but for a backend that fails later.</summary>
public sealed class AsyncCallCapabilities
{
    internal AsyncCallCapabilities(BackendCapability ioUring, BackendCapability epoll, BackendCapability workers)
    {
        IoUring = ioUring;
        Epoll = epoll;
        Workers = workers;
    }

    /// <summary>io_uring(7).</summary>
    public BackendCapability IoUring { get; }

    /// <summary>epoll(7), which serves where io_uring is not used.</summary>
    public BackendCapability Epoll { get; }

    /// <summary>The worker threads; its reason says whether a blocked system call can be interrupted, and by which signal.</summary>
    public BackendCapability Workers { get; }

    /// <summary>All backends, native ones first.</summary>
    public IReadOnlyList<BackendCapability> All => [IoUring, Epoll, Workers];
}
