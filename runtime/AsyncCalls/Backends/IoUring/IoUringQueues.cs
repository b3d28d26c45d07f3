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
    private readonly nint _ring;
    private readonly nuint _ringBytes;
    private readonly nuint _sqesBytes;
    private readonly uint* _sqHead;
    private readonly uint* _sqTail;
    private readonly uint* _sqFlags;
    private readonly uint _sqEntries;
    private readonly uint _sqMask;
    private readonly IoUringSqe* _sqes;
    private readonly uint* _cqHead;
    private readonly uint* _cqTail;
    private readonly uint _cqMask;
    private readonly IoUringCqe* _cqes;
    private readonly KernelTimespec* _timeouts;
    private readonly IoUringProtection* _protections;
    private uint _sqLocalTail;

    private IoUringQueues(int fd, in IoUringParameters parameters, nint ring, nuint ringBytes, nint sqes, nuint sqesBytes)
    {
        Fd = fd;
        _ring = ring;
        _ringBytes = ringBytes;
        _sqesBytes = sqesBytes;
        _sqHead = (uint*)(ring + parameters.Sq.Head);
        _sqTail = (uint*)(ring + parameters.Sq.Tail);
        _sqFlags = (uint*)(ring + parameters.Sq.Flags);
        _sqEntries = parameters.SqEntries;
        _sqMask = parameters.SqEntries - 1;
        _sqes = (IoUringSqe*)sqes;
        _cqHead = (uint*)(ring + parameters.Cq.Head);
        _cqTail = (uint*)(ring + parameters.Cq.Tail);
        _cqMask = parameters.CqEntries - 1;
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

    public int SqEntries { get; }

    public int CqEntries { get; }

    /// <summary>Whether reads and writes may have attributes (IORING_FEAT_RW_ATTR).</summary>
    public bool HasAttributes { get; }

    /// <summary>Entries that were filled in and that the kernel has not taken.</summary>
    public uint Pending => _sqLocalTail - Volatile.Read(ref *_sqHead);

    /// <summary>Whether the kernel has work or overflowed completions to deliver that only entering it brings.</summary>
    public bool NeedsEnter => (Volatile.Read(ref *_sqFlags) & (IoUringConstants.SqTaskRun | IoUringConstants.SqCqOverflow)) != 0;

    public bool HasCompletions => *_cqHead != Volatile.Read(ref *_cqTail);

    /// <summary>Maps the queues of a ring that was set up. 0, or −errno; the descriptor stays the caller's on failure.</summary>
    public static int Map(int fd, in IoUringParameters parameters, out IoUringQueues? queues)
    {
        queues = null;
        nuint sqBytes = parameters.Sq.Array + (parameters.SqEntries * sizeof(uint));
        nuint cqBytes = parameters.Cq.Cqes + (parameters.CqEntries * (nuint)sizeof(IoUringCqe));
        nuint ringBytes = nuint.Max(sqBytes, cqBytes);
        nint ring = Syscalls.MapShared(fd, ringBytes, IoUringConstants.SqRingOffset);
        if (ring < 0)
        {
            return (int)ring;
        }

        nuint sqesBytes = parameters.SqEntries * (nuint)sizeof(IoUringSqe);
        nint sqes = Syscalls.MapShared(fd, sqesBytes, IoUringConstants.SqesOffset);
        if (sqes < 0)
        {
            Syscalls.Unmap(ring, ringBytes);
            return (int)sqes;
        }

        queues = new IoUringQueues(fd, parameters, ring, ringBytes, sqes, sqesBytes);
        return 0;
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

    /// <summary>Publishes the entries that were filled in, submits them and waits for <paramref name="minComplete"/> completions. ≥ 0, or −errno.</summary>
    public int Enter(uint minComplete)
    {
        Volatile.Write(ref *_sqTail, _sqLocalTail);
        return Syscalls.IoUringEnter(Fd, Pending, minComplete, IoUringConstants.EnterGetEvents);
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
        return true;
    }

    /// <summary>A runtime that was never used and never disposed: no thread of it exists, so nothing is in flight.</summary>
    ~IoUringQueues() => Unmap();

    public void Dispose()
    {
        Debug.Assert(Pending == 0, "What was written into the queue was submitted or withdrawn.");
        Unmap();
        GC.SuppressFinalize(this);
    }

    private void Unmap()
    {
        NativeMemory.Free(_timeouts);
        NativeMemory.Free(_protections);
        Syscalls.Unmap((nint)_sqes, _sqesBytes);
        Syscalls.Unmap(_ring, _ringBytes);
        _ = Syscalls.Close(Fd);
    }
}
