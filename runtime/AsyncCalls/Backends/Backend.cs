namespace AsyncCalls.Backends;

/// <summary>Where a call runs.</summary>
internal enum Backend : byte
{
    None = 0,
    IoUring = 1,
    Workers = 2,
    Epoll = 3,
    LinuxAio = 4,
}
