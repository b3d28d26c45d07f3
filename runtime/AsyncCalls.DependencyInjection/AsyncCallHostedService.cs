using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;

namespace AsyncCalls.DependencyInjection;

/// <summary>
/// Ties the runtime to the life of the host. It is there before the first service starts, because their start may already await
/// twins, and drains after the last one has stopped, because their stop may still do so.
/// </summary>
internal sealed partial class AsyncCallHostedService : IHostedLifecycleService, IDisposable
{
    private readonly AsyncCallRuntime _runtime;
    private readonly ILogger _logger;
    private IDisposable? _shared;

    public AsyncCallHostedService(AsyncCallRuntime runtime, IOptions<AsyncCallOptions> options)
    {
        _runtime = runtime;
        _logger = (options.Value.LoggerFactory ?? NullLoggerFactory.Instance).CreateLogger("AsyncCalls.Hosting");
    }

    public Task StartingAsync(CancellationToken cancellationToken)
    {
        if (_logger.IsEnabled(LogLevel.Information))
        {
            LogStarted(_logger, string.Join("; ", _runtime.Capabilities.All.Select(InWords)));
        }

        _shared = _runtime.TryMakeShared();
        if (_shared is null)
        {
            LogNotShared(_logger);
        }

        return Task.CompletedTask;
    }

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public async Task StoppedAsync(CancellationToken cancellationToken)
    {
        // First, so that a static twin that is called from now on gets the process's runtime and not one that is closing.
        Dispose();

        Task drained = _runtime.DisposeAsync().AsTask();
        try
        {
            await drained.WaitAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested && !drained.IsCompleted)
        {
            // The host's own shutdown time-out is shorter than the drain: the stop goes on, and the container's disposal of the
            // runtime waits for the rest.
            LogStillDraining(_logger, _runtime.GetStatistics().InFlight);
        }
    }

    /// <summary>Gives <see cref="AsyncCallRuntime.Shared"/> back, also where a failed start means that there is no stop.</summary>
    public void Dispose() => Interlocked.Exchange(ref _shared, null)?.Dispose();

    private static string InWords(BackendCapability backend)
        => $"{backend.Name} {(backend.Available ? "in use" : "not used")} ({backend.Reason})";

    [LoggerMessage(1, LogLevel.Information, "AsyncCalls started. Backends: {Backends}")]
    private static partial void LogStarted(ILogger logger, string backends);

    [LoggerMessage(
        2,
        LogLevel.Warning,
        "Another host's runtime is AsyncCallRuntime.Shared in this process: twins of static methods use that one, and this host keeps its own for the rest.")]
    private static partial void LogNotShared(ILogger logger);

    [LoggerMessage(
        3,
        LogLevel.Warning,
        "The host's shutdown time-out is over before the runtime has drained (calls in flight: {InFlight}): it goes on.")]
    private static partial void LogStillDraining(ILogger logger, int inFlight);
}
