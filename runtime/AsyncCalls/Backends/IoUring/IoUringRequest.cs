namespace AsyncCalls.Backends.IoUring;

/// <summary>What a runtime wants of its ring.</summary>
/// <param name="Entries">Entries of the submission queue. Fewer are taken where memory does not suffice.</param>
internal sealed record IoUringRequest(int Entries)
{
    /// <summary>The operations that the ring may be given, beside the runtime's own; null: all. The kernel refuses every other one.</summary>
    public IReadOnlyCollection<CallOperation>? Allowed { get; init; }

    /// <summary>Whether a kernel that is known to be defective is used all the same.</summary>
    public bool IgnoreDefects { get; init; }

    /// <summary>How long a kernel thread looks for submissions after the last one; null: there is none.</summary>
    public TimeSpan? Polling { get; init; }

    /// <summary>Whether devices are polled for completions. Such a ring takes reads and writes of files with O_DIRECT, and nothing that waits.</summary>
    public bool CompletionPolling { get; init; }

    /// <summary>Whether the queues lie in memory of the process, where the kernel takes it.</summary>
    public bool UserMemory { get; init; }

    /// <summary>What goes wrong with the ring; null: nothing but what does. For tests.</summary>
    public IoUringFault? Fault { get; init; }

    /// <summary>The release whose defects are looked up; null: that of this machine's kernel.</summary>
    public string? Release { get; init; }
}
