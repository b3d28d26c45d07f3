namespace AsyncCalls.Backends.IoUring;

/// <summary>What a runtime wants of its ring.</summary>
/// <param name="Entries">Entries of the submission queue. Fewer are taken where memory does not suffice.</param>
internal sealed record IoUringRequest(int Entries)
{
    /// <summary>The operations that the ring may be given, beside the runtime's own; null: all. The kernel refuses every other one.</summary>
    public IReadOnlyCollection<CallOperation>? Allowed { get; init; }

    /// <summary>Whether a kernel that is known to be defective is used all the same.</summary>
    public bool IgnoreDefects { get; init; }

    /// <summary>The release whose defects are looked up; null: that of this machine's kernel.</summary>
    public string? Release { get; init; }
}
