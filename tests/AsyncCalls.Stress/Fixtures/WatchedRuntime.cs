using AsyncCalls.Stress.Running;

namespace AsyncCalls.Stress.Fixtures;

/// <summary>A runtime of a proof, and the accounts that it must leave balanced: descriptors, slots, threads, and nothing leaked in its log.</summary>
internal sealed class WatchedRuntime
{
    private readonly ProofRun _run;
    private readonly CapturedLog _log = new();
    private readonly int _maxInFlight;
    private readonly int _descriptorsBefore;

    private WatchedRuntime(ProofRun run, Action<AsyncCallOptions>? configure, int descriptorsBefore)
    {
        _run = run;
        _descriptorsBefore = descriptorsBefore;
        AsyncCallOptions options = NewOptions(run.Lane, _log);
        configure?.Invoke(options);
        _maxInFlight = options.MaxInFlight;
        Runtime = new AsyncCallRuntime(options);
    }

    public AsyncCallRuntime Runtime { get; }

    /// <summary>Makes a runtime. Another one came and went before, so that what the process opens once is open.</summary>
    public static async Task<WatchedRuntime> CreateAsync(ProofRun run, Action<AsyncCallOptions>? configure = null)
    {
        await using (var first = new AsyncCallRuntime(NewOptions(run.Lane, new CapturedLog())))
        {
            using var pipe = new Pipe();
            pipe.Send(Pipe.NextSerial());
            await Libc.readAsync(pipe.Reader, new byte[Pipe.MessageBytes], Pipe.MessageBytes, runtime: first);
        }

        // Off the thread of that runtime, which cannot end under this method.
        await Task.Yield();
        return new WatchedRuntime(run, configure, ProcessState.DescriptorsOfCalls());
    }

    /// <summary>
    /// Ends the runtime, in rest, and looks at what is left. The proof has let go of its own handles and contexts by now.
    /// </summary>
    public async Task CloseAsync()
    {
        _run.Require(await Runtime.RestAsync(ProofRun.Limit), "The runtime did not come to rest.");
        _run.Require(Runtime.PendingCalls.Count == 0, $"At rest, {Runtime.PendingCalls.Count} calls are listed as pending.");
        await _run.UntilAsync(() => Runtime.GetStatistics().InFlight == 0, "no slot is taken at rest");
        await ParkInEverySlotAsync();
        await _run.UntilAsync(() => Runtime.GetStatistics().WorkerThreads == 0, "no worker thread is left at rest");
        await DisposeAsync();
    }

    /// <summary>Ends the runtime as it is.</summary>
    public async Task DisposeAsync()
    {
        try
        {
            await Runtime.DisposeAsync().AsTask().WaitAsync(ProofRun.Limit);
        }
        catch (TimeoutException)
        {
            _run.Violation("Dispose did not return.");
            return;
        }

        foreach (string leak in _log.Leaks)
        {
            _run.Violation($"The log says: {leak}");
        }

        await _run.UntilAsync(() => ProcessState.ThreadsOf(Runtime) == 0, "no thread is left after dispose");
        if (!await _run.UntilAsync(() => ProcessState.DescriptorsOfCalls() <= _descriptorsBefore, $"the process has its {_descriptorsBefore} descriptors of before"))
        {
            _run.Violation($"It has these: {string.Join(", ", ProcessState.Descriptors().Values)}");
        }
    }

    private static AsyncCallOptions NewOptions(Lane lane, CapturedLog log) => new()
    {
        Backends = lane.Backends(),
        InlineAttempts = false,
        WorkerIdleTimeout = TimeSpan.FromSeconds(1),
        LoggerFactory = log,
    };

    /// <summary>A slot that was lost is missing here: as many calls as there may be are parked at once, if those are few.</summary>
    private async Task ParkInEverySlotAsync()
    {
        const int ParkedMax = 64;
        int count = Math.Min(_maxInFlight, ParkedMax);
        using var pipe = new Pipe();
        using var cancel = new CancellationTokenSource();
        Task<nint>[] parked =
        [
            .. Enumerable.Range(0, count).Select(_ =>
                Libc.readAsync(pipe.Reader, new byte[1], 1, runtime: Runtime, cancellationToken: cancel.Token).AsTask()),
        ];
        _run.Require(
            Runtime.GetStatistics().InFlight == count,
            $"{Runtime.GetStatistics().InFlight} calls are in flight where {_maxInFlight} may be and {count} were made: slots were lost.");
        _run.Require(ProcessState.ThreadsOf(Runtime) > 0, "No thread of the runtime was found while it works: its threads are named differently.");
        await cancel.CancelAsync();
        Task all = Task.WhenAll(parked);
        await Task.WhenAny(all, Task.Delay(ProofRun.Limit));
        _run.Require(all.IsCompleted, "A cancelled call did not end.");
    }
}
