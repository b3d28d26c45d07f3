using AsyncCalls.Backends;
using AsyncCalls.Backends.IoUring;
using Microsoft.Extensions.Logging;

namespace AsyncCalls;

/// <summary>The native backends that a runtime may use beside the worker threads, which are always there.</summary>
[Flags]
public enum AsyncCallBackends
{
    /// <summary>Worker threads only: no native submission interface is set up.</summary>
    WorkersOnly = 0,

    /// <summary>io_uring(7), where the kernel and its policy allow it.</summary>
    IoUring = 1,

    /// <summary>epoll(7), where io_uring is not used: calls on pipes, sockets and event descriptors wait in it, without a thread each.</summary>
    Epoll = 2,

    /// <summary>Linux AIO (io_submit(2)), where io_uring is not used: reads and writes at offsets of files with O_DIRECT wait in it, without a thread each.</summary>
    LinuxAio = 4,

    /// <summary>Everything that this version knows.</summary>
    All = IoUring | Epoll | LinuxAio,
}

/// <summary>
/// The settings of an <see cref="AsyncCallRuntime"/>. They are read and validated once, when the runtime is made.
/// </summary>
public sealed class AsyncCallOptions
{
    /// <summary>The native backends that may be used. Default: <see cref="AsyncCallBackends.All"/>.</summary>
    /// <remarks>
    /// <see cref="AsyncCallBackends.WorkersOnly"/> is the policy for hosts that audit system calls: every call is the plain system call on a thread of the process, and io_uring is not even tried.
    /// </remarks>
    public AsyncCallBackends Backends { get; set; } = AsyncCallBackends.All;

    /// <summary>
    /// Whether the runtime makes no system call of its own: every twin runs the annotated method itself on a worker thread, and where the kernel would have cancelled a running call, it ends by
    /// itself. Contexts and streams, which are made of system calls, are refused (<see cref="PlatformNotSupportedException"/>). Default: false. Other systems than Linux
    /// always get this. It is for what stands between the process and the kernel: a sandbox, an emulator, or a doubt about which of the two is to blame.
    /// </summary>
    public bool Portable { get; set; }

    /// <summary>
    /// Native backends without which the runtime is not made: where one of them is not available, its constructor (and so the start of a host with <c>AddAsyncCalls</c>) throws
    /// <see cref="NotSupportedException"/>, whose message says what is missing, why, and what to change. Default: none, so that everything works on workers.
    /// </summary>
    public AsyncCallBackends RequiredBackends { get; set; }

    /// <summary>
    /// The operations that io_uring may be given; null, the default: all. The kernel itself refuses every other one (IORING_REGISTER_RESTRICTIONS), but for the four that the runtime needs itself: no-op,
    /// the read of its wake descriptor, cancel and linked timeout. Calls of other operations are plain system calls on workers. Operations that are one to io_uring, such as
    /// read(2) and pread(2), are allowed together. The generator writes a list of what the annotated methods of a compilation make: <c>AsyncCalls.Generated.AnnotatedOperations.All</c>.
    /// </summary>
    public IReadOnlyCollection<CallOperation>? AllowedIoUringOperations { get; set; }

    /// <summary>
    /// Whether io_uring is used on a kernel whose release is known for defects that no trial shows: writes that are never acknowledged. Set it where the distribution has taken the fix over. Default: false.
    /// </summary>
    public bool IgnoreKernelDefects { get; set; }

    /// <summary>
    /// Whether a call may be tried on the calling thread where the kernel can say "not now" (<c>RWF_NOWAIT</c>). Default: true.
    /// </summary>
    public bool InlineAttempts { get; set; } = true;

    /// <summary>
    /// How many calls may be in flight, 1 to 1,048,575 (the slots of an id). One more waits, asynchronously, until another ends.
    /// Default: 65,536.
    /// </summary>
    public int MaxInFlight { get; set; } = 65_536;

    /// <summary>
    /// Entries of the completion ring, a power of two from 2 to 1,048,576. It does not bound the calls in flight: completions that
    /// find it full wait beside it, in order. Default: 1,024 (32 KiB).
    /// </summary>
    public int RingEntries { get; set; } = 1_024;

