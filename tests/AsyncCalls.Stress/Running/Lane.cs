namespace AsyncCalls.Stress.Running;

/// <summary>The backend that a proof runs on. Without inline attempts, so that every call is handed over.</summary>
internal enum Lane
{
    /// <summary>io_uring where a call can go there, workers for the rest.</summary>
    IoUring,

    /// <summary>Worker threads only.</summary>
    Workers,

    /// <summary>Readiness by epoll where a call can wait there, workers for the rest.</summary>
    Epoll,

    /// <summary>Linux AIO for files with O_DIRECT, readiness by epoll, workers for the rest.</summary>
    LinuxAio,
}

internal static class LaneExtensions
{
    /// <summary>The name on the command line and in the report.</summary>
    public static string Name(this Lane lane) => lane switch
    {
        Lane.IoUring => "io_uring",
        Lane.Epoll => "epoll",
        Lane.LinuxAio => "linux_aio",
        _ => "workers",
    };

    /// <summary>Why the lane cannot run on this machine; null if it can.</summary>
    public static string? Unavailable(this Lane lane)
    {
        using var runtime = new AsyncCallRuntime(new AsyncCallOptions { Backends = lane.Backends() });
        BackendCapability backend = lane switch
        {
            Lane.IoUring => runtime.Capabilities.IoUring,
            Lane.Epoll => runtime.Capabilities.Epoll,
            Lane.LinuxAio => runtime.Capabilities.LinuxAio,
            _ => runtime.Capabilities.Workers,
        };
        return backend.Available ? null : $"{backend.Name}: {backend.Reason}";
    }

    public static AsyncCallBackends Backends(this Lane lane) => lane switch
    {
        Lane.IoUring => AsyncCallBackends.All,
        Lane.Epoll => AsyncCallBackends.Epoll,
        Lane.LinuxAio => AsyncCallBackends.LinuxAio | AsyncCallBackends.Epoll,
        _ => AsyncCallBackends.WorkersOnly,
    };
}
