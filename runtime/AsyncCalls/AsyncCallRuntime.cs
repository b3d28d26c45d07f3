using System.Diagnostics.CodeAnalysis;
using System.Runtime.InteropServices;
using AsyncCalls.Calls;
using AsyncCalls.Contexts;
using AsyncCalls.Routing;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace AsyncCalls;

/// <summary>
/// Runs the calls of generated twins: natively where this machine offers it, on worker threads otherwise, and resumes their awaiters.
/// </summary>
/// <remarks>
/// <para>All members may be used from any thread at any time. A runtime starts threads when the first call needs them; an idle one uses no
/// processor time.</para>
/// <para>Continuations run on threads of the runtime, unless the awaiter captured a <see cref="SynchronizationContext"/> or
/// <see cref="TaskScheduler"/>. A continuation that blocks delays nobody else's: another thread takes over.</para>
/// </remarks>
public sealed partial class AsyncCallRuntime : IAsyncDisposable, IDisposable
{
    private static readonly Lock SharedChange = new();
    private static AsyncCallRuntime? _default;
    private static AsyncCallRuntime? _shared;
    private static int _lastNumber;

    private readonly Func<AsyncCallStatistics>? _readStatistics;
    private readonly RuntimeMetrics? _metrics;
    private readonly AsyncCallContext? _boundTo;
    private readonly CallOptions _options;
    private readonly bool _isView;
    private readonly Lock _closing = new();
    private Task? _closed;

    /// <summary>Makes a runtime and finds out what the machine offers. Starts no thread.</summary>
    /// <param name="options">The settings; they are copied. Null for the defaults.</param>
    /// <exception cref="ArgumentException">A setting is out of its range; the message says which, and what to change.</exception>
    /// <exception cref="NotSupportedException">A backend of <see cref="AsyncCallOptions.RequiredBackends"/> is not available; the message says why, and what to change.</exception>
    public AsyncCallRuntime(AsyncCallOptions? options = null)
    {
        options = options?.Clone() ?? new AsyncCallOptions();
        if (options.Validate() is { Count: > 0 } errors)
        {
            throw new ArgumentException(string.Join(' ', errors), nameof(options));
        }

        int number = Interlocked.Increment(ref _lastNumber);
        Name = number == 1 ? "AsyncCalls" : $"AsyncCalls {number}";
        ILogger logger = options.LoggerFactory?.CreateLogger("AsyncCalls") ?? NullLogger.Instance;
        Engine = new CallEngine(Name, options, logger);
        if (Engine.Capabilities.Missing(options.RequiredBackends) is { } missing)
        {
            Engine.Close();
            throw new NotSupportedException(
                $"{missing.Name} is required and not available here: {missing.Reason}. Change that, or take it out of {nameof(AsyncCallOptions)}.{nameof(options.RequiredBackends)}.");
        }

        Owner = Engine;
        _readStatistics = GetStatistics;
        _metrics = new RuntimeMetrics(Name, _readStatistics);
    }

    /// <summary>A view of an engine whose calls complete through a context's ring.</summary>
    internal AsyncCallRuntime(CallEngine engine, AsyncCallContext context)
    {
        Name = engine.Name;
        Engine = engine;
        Owner = context;
        _boundTo = context;
    }

    private AsyncCallRuntime(AsyncCallRuntime viewed, CallOptions options)
    {
        Name = viewed.Name;
        Engine = viewed.Engine;
        Owner = viewed.Owner;
        _boundTo = viewed._boundTo;
        _options = options;
        _isView = true;
    }

    /// <summary>
    /// The runtime of twins that were not given another: the host's, while a host with <c>AddAsyncCalls</c> runs; otherwise one with default
    /// options, made on first use and never disposed.
    /// </summary>
    public static AsyncCallRuntime Shared => Volatile.Read(ref _shared) ?? Volatile.Read(ref _default) ?? MakeDefault();

    /// <summary>What this machine offers and what of it is used, with the reasons.</summary>
    public AsyncCallCapabilities Capabilities => Engine.Capabilities;

    /// <summary>A name for logs and threads: <c>AsyncCalls</c>, <c>AsyncCalls 2</c>, …</summary>
    public string Name { get; }

    internal CallEngine Engine { get; }

    /// <summary>Whose ring the calls of this runtime complete through: the engine's own, or a context's that its user reaps.</summary>
    internal ICallOwner Owner { get; }

    /// <summary>How many calls have completed, by the way that they took. Cheap, but not for each call: it looks at every slot.</summary>
    /// <remarks>The same numbers are instruments of <c>System.Diagnostics.Metrics</c>, meter <c>AsyncCalls</c>, tag <c>asynccalls.runtime</c>.</remarks>
    public AsyncCallStatistics GetStatistics() => new(
        Engine.Counters.Sum(CompletionPath.Inline),
        Engine.Counters.Sum(CompletionPath.IoUring),
        Engine.Counters.Sum(CompletionPath.Epoll),
        Engine.Counters.Sum(CompletionPath.LinuxAio),
        Engine.Counters.Sum(CompletionPath.Workers),
        Engine.Counters.Sum(CompletionPath.Cancelled),
        Engine.InFlight.Count(),
        Engine.WorkerThreads,
        Engine.KernelEntries,
        Engine.Stalled);

