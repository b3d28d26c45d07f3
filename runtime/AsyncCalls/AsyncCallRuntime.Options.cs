using System.Collections.Concurrent;
using AsyncCalls.Backends;
using AsyncCalls.Calls;

namespace AsyncCalls;

/// <summary>Options of calls: a view of the runtime has them, and the calls that are made through it.</summary>
/// <remarks>
/// A view is made once for each set of options and remembered, so that a call with options allocates nothing. Programs have a few sets; one that computes a new time for each call gets a
/// view of its own each time once <see cref="RememberedViewsMax"/> are remembered: 64 of about 150 bytes, 10 KB a runtime.
/// </remarks>
public sealed partial class AsyncCallRuntime
{
    private const int RememberedViewsMax = 64;

    private ConcurrentDictionary<CallOptions, AsyncCallRuntime>? _views;

    /// <summary>What the calls of this view have; the default in a runtime that is no view.</summary>
    internal CallOptions Options => _options;

    /// <summary>
    /// This runtime, for calls that are to complete in a certain time: one that has not is cancelled, and throws <see cref="AsyncCallTimeoutException"/> unless it completed all the same.
    /// Cheap: give it to annotated code in the place of the runtime, and keep it.
    /// </summary>
    /// <param name="timeout">The time of each call, from when it is made; <see cref="Timeout.InfiniteTimeSpan"/> for none.</param>
    /// <returns>A view of this runtime. Disposing it does nothing.</returns>
    /// <remarks>
    /// io_uring keeps the time itself (a linked timeout, IORING_OP_LINK_TIMEOUT); other calls share one timing wheel, with a resolution of a millisecond. What a call can do in the calling
    /// thread without waiting is done whatever the time is. A call that cannot be interrupted completes by itself, later.
    /// </remarks>
    /// <exception cref="ArgumentOutOfRangeException">The timeout is not more than zero, or longer than 49 days.</exception>
    public AsyncCallRuntime WithTimeout(TimeSpan timeout) => With(new CallOptions { Timeout = timeout });

    /// <summary>
    /// This runtime, for calls with options. What they do not say is as in this runtime, which may be such a view itself. Cheap: the same options give the same view.
    /// </summary>
    /// <param name="options">The options.</param>
    /// <returns>A view of this runtime. Disposing it does nothing.</returns>
    /// <exception cref="ArgumentOutOfRangeException">The timeout is not more than zero, or longer than 49 days; or a required backend is none that this version knows.</exception>
    /// <exception cref="NotSupportedException">A required backend is not available; the message says why.</exception>
    public AsyncCallRuntime With(CallOptions options)
    {
        if (options.Timeout is { } timeout && timeout != Timeout.InfiniteTimeSpan && !Call.IsTimeout(timeout))
        {
            throw new ArgumentOutOfRangeException(nameof(options), timeout, $"A call's time is more than zero and at most {Call.LongestTimeout}.");
        }

        if ((options.RequiredBackends & ~AsyncCallBackends.All) != 0)
        {
            throw new ArgumentOutOfRangeException(nameof(options), options.RequiredBackends, $"Combine named values of {nameof(AsyncCallBackends)}.");
        }

        Require(options.RequiredBackends);
        return options == default ? this
            : _views is { } views && views.TryGetValue(options, out AsyncCallRuntime? view) ? view
            : MakeView(options);
    }

    /// <summary>Starts a prepared call with the options of this view.</summary>
    /// <exception cref="ObjectDisposedException">The runtime was disposed; the call was given back.</exception>
    /// <exception cref="NotSupportedException">A backend that the view requires has failed since it was made; the call was given back.</exception>
    internal void Start(Call call, Backend backend, CancellationToken cancellationToken)
    {
        if (_options.Timeout is { } timeout && timeout != Timeout.InfiniteTimeSpan)
        {
            call.SetTimeout(timeout);
        }

        if (_options.RequiredBackends != AsyncCallBackends.WorkersOnly)
        {
            try
            {
                Require(_options.RequiredBackends);
            }
            catch
            {
                call.Abandon();
                throw;
            }
        }

        if (_options.Attributes is { } attributes)
        {
            try
            {
                backend = Engine.Attach(call, attributes, backend);
            }
            catch
            {
                call.Abandon();
                throw;
            }
        }

        Engine.Start(call, backend, cancellationToken);
    }

    /// <summary>
    /// Registers the credentials of the calling thread with io_uring (IORING_REGISTER_PERSONALITY): a call that has them as an attribute runs with them, whatever the process has become by then.
    /// </summary>
    /// <returns>The credentials, as long as they are not disposed.</returns>
    /// <exception cref="NotSupportedException">There is no io_uring here, or it takes no credentials; the message says why.</exception>
    /// <exception cref="ObjectDisposedException">The runtime was disposed.</exception>
    public CallPersonality RegisterPersonality()
    {
        ObjectDisposedException.ThrowIf(Engine.IsClosed, this);
        return Engine.RegisterPersonality();
    }

    /// <summary>Whether calls of this view may be attempted on the calling thread. Those with attributes are not: whoever makes them tells what it honoured.</summary>
    internal bool InlineAttempts => _options.Attributes is null && Engine.InlineAttempts;

    private AsyncCallRuntime MakeView(CallOptions options)
    {
        ConcurrentDictionary<CallOptions, AsyncCallRuntime> views = LazyInitializer.EnsureInitialized(ref _views, static () => new());
        var view = new AsyncCallRuntime(
            this,
            new CallOptions
            {
                Timeout = options.Timeout ?? _options.Timeout,
                RequiredBackends = options.RequiredBackends | _options.RequiredBackends,
                Attributes = options.Attributes ?? _options.Attributes,
            });
        return views.Count < RememberedViewsMax ? views.GetOrAdd(options, view) : view;
    }

    private void Require(AsyncCallBackends required)
    {
        if (Capabilities.Missing(required) is { } missing)
        {
            throw new NotSupportedException($"The call requires {missing.Name}, which is not available here: {missing.Reason}.");
        }
    }
}
