using Microsoft.Extensions.Logging;

namespace AsyncCalls.Diagnostics;

/// <summary>Everything that the runtime logs.</summary>
internal static partial class Log
{
    [LoggerMessage(1, LogLevel.Warning, "{Runtime}: backend {Backend} is no longer used: {Reason}.")]
    public static partial void BackendFailed(ILogger logger, string runtime, string backend, string reason);

    [LoggerMessage(
        2,
        LogLevel.Critical,
        "{Runtime}: {Count} calls did not end when the runtime was disposed ({Methods}, …). Their buffers, handles and threads are leaked, because the kernel or the called code still uses them.")]
    public static partial void CallsLeaked(ILogger logger, string runtime, int count, string methods);

    [LoggerMessage(
        3,
        LogLevel.Critical,
        "{Runtime}: {Count} calls did not end when their context was disposed ({Methods}, …). Their buffers, handles and threads are leaked, because the kernel or the called code still uses them.")]
    public static partial void ContextCallsLeaked(ILogger logger, string runtime, int count, string methods);

    [LoggerMessage(
        4,
        LogLevel.Warning,
        "{Runtime}: call {Id:x} of {Method} ({Operation}) on {Handle} has not ended after {Age}; {Backend}, {State}.")]
    public static partial void CallStalled(
        ILogger logger, string runtime, ulong id, string method, CallOperation operation, string handle, TimeSpan age, string backend, PendingCallState state);

    [LoggerMessage(
        5,
        LogLevel.Critical,
        "{Runtime}: io_uring lost completions, because the kernel had no memory to keep what found the queue full (EBADR). Calls go to workers. Those whose results are not known end with EIO; what they were to do may have been done.")]
    public static partial void ResultsLost(ILogger logger, string runtime);
}
