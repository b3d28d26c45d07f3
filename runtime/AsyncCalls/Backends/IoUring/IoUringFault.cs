namespace AsyncCalls.Backends.IoUring;

/// <summary>Failures of the kernel that no test can bring about. Set before the runtime is made, changed at any time.</summary>
internal sealed class IoUringFault
{
    private int _errno;
    private int _toLose;

    /// <summary>What io_uring_enter(2) answers from now on, without being asked, or, for EBADR, after it was; 0: what it does.</summary>
    public int Errno
    {
        get => Volatile.Read(ref _errno);
        set => Volatile.Write(ref _errno, value);
    }

    /// <summary>How many completions of calls are lost next, as where the kernel has no memory to keep them.</summary>
    public int ToLose
    {
        get => Volatile.Read(ref _toLose);
        set => Volatile.Write(ref _toLose, value);
    }
}
