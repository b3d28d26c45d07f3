using AsyncCalls.Backends;
using AsyncCalls.Backends.IoUring;
using AsyncCalls.Calls;
using AsyncCalls.Routing;

namespace AsyncCalls.Contexts;

/// <summary>What the engine tells of itself: its backends, and where each operation goes.</summary>
internal sealed partial class CallEngine
{
    public AsyncCallCapabilities Capabilities { get; private set; }

    /// <summary>Refuses what is made of system calls where the runtime makes none.</summary>
    /// <exception cref="PlatformNotSupportedException">The runtime is portable.</exception>
    public void RefusePortable(string what)
    {
        if (IsPortable)
        {
            string why = OperatingSystem.IsLinux() ? $"{nameof(AsyncCallOptions)}.{nameof(AsyncCallOptions.Portable)} is set" : "this system is not Linux";
            throw new PlatformNotSupportedException($"{what} is made of Linux system calls, and {why}: call the twins, whose methods run on workers here.");
        }
    }

    private static IoUringRequest RequestOf(AsyncCallOptions options) => new(options.IoUringEntries)
    {
        Allowed = options.AllowedIoUringOperations,
        IgnoreDefects = options.IgnoreKernelDefects,
        Release = options.KernelRelease,
        Polling = options.IoUringSubmissionPolling,
        UserMemory = options.IoUringUserMemory,
        Fault = options.IoUringFault,
    };

    private AsyncCallCapabilities Describe(BackendCapability ioUring, BackendCapability linuxAio, BackendCapability epoll, BackendCapability workers) =>
        new(ioUring, linuxAio, epoll, workers, FindRoutes);

    private CallRoute[] FindRoutes() => [.. RoutingTable.All.Select(FindRoute)];

    private CallRoute FindRoute(Route route)
    {
        string atOnce = !InlineAttempts ? "" : route.Attempt switch
        {
            Attempt.NoWait => "RWF_NOWAIT",
            Attempt.DoNotWait => "MSG_DONTWAIT",
            Attempt.Plain => "plain",
            _ => "",
        };
        string handle = route.Kind switch
        {
            HandleKind.File => "file",
            HandleKind.DirectFile => "file with O_DIRECT",
            HandleKind.MemoryFile => "file in memory",
            HandleKind.Stream => "stream",
            _ => "any",
        };
        string? against = AgainstIoUring(route);
        string backend = against is null ? "io_uring" : GoesToLinuxAio(route) ? "Linux AIO" : WaitsInEpoll(route) ? "epoll" : "workers";
        return new CallRoute(route.Operation, handle, atOnce, backend, against ?? "");
    }

    private bool GoesToLinuxAio(in Route route) => route.Includes(Backend.LinuxAio) && _linuxAio is { IsBroken: false };

    private bool WaitsInEpoll(in Route route) =>
        route.Includes(Backend.Epoll) && _epoll is { IsBroken: false } && OperationTable.Find(route.Operation)?.Readiness is not null;

    /// <summary>Why the calls of a route do not go to io_uring; null: they do.</summary>
    private string? AgainstIoUring(in Route route)
    {
        if (route.First != Backend.IoUring && !(_nativeFirst && route.MayBeNative))
        {
            return route.Because ?? "";
        }

        if (_ioUring is not { IsBroken: false })
        {
            return "io_uring is not available";
        }

        return OperationTable.Find(route.Operation)?.Native is not { } form ? "io_uring has no such operation"
            : _ioUring.Supports(form.Opcode) ? null
            : $"io_uring's operation {form.Opcode} is not to be had: this kernel lacks it, it is known to be defective, or {nameof(AsyncCallOptions.AllowedIoUringOperations)} does not name it";
    }
}
