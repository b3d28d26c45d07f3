namespace AsyncCalls.Integration.Tests;

/// <summary>The ways that every behaviour is tested on: each test of a lane runs once on each.</summary>
public enum Lane
{
    /// <summary>Everything that the machine offers.</summary>
    Native,

    /// <summary>The same without inline attempts, so that calls really go to a backend.</summary>
    NativeNoInline,

    /// <summary>Worker threads only.</summary>
    Workers,

    /// <summary>Worker threads only, no inline attempts.</summary>
    WorkersNoInline,

    /// <summary>As where io_uring is forbidden: readiness by epoll, workers for the rest. No inline attempts.</summary>
    Epoll,

    /// <summary>As where io_uring is forbidden: Linux AIO for files with O_DIRECT, readiness by epoll, workers for the rest. No inline attempts.</summary>
    LinuxAio,

    /// <summary>As on another system: the annotated method itself on a worker, and no system call of the runtime's own.</summary>
    Portable,
}

internal static class LaneExtensions
{
    public static AsyncCallRuntime NewRuntime(this Lane lane, Action<AsyncCallOptions>? configure = null)
    {
        var options = new AsyncCallOptions
        {
            Backends = lane switch
            {
                Lane.Native or Lane.NativeNoInline => AsyncCallBackends.All,
                Lane.Epoll => AsyncCallBackends.Epoll,
                Lane.LinuxAio => AsyncCallBackends.LinuxAio | AsyncCallBackends.Epoll,
                _ => AsyncCallBackends.WorkersOnly,
            },
            Portable = lane == Lane.Portable,
            InlineAttempts = lane is Lane.Native or Lane.Workers,
        };
        configure?.Invoke(options);
        return new AsyncCallRuntime(options);
    }
}
