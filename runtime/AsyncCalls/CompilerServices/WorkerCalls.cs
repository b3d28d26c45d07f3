using System.ComponentModel;
using System.Runtime.InteropServices;
using AsyncCalls.Backends;
using AsyncCalls.Calls;

namespace AsyncCalls.CompilerServices;

/// <summary>Calls of annotated methods that have no native path, for generated code: the method itself runs on a worker thread.</summary>
/// <remarks>
/// <para>The state is all that the method needs; it is kept until the call has completed, together with every buffer in it. No call allocates, but for what the
/// method itself allocates.</para>
/// <para>The handle is what the call is about: when it is closed, or its calls are cancelled, this one is. The method keeps it open itself while it uses it.</para>
/// </remarks>
[EditorBrowsable(EditorBrowsableState.Never)]
public static class WorkerCalls
{
    /// <summary>A body that returns a value and takes a token: it is cancelled as far as it looks at that.</summary>
    public static ValueTask<TResult> Run<TState, TResult>(
        AsyncCallRuntime runtime,
        string method,
        TState state,
        Func<TState, CancellationToken, TResult> body,
        CancellationToken cancellationToken,
        SafeHandle? handle = null)
    {
        ArgumentNullException.ThrowIfNull(body);
        return Start(runtime, method, handle, state, body, takesToken: true, cancellationToken, out BodyCall<TState, TResult>? call)
            ? new ValueTask<TResult>(call!, call!.Version)
            : ValueTask.FromCanceled<TResult>(cancellationToken);
    }

    /// <summary>A body that returns a value and takes no token: it is not cancelled once it runs.</summary>
    public static ValueTask<TResult> Run<TState, TResult>(
        AsyncCallRuntime runtime, string method, TState state, Func<TState, TResult> body, CancellationToken cancellationToken, SafeHandle? handle = null)
    {
        ArgumentNullException.ThrowIfNull(body);
        return Start(
            runtime,
            method,
            handle,
            (State: state, Body: body),
            static (pair, _) => pair.Body(pair.State),
            takesToken: false,
            cancellationToken,
            out BodyCall<(TState State, Func<TState, TResult> Body), TResult>? call)
            ? new ValueTask<TResult>(call!, call!.Version)
            : ValueTask.FromCanceled<TResult>(cancellationToken);
    }

    /// <summary>A body that returns nothing and takes a token.</summary>
    public static ValueTask Run<TState>(
        AsyncCallRuntime runtime,
        string method,
        TState state,
        Action<TState, CancellationToken> body,
        CancellationToken cancellationToken,
        SafeHandle? handle = null)
    {
        ArgumentNullException.ThrowIfNull(body);
        return Start(
            runtime,
            method,
            handle,
            (State: state, Body: body),
            static (pair, token) =>
            {
                pair.Body(pair.State, token);
                return 0;
            },
            takesToken: true,
            cancellationToken,
            out BodyCall<(TState State, Action<TState, CancellationToken> Body), int>? call)
            ? new ValueTask(call!, call!.Version)
            : ValueTask.FromCanceled(cancellationToken);
    }

    /// <summary>A body that returns nothing and takes no token.</summary>
    public static ValueTask Run<TState>(
        AsyncCallRuntime runtime, string method, TState state, Action<TState> body, CancellationToken cancellationToken, SafeHandle? handle = null)
    {
        ArgumentNullException.ThrowIfNull(body);
        return Start(
            runtime,
            method,
            handle,
            (State: state, Body: body),
            static (pair, _) =>
            {
                pair.Body(pair.State);
                return 0;
            },
            takesToken: false,
            cancellationToken,
            out BodyCall<(TState State, Action<TState> Body), int>? call)
            ? new ValueTask(call!, call!.Version)
            : ValueTask.FromCanceled(cancellationToken);
    }

