using System.ComponentModel;
using AsyncCalls.Backends;
using AsyncCalls.Calls;

namespace AsyncCalls.CompilerServices;

/// <summary>Calls of annotated methods that have no native path, for generated code: the method itself runs on a worker thread.</summary>
/// <remarks>
/// The state is all that the method needs; it is kept until the call has completed, together with every buffer in it. No call allocates, but for what the
/// method itself allocates.
/// </remarks>
[EditorBrowsable(EditorBrowsableState.Never)]
public static class WorkerCalls
{
    /// <summary>A body that returns a value. It is given the twin's token, and cancelled by it as far as it looks at it.</summary>
    public static ValueTask<TResult> Run<TState, TResult>(
        AsyncCallRuntime runtime, string method, TState state, Func<TState, CancellationToken, TResult> body, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(runtime);
        ArgumentNullException.ThrowIfNull(body);
        ObjectDisposedException.ThrowIf(runtime.Engine.IsClosed, runtime);
        if (cancellationToken.IsCancellationRequested)
        {
            return ValueTask.FromCanceled<TResult>(cancellationToken);
        }

        var call = BodyCall<TState, TResult>.Rent(runtime.Owner, method, state, body);
        runtime.Engine.Start(call, Backend.Workers, cancellationToken);
        return new ValueTask<TResult>(call, call.Version);
    }

    /// <summary>A body that returns nothing.</summary>
    public static ValueTask Run<TState>(
        AsyncCallRuntime runtime, string method, TState state, Action<TState, CancellationToken> body, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(runtime);
        ArgumentNullException.ThrowIfNull(body);
        ObjectDisposedException.ThrowIf(runtime.Engine.IsClosed, runtime);
        if (cancellationToken.IsCancellationRequested)
        {
            return ValueTask.FromCanceled(cancellationToken);
        }

        var call = BodyCall<(TState State, Action<TState, CancellationToken> Body), int>.Rent(
            runtime.Owner,
            method,
            (state, body),
            static (pair, token) =>
            {
                pair.Body(pair.State, token);
                return 0;
            });
        runtime.Engine.Start(call, Backend.Workers, cancellationToken);
        return new ValueTask(call, call.Version);
    }

    /// <summary>
    /// An import. Its last P/Invoke error is set again on the thread that resumes. One that is <paramref name="interruptible"/>, a system call that a signal
    /// may meet without harm, is interrupted when it is cancelled.
    /// </summary>
    public static ValueTask<TResult> RunImport<TState, TResult>(
        AsyncCallRuntime runtime,
        string method,
        AsyncCallErrors errors,
        bool interruptible,
        TState state,
        Func<TState, TResult> import,
        CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(runtime);
        ArgumentNullException.ThrowIfNull(import);
        ObjectDisposedException.ThrowIf(runtime.Engine.IsClosed, runtime);
        if (cancellationToken.IsCancellationRequested)
        {
            return ValueTask.FromCanceled<TResult>(cancellationToken);
        }

        var call = ImportBodyCall<TState, TResult>.Rent(runtime.Owner, method, errors, interruptible, state, import);
        runtime.Engine.Start(call, Backend.Workers, cancellationToken);
        return new ValueTask<TResult>(call, call.Version);
    }

    /// <summary>An import that returns nothing.</summary>
    public static ValueTask RunImport<TState>(
        AsyncCallRuntime runtime, string method, bool interruptible, TState state, Action<TState> import, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(runtime);
        ArgumentNullException.ThrowIfNull(import);
        ObjectDisposedException.ThrowIf(runtime.Engine.IsClosed, runtime);
        if (cancellationToken.IsCancellationRequested)
        {
            return ValueTask.FromCanceled(cancellationToken);
        }

        var call = ImportBodyCall<(TState State, Action<TState> Import), bool>.Rent(
            runtime.Owner,
            method,
            AsyncCallErrors.ReturnValue,
            interruptible,
            (state, import),
            static pair =>
            {
                pair.Import(pair.State);
                return true;
            });
        runtime.Engine.Start(call, Backend.Workers, cancellationToken);
        return new ValueTask(call, call.Version);
    }
}
