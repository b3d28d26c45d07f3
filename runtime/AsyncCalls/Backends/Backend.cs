namespace AsyncCalls.Backends;

/// <summary>Where a call runs.</summary>
internal enum Backend : byte
{
    None = 0,
    IoUring = 1,
    Workers = 2,
    Epoll = 3,
    LinuxAio = 4,

    /// <summary>A ring of io_uring whose completions are polled for. In no route: it takes what io_uring would, where a host asks for it.</summary>
    Polled = 5,
}