    /// <summary>
    /// A call that does nothing, through the whole asynchronous way: submission, completion, dispatch. For measurements and health checks.
    /// </summary>
    /// <param name="cancellationToken">Cancels the call while it waits.</param>
    /// <exception cref="ObjectDisposedException">The runtime was disposed.</exception>
    public ValueTask NopAsync(CancellationToken cancellationToken = default)
    {
        ObjectDisposedException.ThrowIf(Engine.IsClosed, this);
        if (cancellationToken.IsCancellationRequested)
        {
            return ValueTask.FromCanceled(cancellationToken);
        }

        IoCall call = IoCall.Rent(Owner, nameof(NopAsync), CallManner.Import, AsyncCallErrors.ReturnValue, CallOperation.Nop);
        Start(call, Engine.Choose(RoutingTable.Find(CallOperation.Nop, HandleKind.Any), call.Iocb), cancellationToken);
        return new ValueTask(call, call.Version);
    }

    /// <summary>
    /// Bounds how many workers the calls of a handle may have at once, whatever <see cref="AsyncCallOptions.MaxWorkersPerHandle"/> says: for a device that is slow, or that serves one call
    /// at a time anyway. More calls wait, in order, and can be cancelled and listed meanwhile. Any thread, any time; a higher limit lets waiting calls go on at once, a lower one interrupts
    /// nothing. The limit ends with the handle object.
    /// </summary>
    /// <param name="handle">The handle. Calls on it that were handed over before it had a limit are not counted.</param>
    /// <param name="maxWorkers">1 to 32,767.</param>
    /// <exception cref="ArgumentOutOfRangeException">The number is out of its range.</exception>
    public void LimitWorkers(SafeHandle handle, int maxWorkers)
    {
        ArgumentNullException.ThrowIfNull(handle);
        ArgumentOutOfRangeException.ThrowIfLessThan(maxWorkers, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(maxWorkers, short.MaxValue);
        Engine.LimitWorkers(handle, maxWorkers);
    }

    /// <summary>
    /// Makes a context: a completion ring that the caller reaps, for a program with an event loop of its own. It uses the threads and backends of this runtime, and
    /// must be disposed before it.
    /// </summary>
    /// <param name="entries">Entries of its ring, a power of two from 2 to 1,048,576; they do not bound the calls in flight. The memory is private.</param>
    /// <exception cref="ArgumentOutOfRangeException">The number of entries is no such power of two.</exception>
    /// <exception cref="ObjectDisposedException">The runtime was disposed.</exception>
    public AsyncCallContext CreateContext(int entries = 64)
    {
        ObjectDisposedException.ThrowIf(Engine.IsClosed, this);
        Engine.RefusePortable("A context");
        return Engine.CreateContext(new CompletionRing(entries), ownsRing: true);
    }

    /// <summary>Makes a context over a ring of the caller's: shared with another process, in huge pages, in memory of its own.</summary>
    /// <param name="ring">The ring, made by this process; of one context at a time. Disposing the context does not dispose it.</param>
    /// <exception cref="ArgumentException">The ring belongs to another process, which alone may publish.</exception>
    /// <exception cref="InvalidOperationException">Another context completes its calls through the ring, and has not been disposed.</exception>
    /// <exception cref="ObjectDisposedException">The runtime was disposed.</exception>
    public AsyncCallContext CreateContext(CompletionRing ring)
    {
        ArgumentNullException.ThrowIfNull(ring);
        ObjectDisposedException.ThrowIf(Engine.IsClosed, this);
        Engine.RefusePortable("A context");
        return ring.IsOwner
            ? Engine.CreateContext(ring, ownsRing: false)
            : throw new ArgumentException("The ring was attached, not made, by this process: only the process that made it publishes.", nameof(ring));
    }

    /// <summary>
    /// Makes this runtime <see cref="Shared"/> until the result is disposed. Null: another one is, and stays so.
    /// </summary>
    public IDisposable? TryMakeShared()
    {
        lock (SharedChange)
        {
            if (_shared is not null)
            {
                return null;
            }

            Volatile.Write(ref _shared, this);
            return new SharedScope(this);
        }
    }

    /// <summary>
    /// Refuses new calls (<see cref="ObjectDisposedException"/>), cancels those that may never end by themselves (a read of a pipe), waits for the
    /// others up to <see cref="AsyncCallOptions.DrainTimeout"/>, then cancels these too, and ends the threads. What even then does not end keeps its
    /// buffers, handles and threads, and is logged: memory that the kernel may still write to is never freed.
    /// </summary>
    /// <returns>The same end for every caller.</returns>
    public ValueTask DisposeAsync()
    {
        if (_isView)
        {
            return ValueTask.CompletedTask;
        }

        if (_boundTo is not null)
        {
            return _boundTo.DisposeAsync();
        }

        lock (_closing)
        {
            // A thread of its own: the wait must not depend on the thread pool, which may be full of those that wait for these calls.
            _closed ??= Task.Factory.StartNew(
                static state => ((AsyncCallRuntime)state!).Close(),
                this,
                CancellationToken.None,
                TaskCreationOptions.LongRunning | TaskCreationOptions.DenyChildAttach,
                TaskScheduler.Default);
            return new ValueTask(_closed);
        }
    }

    /// <summary>As <see cref="DisposeAsync"/>, and waits for it. May be called from a continuation: its thread is replaced meanwhile.</summary>
    public void Dispose() => DisposeAsync().AsTask().GetAwaiter().GetResult();

    [SuppressMessage("Reliability", "CA2000:Dispose objects before losing scope", Justification = "The default runtime lives as long as the process.")]
    private static AsyncCallRuntime MakeDefault()
    {
        lock (SharedChange)
        {
            if (_default is null)
            {
                Volatile.Write(ref _default, new AsyncCallRuntime());
            }

            return _default;
        }
    }

    private void Close()
    {
        Engine.Close();
        _metrics?.Dispose();
    }

    private sealed class SharedScope(AsyncCallRuntime runtime) : IDisposable
    {
        public void Dispose()
        {
            lock (SharedChange)
            {
                if (_shared == runtime)
                {
                    Volatile.Write(ref _shared, null);
                }
            }
        }
    }
}
