using System.ComponentModel;
using AsyncCalls.Calls;
using AsyncCalls.Routing;

namespace AsyncCalls.CompilerServices;

/// <summary>Asynchronous forms of <see cref="Thread"/>, for generated code.</summary>
[EditorBrowsable(EditorBrowsableState.Never)]
public static class ThreadCalls
{
    /// <summary>What "without end" is to the kernel, which counts nanoseconds in 64 bits.</summary>
    private static readonly TimeSpan Century = TimeSpan.FromDays(36_525);

    /// <summary><see cref="Thread.Sleep(int)"/>; clock_nanosleep(2). It blocks no thread where there is io_uring. Of no time it completes at once.</summary>
    public static ValueTask Sleep(AsyncCallRuntime runtime, string method, int millisecondsTimeout, CancellationToken cancellationToken)
    {
        if (millisecondsTimeout < Timeout.Infinite)
        {
            // The class library says what is wrong.
            Thread.Sleep(millisecondsTimeout);
        }

        return Sleep(runtime, method, TimeSpan.FromMilliseconds(millisecondsTimeout), cancellationToken);
    }

    /// <summary><see cref="Thread.Sleep(TimeSpan)"/>; as the other.</summary>
    public static ValueTask Sleep(AsyncCallRuntime runtime, string method, TimeSpan timeout, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(runtime);
        long milliseconds = (long)timeout.TotalMilliseconds;
        if (milliseconds is < Timeout.Infinite or > int.MaxValue)
        {
            Thread.Sleep(timeout);
        }

        if (runtime.Engine.IsPortable)
        {
            // Asleep until the token fires, which is what makes it a sleep that can be cancelled.
            return WorkerCalls.Run(
                runtime,
                method,
                timeout,
                static (timeout, token) =>
                {
                    _ = token.WaitHandle.WaitOne(timeout);
                    token.ThrowIfCancellationRequested();
                },
                cancellationToken);
        }

        ObjectDisposedException.ThrowIf(runtime.Engine.IsClosed, runtime);
        if (cancellationToken.IsCancellationRequested)
        {
            return ValueTask.FromCanceled(cancellationToken);
        }

        if (milliseconds == 0)
        {
            return ValueTask.CompletedTask;
        }

        IoCall call = IoCall.Rent(runtime.Owner, method, CallManner.ClassLibrary, AsyncCallErrors.Exception, CallOperation.Sleep);

        // Like the class library, in whole milliseconds.
        call.BeginSleep(milliseconds < 0 ? Century : TimeSpan.FromMilliseconds(milliseconds));
        runtime.Start(call, runtime.Engine.Choose(RoutingTable.Find(CallOperation.Sleep, HandleKind.Any), call.Iocb), cancellationToken);
        return new ValueTask(call, call.Version);
    }
}
