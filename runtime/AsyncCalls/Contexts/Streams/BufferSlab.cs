using System.Diagnostics;
using System.Numerics;
using System.Runtime.InteropServices;
using AsyncCalls.Backends.IoUring;
using AsyncCalls.Interop.Linux;

namespace AsyncCalls.Contexts.Streams;

/// <summary>Who may have to wait until a buffer is given back.</summary>
internal interface IBufferWaiter
{
    /// <summary>A buffer is free, perhaps. On the thread that gave it back.</summary>
    void OnBufferFree();
}

/// <summary>
/// Buffers of one size in pinned memory, and which of them are leased. Who takes the free ones is the subclass's: the kernel, or the process.
/// </summary>
/// <remarks>
/// <para><b>A lease</b> is the odd number that the buffer's word has while it is out; giving back is one compare-and-swap from that number to the next even one, so exactly one of those who try
/// succeeds, and a late one meets another number. (A word comes round after 2³¹ leases of the same buffer.)</para>
/// <para><b>Waiters.</b> Under <see cref="Gate"/>: who finds nothing free enters itself; who gives a buffer back makes it free, and takes all who wait. They are told outside the lock, and look
/// for themselves.</para>
/// </remarks>
internal abstract unsafe class BufferSlab
{
    private readonly byte[] _memory;
    private readonly uint[] _leases;
    private readonly int _bytes;
    private List<IBufferWaiter> _waiting = [];
    private int _leased;

    /// <param name="count">How many buffers.</param>
    /// <param name="bytes">How large each is.</param>
    protected BufferSlab(int count, int bytes)
    {
        _memory = GC.AllocateUninitializedArray<byte>(checked(count * bytes), pinned: true);
        _leases = new uint[count];
        _bytes = bytes;
    }

    public int Count => _leases.Length;

    /// <summary>How many are out.</summary>
    public int Leased => Volatile.Read(ref _leased);

    protected Lock Gate { get; } = new();

    public byte* AddressOf(int index) => (byte*)Marshal.UnsafeAddrOfPinnedArrayElement(_memory, index * _bytes);

    public Memory<byte> MemoryOf(int index) => _memory.AsMemory(index * _bytes, _bytes);

    public bool IsLeased(int index, uint lease) => Volatile.Read(ref _leases[index]) == lease;

    /// <summary>The lease of a buffer that was free: the kernel has filled it, or the process has taken it.</summary>
    public LeasedBuffer Lease(int index, int length)
    {
        uint lease = Interlocked.Increment(ref _leases[index]);
        Debug.Assert((lease & 1) != 0, "A buffer that is taken was free.");
        Interlocked.Increment(ref _leased);
        return new LeasedBuffer(this, index, lease, length);
    }

    /// <summary>Ends a lease, if it has not ended.</summary>
    public void Return(int index, uint lease)
    {
        if (Interlocked.CompareExchange(ref _leases[index], unchecked(lease + 1), lease) != lease)
        {
            return;
        }

        List<IBufferWaiter> told;
        lock (Gate)
        {
            Interlocked.Decrement(ref _leased);
            Free(index);
            if (_waiting.Count == 0)
            {
                return;
            }

            told = _waiting;
            _waiting = [];
        }

        foreach (IBufferWaiter waiter in told)
        {
            waiter.OnBufferFree();
        }
    }

    /// <summary>Has someone told when a buffer is given back. False: one is free at this moment.</summary>
    public bool TryWait(IBufferWaiter waiter)
    {
        lock (Gate)
        {
            if (Leased < Count)
            {
                return false;
            }

            _waiting.Add(waiter);
            return true;
        }
    }

    /// <summary>Forgets who was to be told.</summary>
    public void Forget(IBufferWaiter waiter)
    {
        lock (Gate)
        {
            _waiting.Remove(waiter);
        }
    }

    /// <summary>Makes a buffer free for its taker. Under the gate.</summary>
    protected abstract void Free(int index);
}

/// <summary>Buffers that the process takes itself, one for each call.</summary>
internal sealed class ProcessBuffers : BufferSlab
{
    private readonly Stack<int> _free;

    public ProcessBuffers(int count, int bytes)
        : base(count, bytes) => _free = new Stack<int>(Enumerable.Range(0, count));

    /// <summary>Takes a free buffer, if there is one.</summary>
    public bool TryTake(out LeasedBuffer buffer)
    {
        lock (Gate)
        {
            if (_free.TryPop(out int index))
            {
                buffer = Lease(index, 0);
                return true;
            }
        }

        buffer = default;
        return false;
    }

    protected override void Free(int index) => _free.Push(index);
}

/// <summary>
/// Buffers that the kernel takes from a ring (<c>struct io_uring_buf_ring</c>): the process writes an entry, then, with release, the tail that shows it; the kernel reads the tail with acquire and
/// keeps its head to itself. There are as many entries as buffers, or more, so the ring is never too full.
/// </summary>
/// <remarks>The ring lies in pinned memory of the collector's and needs no end of its own: the kernel holds its pages as long as it is registered.</remarks>
internal sealed unsafe class ProvidedBuffers : BufferSlab
{
    private readonly byte[] _memory;
    private readonly IoUringBackend _backend;
    private readonly int _bytes;
    private readonly int _mask;
    private ushort _tail;

    private ProvidedBuffers(IoUringBackend backend, byte[] memory, int count, int entries, int bytes)
        : base(count, bytes)
    {
        _backend = backend;
        _memory = memory;
        _bytes = bytes;
        _mask = entries - 1;
    }

    /// <summary>The number of the group in requests.</summary>
    public ushort Group { get; private set; }

    private IoUringBuffer* Ring => (IoUringBuffer*)RoundUp(Marshal.UnsafeAddrOfPinnedArrayElement(_memory, 0));

    /// <summary>Null: this kernel has no such rings, or takes no more.</summary>
    public static ProvidedBuffers? TryCreate(IoUringBackend backend, int count, int bytes)
    {
        int entries = (int)BitOperations.RoundUpToPowerOf2((uint)count);
        byte[] memory = GC.AllocateArray<byte>((entries * sizeof(IoUringBuffer)) + Environment.SystemPageSize, pinned: true);
        var buffers = new ProvidedBuffers(backend, memory, count, entries, bytes);
        if (backend.RegisterBuffers(buffers.Ring, entries, out ushort group) < 0)
        {
            return null;
        }

        buffers.Group = group;
        lock (buffers.Gate)
        {
            for (int index = 0; index < count; index++)
            {
                buffers.Free(index);
            }
        }

        return buffers;
    }

    /// <summary>No request names the group any more.</summary>
    public void Unregister() => _backend.UnregisterBuffers(Group);

    protected override void Free(int index)
    {
        IoUringBuffer* entry = Ring + (_tail & _mask);
        entry->Address = (ulong)AddressOf(index);
        entry->Length = (uint)_bytes;
        entry->Id = (ushort)index;

        // Release: orders the entry before the tail that shows it.
        Volatile.Write(ref Ring->Tail, ++_tail);
    }

    private static nint RoundUp(nint address) => (address + Environment.SystemPageSize - 1) & ~(nint)(Environment.SystemPageSize - 1);
}
