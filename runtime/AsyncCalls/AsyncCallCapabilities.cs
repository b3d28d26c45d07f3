namespace AsyncCalls;

/// <summary>One backend of a runtime: whether it is in use, and why or why not.</summary>
/// <param name="Name">The backend: <c>io_uring</c>, <c>Linux AIO</c>, <c>epoll</c> or <c>workers</c>.</param>
/// <param name="Available">Whether calls are routed to it.</param>
/// <param name="Reason">What was found when it was tried, or what forbids it; a sentence for a log.</param>
public sealed record BackendCapability(string Name, bool Available, string Reason);

/// <summary>Which way the calls of an operation take in a runtime, on this machine.</summary>
/// <param name="Operation">The operation.</param>
/// <param name="Handle">The kind of handle that the row is about: <c>any</c>, <c>file</c>, <c>file with O_DIRECT</c>, <c>file in memory</c>, <c>stream</c>.</param>
/// <param name="AtOnce">What the calling thread tries first: <c>RWF_NOWAIT</c>, <c>MSG_DONTWAIT</c>, <c>plain</c>; empty for nothing.</param>
/// <param name="Backend">The name of the backend that gets what did not complete at once. A call that it cannot express goes to <c>workers</c>.</param>
/// <param name="Reason">Why it is that one: what was measured, what would be wrong otherwise, or what this machine lacks. Empty where nothing speaks against the first choice.</param>
public sealed record CallRoute(CallOperation Operation, string Handle, string AtOnce, string Backend, string Reason);

/// <summary>What a runtime found on this machine and what it uses. It does not change after the runtime was made, but for a backend that fails later.</summary>
public sealed class AsyncCallCapabilities
{
    private readonly Lazy<IReadOnlyList<CallRoute>> _routes;

    internal AsyncCallCapabilities(BackendCapability ioUring, BackendCapability linuxAio, BackendCapability epoll, BackendCapability workers, Func<IReadOnlyList<CallRoute>> findRoutes)
    {
        IoUring = ioUring;
        LinuxAio = linuxAio;
        Epoll = epoll;
        Workers = workers;
        _routes = new Lazy<IReadOnlyList<CallRoute>>(findRoutes);
    }

    /// <summary>io_uring(7).</summary>
    public BackendCapability IoUring { get; }

    /// <summary>Linux AIO, which serves files with O_DIRECT where io_uring is not used; its reason says how much of the machine's budget (fs.aio-max-nr) is spoken for.</summary>
    public BackendCapability LinuxAio { get; }

    /// <summary>epoll(7), which serves where io_uring is not used.</summary>
    public BackendCapability Epoll { get; }

    /// <summary>The worker threads; its reason says whether a blocked system call can be interrupted, and by which signal.</summary>
    public BackendCapability Workers { get; }

    /// <summary>All backends, native ones first.</summary>
    public IReadOnlyList<BackendCapability> All => [IoUring, LinuxAio, Epoll, Workers];

    /// <summary>
    /// The way of each operation on each kind of handle that makes a difference: the routing table (<c>docs/routing.md</c>) with what this machine has, operations that its io_uring lacks
    /// included. Found out at the first look.
    /// </summary>
    public IReadOnlyList<CallRoute> Routes => _routes.Value;

    /// <summary>The first of some backends that is not available; null: all are.</summary>
    /// <remarks>For each call with options: bits, since HasFlag boxes until it is compiled for the last time.</remarks>
    internal BackendCapability? Missing(AsyncCallBackends required) =>
        (required & AsyncCallBackends.IoUring) != 0 && !IoUring.Available ? IoUring
        : (required & AsyncCallBackends.LinuxAio) != 0 && !LinuxAio.Available ? LinuxAio
        : (required & AsyncCallBackends.Epoll) != 0 && !Epoll.Available ? Epoll
        : null;
}
