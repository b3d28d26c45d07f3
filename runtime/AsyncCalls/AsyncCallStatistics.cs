namespace AsyncCalls;

/// <summary>Counts of a runtime since it was made. A snapshot: the numbers are read one after the other while calls go on.</summary>
/// <param name="CompletedInline">Calls that the calling thread completed itself, without handing anything over.</param>
/// <param name="CompletedByIoUring">Calls that io_uring completed.</param>
/// <param name="CompletedByEpoll">Calls that waited for readiness in epoll, or could have.</param>
/// <param name="CompletedByLinuxAio">Calls that Linux AIO completed.</param>
/// <param name="CompletedByWorkers">Calls that a worker thread completed.</param>
/// <param name="Cancelled">Calls, of all of these, that ended as cancelled.</param>
/// <param name="InFlight">Calls that were handed over and have not completed.</param>
/// <param name="WorkerThreads">Worker threads that exist.</param>
/// <param name="KernelEntries">
/// How often io_uring_enter(2) was called: to submit what was queued meanwhile, to wait, or both. In relation to <paramref name="CompletedByIoUring"/> it says how far calls
/// share an entry.
/// </param>
/// <param name="Stalled">Calls that were reported because they did not end in <see cref="AsyncCallOptions.StallTimeout"/>.</param>
public readonly record struct AsyncCallStatistics(
    long CompletedInline,
    long CompletedByIoUring,
    long CompletedByEpoll,
    long CompletedByLinuxAio,
    long CompletedByWorkers,
    long Cancelled,
    int InFlight,
    int WorkerThreads,
    long KernelEntries,
    long Stalled);