    /// <summary>Entries of io_uring's submission queue, a power of two from 2 to 32,768. Default: 256. Where memory does not suffice the ring has fewer, and its capability says so.</summary>
    public int IoUringEntries { get; set; } = 256;

    /// <summary>
    /// How long a thread of the kernel goes on looking for submissions after the last one (IORING_SETUP_SQPOLL): meanwhile submitting takes no system call, and that thread takes a processor. For
    /// hosts that submit without pause and have a processor to spare. Rounded up to milliseconds. Default: null, no such thread.
    /// </summary>
    /// <remarks>Where the kernel does not give one (before 5.11 only to privileged processes), io_uring is used without it, and the capability's reason says so.</remarks>
    public TimeSpan? IoUringSubmissionPolling { get; set; }

    /// <summary>
    /// Whether devices are polled for the completions of reads and writes at offsets of files with O_DIRECT (IORING_SETUP_IOPOLL): the device makes no interrupt, and a thread of the runtime takes a
    /// processor while any such call is in flight. For devices with polled queues (<c>nvme.poll_queues</c>). Default: false.
    /// </summary>
    /// <remarks>
    /// A device or file system without them is asked once for each handle; its calls go the ordinary way. Calls with attributes do too. A call that the device has is not cancelled: it ends when the
    /// device answers.
    /// </remarks>
    public bool IoUringCompletionPolling { get; set; }

    /// <summary>
    /// Whether io_uring's queues lie in memory of the process (IORING_SETUP_NO_MMAP, Linux 6.5) and not in the kernel's, which is then mapped: for hosts whose policy forbids to map a ring's
    /// descriptor, or whose memory is accounted to the process. Default: false.
    /// </summary>
    /// <remarks>Where the kernel does not take it (an older one wants it in one piece), the queues are mapped, and the capability's reason says so.</remarks>
    public bool IoUringUserMemory { get; set; }

    /// <summary>
    /// The most worker threads, 1 to 32,767. Threads are made when calls wait and workers are blocked, and end when idle.
    /// Default: 64, or 8 for each processor where that is more.
    /// </summary>
    /// <remarks>
    /// An eighth of them, and at least one, runs system calls that end by themselves and nothing else; another eighth runs methods as well, and the rest also calls that wait for others (streams,
    /// locks). So quick calls find a worker when all slow ones have theirs. With one worker there is nothing to keep back, with two only for methods and quick calls together.
    /// </remarks>
    public int MaxWorkers { get; set; } = Math.Max(64, 8 * Environment.ProcessorCount);

    /// <summary>
    /// How many workers the calls of one handle may have at once, 1 to 32,767: so that a slow device does not take them all. More calls wait, in order, and can be cancelled and listed
    /// meanwhile. Default: null, no limit. <see cref="AsyncCallRuntime.LimitWorkers"/> sets it for a certain handle. Calls about a bare descriptor are not counted.
    /// </summary>
    public int? MaxWorkersPerHandle { get; set; }

