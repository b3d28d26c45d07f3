namespace AsyncCalls;

/// <summary>Blocks that wait for events, time, processes and memory; and any system call at all.</summary>
public unsafe partial struct Iocb
{
    /// <summary>poll(2) of one handle, without a time limit of its own (<see cref="Timeout"/> gives one). The result is the events that are there.</summary>
    /// <param name="handle">What to wait for.</param>
    /// <param name="events"><c>POLL*</c>; errors and hang-ups are told always.</param>
    public static Iocb Poll(HandleLease handle, short events) => OnFile(CallOperation.Poll, handle, (ushort)events, 0, 0);

    /// <summary>epoll_ctl(2).</summary>
    /// <param name="epoll">The epoll instance.</param>
    /// <param name="operation"><c>EPOLL_CTL_*</c>.</param>
    /// <param name="handle">What is added, changed or removed. It is leased until the call has completed; what epoll keeps of it is not.</param>
    /// <param name="eventBuffer"><c>struct epoll_event</c>; null to remove.</param>
    public static Iocb EpollCtl(HandleLease epoll, int operation, HandleLease handle, BufferLease? eventBuffer)
    {
        ArgumentNullException.ThrowIfNull(handle);
        Iocb block = OnFile(CallOperation.EpollControl, epoll, operation, 0, 0);
        block.SecondHandle = (long)handle.Id;
        block.Buffer = eventBuffer?.Id ?? 0;
        return block;
    }

    /// <summary>epoll_wait(2). The result is the number of events in the buffer.</summary>
    /// <param name="epoll">The epoll instance.</param>
    /// <param name="events">Gets an array of <c>struct epoll_event</c>: 12 bytes each on x86-64, 16 elsewhere.</param>
    /// <param name="maxEvents">The most events to get, at least 1.</param>
    /// <param name="timeoutMs">How long to wait, in milliseconds; −1: without limit, which is the form that io_uring has.</param>
    public static Iocb EpollWait(HandleLease epoll, BufferLease events, int maxEvents, int timeoutMs = -1)
    {
        ArgumentNullException.ThrowIfNull(events);
        Iocb block = OnFile(CallOperation.EpollWait, epoll, maxEvents, 0, 0);
        block.Buffer = events.Id;
        block.Mode = (uint)timeoutMs;
        return block;
    }

    /// <summary>clock_nanosleep(2): completes with 0 when so much time has passed since it was submitted (CLOCK_MONOTONIC).</summary>
    public static Iocb Sleep(TimeSpan time)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(time, TimeSpan.Zero);
        return new() { Operation = CallOperation.Sleep, Length = time.Ticks };
    }

    /// <summary>waitid(2). Waiting for a child takes its exit status away from others who wait for it, <see cref="System.Diagnostics.Process"/> among them.</summary>
    /// <param name="idType"><c>P_PID</c>, <c>P_PGID</c>, <c>P_PIDFD</c> or <c>P_ALL</c>.</param>
    /// <param name="id">The process, group or descriptor.</param>
    /// <param name="info">Gets <c>siginfo_t</c>, 128 bytes; null if nobody wants it.</param>
    /// <param name="options"><c>WEXITED</c> and others.</param>
    public static Iocb WaitId(int idType, int id, BufferLease? info, int options) => new()
    {
        Operation = CallOperation.WaitId,
        OperationFlags = (uint)idType,
        Mode = (uint)id,
        Buffer = info?.Id ?? 0,
        Length = options,
    };

    /// <summary>futex_wait(2): waits while the word has a value, until it is woken. −EAGAIN: it has another one.</summary>
    /// <param name="word">The word: the first bytes of the buffer.</param>
    /// <param name="value">The value that it is expected to have.</param>
    /// <param name="flags"><c>FUTEX2_SIZE_U32</c> (2), with <c>FUTEX2_PRIVATE</c> (128) for a word of this process only.</param>
    /// <param name="mask">Which wakes are meant.</param>
    public static Iocb FutexWait(BufferLease word, uint value, uint flags, uint mask = uint.MaxValue) => Futex(CallOperation.FutexWait, word, value, flags, mask);

    /// <summary>futex_wake(2). The result is the number of waiters that were woken.</summary>
    /// <param name="word">The word: the first bytes of the buffer.</param>
    /// <param name="count">The most waiters to wake.</param>
    /// <param name="flags">As those of the waiters.</param>
    /// <param name="mask">Which waits are meant.</param>
    public static Iocb FutexWake(BufferLease word, int count, uint flags, uint mask = uint.MaxValue) => Futex(CallOperation.FutexWake, word, count, flags, mask);

    /// <summary>
    /// Any system call there is, by its number on this processor, with six arguments as the kernel takes them (syscall(2)). It runs on a worker and is
    /// interrupted when it is cancelled. Addresses and descriptors in the arguments are the caller's to keep valid until the call has completed.
    /// </summary>
    public static Iocb Syscall(int number, nint first = 0, nint second = 0, nint third = 0, nint fourth = 0, nint fifth = 0, nint sixth = 0) => new()
    {
        Operation = CallOperation.Syscall,
        _flags = IocbFlags.UnsafeHandle | IocbFlags.UnsafeMemory,
        OperationFlags = (uint)number,
        Handle = first,
        Buffer = (ulong)second,
        Length = third,
        Offset = fourth,
        Path = (ulong)fifth,
        Sixth = sixth,
    };

    private static Iocb Futex(CallOperation operation, BufferLease word, long value, uint flags, uint mask)
    {
        ArgumentNullException.ThrowIfNull(word);
        return new() { Operation = operation, Buffer = word.Id, Offset = value, OperationFlags = flags, Sixth = mask };
    }
}
