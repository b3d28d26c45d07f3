using System.Diagnostics;
using System.Runtime.InteropServices;
using AsyncCalls.Interop.Linux;

namespace AsyncCalls.Backends.IoUring;

/// <summary>
/// The two queues that io_uring shares with the process: their memory, and the order of reads and writes that io_uring(7)
/// asks for. One user at a time.
/// </summary>
/// <remarks>
/// Submission: the kernel moves the head, we the tail; entries are written before the tail that publishes them (release). Completion: the
/// kernel moves the tail, we the head; an entry is read after the tail that published it (acquire) and before the head that frees it
/// (release).
/// </remarks>
internal sealed unsafe class IoUringQueues : IDisposable
{
    private readonly IoUringMemory _memory;
    private readonly uint* _sqHead;
    private readonly uint* _sqTail;
    private readonly uint* _sqFlags;
    private readonly uint _sqEntries;
    private readonly uint _sqMask;
    private readonly IoUringSqe* _sqes;
    private readonly IoUringFault? _fault;
    private readonly uint* _cqHead;
    private readonly uint* _cqTail;
    private readonly uint _cqMask;
    private readonly uint* _cqOverflow;
    private readonly IoUringCqe* _cqes;
    private readonly KernelTimespec* _timeouts;
    private readonly IoUringProtection* _protections;
    private uint _sqLocalTail;
    private long _entered;
    private RingPlaces? _places;

    private IoUringQueues(int fd, in IoUringParameters parameters, in IoUringMemory memory, IoUringFault? fault)
    {
        nint ring = memory.Ring;
        Fd = fd;
        _memory = memory;
        _fault = fault;
        IsPolled = (parameters.Flags & IoUringConstants.SetupSqPoll) != 0;
        _sqHead = (uint*)(ring + parameters.Sq.Head);
        _sqTail = (uint*)(ring + parameters.Sq.Tail);
        _sqFlags = (uint*)(ring + parameters.Sq.Flags);
        _sqEntries = parameters.SqEntries;
        _sqMask = parameters.SqEntries - 1;
        _sqes = (IoUringSqe*)memory.Sqes;
        _cqHead = (uint*)(ring + parameters.Cq.Head);
        _cqTail = (uint*)(ring + parameters.Cq.Tail);
        _cqMask = parameters.CqEntries - 1;
        _cqOverflow = (uint*)(ring + parameters.Cq.Overflow);
        _cqes = (IoUringCqe*)(ring + parameters.Cq.Cqes);
        _timeouts = (KernelTimespec*)NativeMemory.Alloc(parameters.SqEntries, (nuint)sizeof(KernelTimespec));
        _protections = (IoUringProtection*)NativeMemory.Alloc(parameters.SqEntries, (nuint)sizeof(IoUringProtection));
        HasAttributes = (parameters.Features & IoUringConstants.FeatureAttributes) != 0;

        // The indirection array is never used: entry i is slot i.
        uint* array = (uint*)(ring + parameters.Sq.Array);
        for (uint i = 0; i < parameters.SqEntries; i++)
        {
            array[i] = i;
        }

        _sqLocalTail = *_sqTail;
        SqEntries = (int)parameters.SqEntries;
        CqEntries = (int)parameters.CqEntries;
    }

    public int Fd { get; }

    /// <summary>From here on only threads of the runtime enter, until one of them disposes of the ring.</summary>
    public void BelongToRuntime() => _places = new RingPlaces(Fd);

    /// <summary>Whether a thread of the kernel takes entries by itself.</summary>
    public bool IsPolled { get; }

    public int SqEntries { get; }

    public int CqEntries { get; }

    /// <summary>Whether reads and writes may have attributes (IORING_FEAT_RW_ATTR).</summary>
    public bool HasAttributes { get; }

    /// <summary>How often the kernel was entered.</summary>
    public long Entered => Volatile.Read(ref _entered);

    /// <summary>Completions that the kernel lost, because it had no memory to keep what had no room.</summary>
    public uint Lost => Volatile.Read(ref *_cqOverflow);

    /// <summary>Entries that were filled in and that the kernel has not taken.</summary>
    public uint Pending => _sqLocalTail - Volatile.Read(ref *_sqHead);

    /// <summary>Whether the kernel has work or overflowed completions to deliver that only entering it brings.</summary>
    public bool NeedsEnter => (Volatile.Read(ref *_sqFlags) & (IoUringConstants.SqTaskRun | IoUringConstants.SqCqOverflow)) != 0;

    public bool HasCompletions => *_cqHead != Volatile.Read(ref *_cqTail);

    /// <summary>Maps the queues of a ring that was set up, unless they lie in <paramref name="memory"/> that it was given. 0, or −errno; the descriptor stays the caller's on failure.</summary>
    public static int Map(int fd, in IoUringParameters parameters, IoUringMemory? memory, IoUringFault? fault, out IoUringQueues? queues)
    {
        queues = null;
        IoUringMemory mapped = default;
        int result = memory is null ? IoUringMemory.Map(fd, parameters, out mapped) : 0;
        if (result == 0)
        {
            queues = new IoUringQueues(fd, parameters, memory ?? mapped, fault);
        }

        return result;
    }

