namespace AsyncCalls;

/// <summary>What a <see cref="CompletionRing"/> is made of.</summary>
public sealed class CompletionRingOptions
{
    /// <summary>How many events the ring itself holds: a power of two from 2 to 2²⁰. What does not fit waits beside it, in order.</summary>
    public int Entries { get; set; } = 256;

    /// <summary>
    /// Whether other processes can map the ring: it is then a memfd whose size is sealed; see <see cref="CompletionRing.SharedMemory"/>. Linux only.
    /// </summary>
    public bool Shared { get; set; }

    /// <summary>
    /// Whether to use huge pages of the kernel's default size. Where none are reserved (<c>/proc/sys/vm/nr_hugepages</c>) the ring is made of
    /// ordinary pages, and <see cref="CompletionRingStorage.HugePagesRefusal"/> says why.
    /// </summary>
    public bool HugePages { get; set; }

    /// <summary>
    /// Whether to lock the ring into RAM with mlock(2), which counts against <c>RLIMIT_MEMLOCK</c>. A refusal is no error:
    /// <see cref="CompletionRingStorage.LockRefusal"/> says why.
    /// </summary>
    public bool LockInMemory { get; set; }
}

/// <summary>Where the memory of a <see cref="CompletionRing"/> is from.</summary>
public enum CompletionRingStorageKind
{
    /// <summary>The pinned heap of this process, or pages of its own.</summary>
    Private,

    /// <summary>A memfd that the ring made, its size sealed.</summary>
    SharedMemory,

    /// <summary>A file in memory that the caller made, or another process.</summary>
    SharedFile,

    /// <summary>Memory that the caller gave and keeps.</summary>
    Caller,
}

/// <summary>What a ring got of what was asked for.</summary>
/// <param name="Kind">Where the memory is from.</param>
/// <param name="ByteLength">How much of it there is, the rest of the last page included.</param>
/// <param name="HasHugePages">Whether it consists of huge pages.</param>
/// <param name="HugePagesRefusal">Why it does not, although that was asked for.</param>
/// <param name="IsLocked">Whether it is locked into RAM.</param>
/// <param name="LockRefusal">Why it is not, although that was asked for.</param>
public sealed record CompletionRingStorage(
    CompletionRingStorageKind Kind,
    long ByteLength,
    bool HasHugePages = false,
    string? HugePagesRefusal = null,
    bool IsLocked = false,
    string? LockRefusal = null);