    /// <summary>
    /// An import. Its last P/Invoke error is set again on the thread that resumes. One that is <paramref name="interruptible"/>, a system call that a signal
    /// may meet without harm, is interrupted when it is cancelled. <paramref name="hasFailed"/> tells of a result that is more than what the import returned whether that is an error.
    /// </summary>
    public static ValueTask<TResult> RunImport<TState, TResult>(
        AsyncCallRuntime runtime,
        string method,
        AsyncCallErrors errors,
        bool interruptible,
        TState state,
        Func<TState, TResult> import,
        CancellationToken cancellationToken,
        SafeHandle? handle = null,
        Func<TResult, bool>? hasFailed = null) =>
        StartImport(runtime, method, errors, interruptible, state, import, handle, hasFailed, cancellationToken) is { } call
            ? new ValueTask<TResult>(call, call.Version)
            : ValueTask.FromCanceled<TResult>(cancellationToken);

    /// <summary>As the other, with the error number beside what the import returned.</summary>
    public static ValueTask<AsyncCallResult<TResult>> RunImportForResult<TState, TResult>(
        AsyncCallRuntime runtime,
        string method,
        bool interruptible,
        TState state,
        Func<TState, TResult> import,
        CancellationToken cancellationToken,
        SafeHandle? handle = null,
        Func<TResult, bool>? hasFailed = null) =>
        StartImport(runtime, method, AsyncCallErrors.Result, interruptible, state, import, handle, hasFailed, cancellationToken) is { } call
            ? new ValueTask<AsyncCallResult<TResult>>(call, call.Version)
            : ValueTask.FromCanceled<AsyncCallResult<TResult>>(cancellationToken);

    /// <summary>Whether what an import returned says that it failed: −1, or a handle that is invalid.</summary>
    public static bool HasFailed<T>(T result) => ImportFailure.Is(result);

    /// <summary>An import that returns nothing.</summary>
    public static ValueTask RunImport<TState>(
        AsyncCallRuntime runtime,
        string method,
        bool interruptible,
        TState state,
        Action<TState> import,
        CancellationToken cancellationToken,
        SafeHandle? handle = null)
    {
        ArgumentNullException.ThrowIfNull(import);
        return StartImport<(TState State, Action<TState> Import), bool>(
            runtime,
            method,
            AsyncCallErrors.ReturnValue,
            interruptible,
            (state, import),
            static pair =>
            {
                pair.Import(pair.State);
                return true;
            },
            handle,
            hasFailed: null,
            cancellationToken) is { } call
            ? new ValueTask(call, call.Version)
            : ValueTask.FromCanceled(cancellationToken);
    }

    /// <summary>Null: the token has fired already.</summary>
    private static ImportBodyCall<TState, TResult>? StartImport<TState, TResult>(
        AsyncCallRuntime runtime,
        string method,
        AsyncCallErrors errors,
        bool interruptible,
        TState state,
        Func<TState, TResult> import,
        SafeHandle? handle,
        Func<TResult, bool>? hasFailed,
        CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(import);
        if (!MayStart(runtime, cancellationToken))
        {
            return null;
        }

        var call = ImportBodyCall<TState, TResult>.Rent(runtime.Owner, method, errors, interruptible, handle, state, import, hasFailed);
        runtime.Start(call, Backend.Workers, cancellationToken);
        return call;
    }

    private static bool Start<TState, TResult>(
        AsyncCallRuntime runtime,
        string method,
        SafeHandle? handle,
        TState state,
        Func<TState, CancellationToken, TResult> body,
        bool takesToken,
        CancellationToken cancellationToken,
        out BodyCall<TState, TResult>? call)
    {
        call = null;
        if (!MayStart(runtime, cancellationToken))
        {
            return false;
        }

        call = BodyCall<TState, TResult>.Rent(runtime.Owner, method, handle, state, body, takesToken);
        runtime.Start(call, Backend.Workers, cancellationToken);
        return true;
    }

    /// <summary>False: the token has fired already.</summary>
    private static bool MayStart(AsyncCallRuntime runtime, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(runtime);
        ObjectDisposedException.ThrowIf(runtime.Engine.IsClosed, runtime);
        return !cancellationToken.IsCancellationRequested;
    }
}
