using System.Runtime.CompilerServices;
using System.Runtime.ExceptionServices;
using System.Threading.Tasks.Sources;

namespace AsyncCalls.Calls;

/// <summary>
/// The awaiter's side. <see cref="_continuation"/> is where the dispatcher and the awaiter meet: null (nobody came yet), the
/// awaiter's continuation, or <see cref="Dispatched"/>.
/// </summary>
/// <remarks>
/// The dispatcher exchanges in <see cref="Dispatched"/> and runs what it found. Only then does the call report itself as
/// completed: an awaiter that looks earlier sees it pending, so the object cannot be pooled while the dispatcher still holds it. An
/// awaiter that comes after the exchange finds <see cref="Dispatched"/> and asks for a second dispatch.
/// </remarks>
internal abstract partial class Call
{
    private static readonly Action<object?> Dispatched = static _ => throw new InvalidOperationException("A marker is never run.");

    private Action<object?>? _continuation;
    private object? _continuationState;

    /// <summary>Where to resume: null (here), a SynchronizationContext, a TaskScheduler, or a <see cref="FlowedContext"/> of either.</summary>
    private object? _captured;

    private short _version;

    /// <summary>Distinguishes this use of the object for its <see cref="ValueTask"/>.</summary>
    public short Version => _version;

    /// <summary>Resumes the awaiter, if it came already. By the dispatcher, once for each event of the call.</summary>
    public void Dispatch()
    {
        try
        {
            ReleaseForeign();
        }
        catch (Exception exception)
        {
            Rethrow(exception);
        }

        Action<object?>? continuation = Interlocked.Exchange(ref _continuation, Dispatched);
        if (continuation is null)
        {
            return;
        }

        object? state = _continuationState;
        object? captured = _captured;
        _continuationState = null;
        _captured = null;
        try
        {
            if (captured is null)
            {
                continuation(state);
            }
            else
            {
                RunElsewhere(continuation, state, captured);
            }
        }
        catch (Exception exception)
        {
            Rethrow(exception);
        }
        finally
        {
            CleanThread.Restore();
        }
    }

    public ValueTaskSourceStatus GetStatus(short token)
    {
        CheckVersion(token);
        if (Volatile.Read(ref _continuation) != Dispatched)
        {
            return ValueTaskSourceStatus.Pending;
        }

        bool timedOut = WasCancelled && Reason == CancelReason.TimedOut;
        return (WasCancelled && !timedOut) || (!WasCancelled && Error is OperationCanceledException) ? ValueTaskSourceStatus.Canceled
            : timedOut || Error is not null ? ValueTaskSourceStatus.Faulted
            : ValueTaskSourceStatus.Succeeded;
    }

    public void OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags)
    {
        CheckVersion(token);
        if (Volatile.Read(ref _continuation) is { } earlier && earlier != Dispatched)
        {
            // Before anything of the first awaiter's is overwritten.
            throw new InvalidOperationException("A ValueTask is awaited once; this one has an awaiter.");
        }

        object? captured = (flags & ValueTaskSourceOnCompletedFlags.UseSchedulingContext) != 0 ? CaptureScheduler() : null;
        if ((flags & ValueTaskSourceOnCompletedFlags.FlowExecutionContext) != 0 && ExecutionContext.Capture() is { } flowed)
        {
            captured = new FlowedContext(flowed, captured);
        }

        _continuationState = state;
        _captured = captured;
        Action<object?>? found = Interlocked.CompareExchange(ref _continuation, continuation, null);
        if (found == Dispatched)
        {
            Volatile.Write(ref _continuation, continuation);
            Owner.Resume(this);
        }
    }

    /// <summary>Checks that the awaiter may have the result, and throws what the call ended with. Afterwards the caller reads its result and recycles.</summary>
    protected void CheckCompleted(short token)
    {
        CheckVersion(token);
        if (Volatile.Read(ref _continuation) != Dispatched)
        {
            throw new InvalidOperationException("The result of a ValueTask is there when it has completed: await it.");
        }

        if (WasCancelled || Error is not null)
        {
            Exception error = WasCancelled ? Cancellation() : Error!;
            Recycle();
            ExceptionDispatchInfo.Throw(error);
        }
    }

    private void ResetAwaiter()
    {
        _version++;
        _continuation = null;
        _continuationState = null;
        _captured = null;
    }

    private void CheckVersion(short token)
    {
        if (token != _version)
        {
            ThrowAwaitedTwice();
        }

        [MethodImpl(MethodImplOptions.NoInlining)]
        static void ThrowAwaitedTwice() => throw new InvalidOperationException("A ValueTask is awaited once; this one has been consumed.");
    }

    /// <summary>The context that an await asks to resume on, as the class library finds it; null for none.</summary>
    private static object? CaptureScheduler()
    {
        SynchronizationContext? context = SynchronizationContext.Current;
        if (context is not null && context.GetType() != typeof(SynchronizationContext))
        {
            return context;
        }

        TaskScheduler scheduler = TaskScheduler.Current;
        return scheduler == TaskScheduler.Default ? null : scheduler;
    }

    private static void RunElsewhere(Action<object?> continuation, object? state, object captured)
    {
        switch (captured)
        {
            case FlowedContext { Scheduler: null } flowed:
                ExecutionContext.Run(flowed.Context, static boxed => Invoke(boxed!), (continuation, state));
                break;
            case FlowedContext flowed:
                RunElsewhere(static boxed => Flow(boxed!), (flowed.Context, continuation, state), flowed.Scheduler);
                break;
            case SynchronizationContext context:
                context.Post(static boxed => Invoke(boxed!), (continuation, state));
                break;
            case TaskScheduler scheduler:
                _ = Task.Factory.StartNew(continuation, state, CancellationToken.None, TaskCreationOptions.DenyChildAttach, scheduler);
                break;
        }

        static void Invoke(object boxed)
        {
            (Action<object?> continuation, object? state) = ((Action<object?>, object?))boxed;
            continuation(state);
        }

        static void Flow(object boxed)
        {
            (ExecutionContext context, Action<object?> continuation, object? state) = ((ExecutionContext, Action<object?>, object?))boxed;
            ExecutionContext.Run(context, new ContextCallback(continuation), state);
        }
    }

    /// <summary>User code on a thread of the runtime: what it throws ends the process, as any unhandled exception does, but not this thread.</summary>
    private protected static void Rethrow(Exception exception)
    {
        var thrown = ExceptionDispatchInfo.Capture(exception);
        _ = ThreadPool.UnsafeQueueUserWorkItem(static info => info.Throw(), thrown, preferLocal: false);
    }

    private sealed record FlowedContext(ExecutionContext Context, object? Scheduler);
}