    /// <summary>How many entries can be filled in before the kernel has taken some.</summary>
    public int Free => (int)(_sqEntries - (_sqLocalTail - Volatile.Read(ref *_sqHead)));

    /// <summary>An empty entry to fill in; null while the queue is full.</summary>
    public IoUringSqe* TryNextSqe()
    {
        if (_sqLocalTail - Volatile.Read(ref *_sqHead) >= _sqEntries)
        {
            return null;
        }

        IoUringSqe* sqe = &_sqes[_sqLocalTail & _sqMask];
        *sqe = default;
        _sqLocalTail++;
        return sqe;
    }

    /// <summary>Memory for the time of an entry that is a timeout, which the kernel reads when it takes the entry.</summary>
    public KernelTimespec* TimeoutOf(IoUringSqe* sqe) => &_timeouts[sqe - _sqes];

    /// <summary>Memory for the protection information of an entry, which the kernel reads when it takes the entry.</summary>
    public IoUringProtection* ProtectionOf(IoUringSqe* sqe) => &_protections[sqe - _sqes];

    /// <summary>
    /// Publishes the entries that were filled in, submits them and waits for <paramref name="minComplete"/> completions. Where a thread of the kernel takes them, it is only woken, if it sleeps.
    /// ≥ 0, or −errno.
    /// </summary>
    /// <param name="minComplete">How many completions to wait for.</param>
    /// <param name="makeRoom">Whether to wait until the kernel's thread has taken an entry.</param>
    public int Enter(uint minComplete, bool makeRoom = false)
    {
        Volatile.Write(ref *_sqTail, _sqLocalTail);
        uint flags = IoUringConstants.EnterGetEvents;
        if (IsPolled)
        {
            // The kernel's thread sets the flag, full fence, then looks at the tail once more before it sleeps.
            Interlocked.MemoryBarrier();
            bool sleeps = (Volatile.Read(ref *_sqFlags) & IoUringConstants.SqNeedWakeup) != 0;
            if (minComplete == 0 && !sleeps && !makeRoom && !NeedsEnter)
            {
                return 0;
            }

            flags |= (sleeps ? IoUringConstants.EnterSqWakeup : 0) | (makeRoom ? IoUringConstants.EnterSqWait : 0);
        }

        Volatile.Write(ref _entered, _entered + 1);
        return _fault is not null ? EnterFaulty(minComplete, flags)
            : _places is not null ? _places.Enter(Pending, minComplete, flags)
            : Syscalls.IoUringEnter(Fd, Pending, minComplete, flags);
    }

    /// <summary>Takes back the entries that the kernel has not taken; each is handed to <paramref name="undo"/>.</summary>
    public void Withdraw(Action<ulong> undo)
    {
        uint head = Volatile.Read(ref *_sqHead);
        for (uint i = head; i != _sqLocalTail; i++)
        {
            undo(_sqes[i & _sqMask].UserData);
        }

        _sqLocalTail = head;
        Volatile.Write(ref *_sqTail, head);
    }

    /// <summary>Takes the oldest completion.</summary>
    public bool TryTakeCompletion(out IoUringCqe completion)
    {
        uint head = *_cqHead;
        if (head == Volatile.Read(ref *_cqTail))
        {
            completion = default;
            return false;
        }

        completion = _cqes[head & _cqMask];
        Volatile.Write(ref *_cqHead, head + 1);
        return _fault is not { ToLose: > 0 } || !Loses(ref completion);
    }

    /// <summary>A runtime that was never used and never disposed: no thread of it exists, so nothing is in flight.</summary>
    ~IoUringQueues() => Unmap();

    public void Dispose()
    {
        Debug.Assert(Pending == 0, "What was written into the queue was submitted or withdrawn.");
        _places?.Leave();
        Unmap();
        GC.SuppressFinalize(this);
    }

    private int EnterFaulty(uint minComplete, uint flags)
    {
        int errno = _fault!.Errno;
        if (errno is not (0 or Errno.EBADR))
        {
            return -errno;
        }

        int result = Syscalls.IoUringEnter(Fd, Pending, errno == 0 ? minComplete : 0, flags);
        return errno == 0 ? result : -errno;
    }

    /// <summary>Loses a completion of a call, as the kernel does. Whether there is none in its place.</summary>
    private bool Loses(ref IoUringCqe completion)
    {
        if (completion.UserData is < CallId.MaxSlots or > ulong.MaxValue - 2)
        {
            return false;
        }

        _fault!.ToLose--;
        (*_cqOverflow)++;
        return !TryTakeCompletion(out completion);
    }

    private void Unmap()
    {
        NativeMemory.Free(_timeouts);
        NativeMemory.Free(_protections);
        _memory.Free();
        _ = Syscalls.Close(Fd);
    }
}
