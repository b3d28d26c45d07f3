namespace AsyncCalls.Backends.IoUring;

/// <summary>
/// What has been found out about io_uring in this process, once for all its runtimes. Only what cannot change while the process lives is kept: what the kernel has, which flags it takes, and a refusal that nobody
/// can take back. Everything else (a limit, a sysctl, memory) is tried again by the next runtime.
/// </summary>
/// <remarks>Any thread. Two runtimes that try at once find the same, so that it does not matter whose answer stays.</remarks>
internal static class IoUringFacts
{
    private static string? _refusal;
    private static KernelFacts? _kernel;
    private static int _plainFlags;

    /// <summary>Why no runtime of this process will ever have a ring; null: it may.</summary>
    public static string? Refusal
    {
        get => Volatile.Read(ref _refusal);
        set => Volatile.Write(ref _refusal, value);
    }

    /// <summary>What the kernel has; null: it was not asked yet.</summary>
    public static KernelFacts? Kernel => Volatile.Read(ref _kernel);

    /// <summary>Keeps what the kernel has, unless another runtime was quicker. What is kept.</summary>
    public static KernelFacts Keep(KernelFacts found) => Interlocked.CompareExchange(ref _kernel, found, null) ?? found;

    /// <summary>Whether the kernel refused the flags that save interruptions (before 5.19), so that they are not tried again.</summary>
    public static bool PlainFlags
    {
        get => Volatile.Read(ref _plainFlags) != 0;
        set => Volatile.Write(ref _plainFlags, value ? 1 : 0);
    }

    /// <summary>The operations that the kernel says it has (IORING_REGISTER_PROBE); none where it cannot be asked.</summary>
    internal sealed record KernelFacts(IoUringOperations Operations);
}
