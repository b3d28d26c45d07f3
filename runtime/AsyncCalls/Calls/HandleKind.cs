namespace AsyncCalls.Calls;

/// <summary>What a descriptor refers to, as far as the way of a call depends on it.</summary>
internal enum HandleKind : byte
{
    /// <summary>The operation has no descriptor, or the descriptor makes no difference.</summary>
    Any = 0,

    /// <summary>A regular file or block device that goes through the page cache.</summary>
    File = 1,

    /// <summary>A regular file or block device opened with <c>O_DIRECT</c>.</summary>
    DirectFile = 2,

    /// <summary>A file of a file system that lives in memory (tmpfs, ramfs, hugetlbfs).</summary>
    MemoryFile = 3,

    /// <summary>A pipe, socket, terminal, event descriptor or character device: may block without bound.</summary>
    Stream = 4,
}