    /// <summary>How long a worker thread stays when it has nothing to do. Default: 10 seconds.</summary>
    public TimeSpan WorkerIdleTimeout { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>
    /// How long dispose waits for calls in flight before it cancels those that it could not wait for, and, a second later, gives up
    /// and leaves their memory to the kernel. Default: 30 seconds.
    /// </summary>
    public TimeSpan DrainTimeout { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>
    /// After how long a call that should have ended is reported, once, as a warning in the log and in the metric <c>asynccalls.calls.stalled</c>: a call that waits for no peer and has not
    /// completed, one that still waits for a worker or a slot, and one that was asked to cancel and does not end. What is parked on a peer is no stall. Default: 30 seconds, as
    /// <see cref="DrainTimeout"/>: what takes longer would not survive a dispose. <see cref="Timeout.InfiniteTimeSpan"/> for no reports.
    /// </summary>
    /// <remarks>All calls are looked at four times in this time, as long as any is in flight; no call has a timer.</remarks>
    public TimeSpan StallTimeout { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>Where the runtime logs. Default: nowhere. <c>AddAsyncCalls</c> sets the host's.</summary>
    public ILoggerFactory? LoggerFactory { get; set; }

    /// <summary>What takes the place of every backend; null: the machine's own. Set by <c>AsyncCalls.Testing</c>.</summary>
    internal ISimulator? Simulator { get; set; }

    /// <summary>
    /// Whether io_uring serves what it can, also where the routing table sends calls elsewhere. For tests, which compare the backends, and for the benchmarks that the table is decided by.
    /// </summary>
    internal bool NativeFirst { get; set; }

    /// <summary>Whether streams may use the kernel's multishot requests. For tests of what a kernel without them does.</summary>
    internal bool Multishot { get; set; } = true;

    /// <summary>What goes wrong with io_uring. For tests.</summary>
    internal IoUringFault? IoUringFault { get; set; }

    /// <summary>The kernel's release whose known defects are heeded; null: this machine's. For tests.</summary>
    internal string? KernelRelease { get; set; }

    /// <summary>Every setting that is out of its range, as a sentence that says what to change; empty when all are fine.</summary>
    public IReadOnlyList<string> Validate()
    {
        var errors = new List<string>();
        if ((Backends & ~AsyncCallBackends.All) != 0)
        {
            errors.Add($"{nameof(Backends)} has unknown flags (0x{(int)(Backends & ~AsyncCallBackends.All):x}): combine named values of {nameof(AsyncCallBackends)}.");
        }

        if ((RequiredBackends & ~Backends) != 0)
        {
            errors.Add($"{nameof(RequiredBackends)} has what {nameof(Backends)} does not allow ({RequiredBackends & ~Backends}): add it there, or require less.");
        }

        if (Portable && RequiredBackends != 0)
        {
            errors.Add($"{nameof(RequiredBackends)} is {RequiredBackends}, and a portable runtime has no native backend: clear it, or {nameof(Portable)}.");
        }

        RequireRange(errors, nameof(MaxInFlight), MaxInFlight, 1, (1 << 20) - 1);
        RequirePowerOfTwo(errors, nameof(RingEntries), RingEntries, 1 << 20);
        RequirePowerOfTwo(errors, nameof(IoUringEntries), IoUringEntries, 1 << 15);
        RequireRange(errors, nameof(MaxWorkers), MaxWorkers, 1, short.MaxValue);
        if (MaxWorkersPerHandle is { } perHandle)
        {
            RequireRange(errors, nameof(MaxWorkersPerHandle), perHandle, 1, short.MaxValue);
        }

        if (IoUringSubmissionPolling is { } polling)
        {
            RequirePositive(errors, nameof(IoUringSubmissionPolling), polling);
        }

        RequirePositive(errors, nameof(WorkerIdleTimeout), WorkerIdleTimeout);
        RequirePositive(errors, nameof(DrainTimeout), DrainTimeout);
        if (StallTimeout != Timeout.InfiniteTimeSpan)
        {
            RequirePositive(errors, nameof(StallTimeout), StallTimeout);
        }

        return errors;
    }

    internal AsyncCallOptions Clone() => (AsyncCallOptions)MemberwiseClone();

    private static void RequireRange(List<string> errors, string name, int value, int least, int most)
    {
        if (value < least || value > most)
        {
            errors.Add($"{name} is {value}: set it to {least} to {most}.");
        }
    }

    private static void RequirePowerOfTwo(List<string> errors, string name, int value, int most)
    {
        if (value < 2 || value > most || !int.IsPow2(value))
        {
            errors.Add($"{name} is {value}: set it to a power of two from 2 to {most}.");
        }
    }

    private static void RequirePositive(List<string> errors, string name, TimeSpan value)
    {
        if (value <= TimeSpan.Zero || value.TotalMilliseconds > int.MaxValue)
        {
            errors.Add($"{name} is {value}: set it to more than zero and at most {TimeSpan.FromMilliseconds(int.MaxValue)}.");
        }
    }
}
