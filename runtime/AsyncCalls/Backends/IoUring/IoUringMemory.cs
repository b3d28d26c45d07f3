using AsyncCalls.Interop.Linux;

namespace AsyncCalls.Backends.IoUring;

/// <summary>Where the queues of a ring lie: the kernel's memory, mapped, or memory of the process that the ring was set up with. Both are given back by unmapping.</summary>
internal readonly record struct IoUringMemory(nint Ring, nuint RingBytes, nint Sqes, nuint SqesBytes)
{
    private const nuint PageBytes = 4_096;

    /// <summary>More than the kernel's struct io_rings has before its entries.</summary>
    private const nuint HeadBytes = 1_024;

    /// <summary>Maps the kernel's. 0, or −errno.</summary>
    public static unsafe int Map(int fd, in IoUringParameters parameters, out IoUringMemory memory)
    {
        nuint sqBytes = parameters.Sq.Array + (parameters.SqEntries * sizeof(uint));
        nuint cqBytes = parameters.Cq.Cqes + (parameters.CqEntries * (nuint)sizeof(IoUringCqe));
        nuint ringBytes = nuint.Max(sqBytes, cqBytes);
        nuint sqesBytes = parameters.SqEntries * (nuint)sizeof(IoUringSqe);
        return Make(Syscalls.MapShared(fd, ringBytes, IoUringConstants.SqRingOffset), ringBytes, length => Syscalls.MapShared(fd, length, IoUringConstants.SqesOffset), sqesBytes, out memory);
    }

    /// <summary>Memory of the process, for a ring of so many entries, powers of two. 0, or −errno.</summary>
    public static unsafe int Allocate(uint sqEntries, uint cqEntries, out IoUringMemory memory)
    {
        nuint ringBytes = Pages(HeadBytes + (cqEntries * (nuint)sizeof(IoUringCqe)) + (sqEntries * sizeof(uint)));
        return Make(Syscalls.MapOwn(ringBytes), ringBytes, Syscalls.MapOwn, Pages(sqEntries * (nuint)sizeof(IoUringSqe)), out memory);
    }

    public void Free()
    {
        Syscalls.Unmap(Sqes, SqesBytes);
        Syscalls.Unmap(Ring, RingBytes);
    }

    private static int Make(nint ring, nuint ringBytes, Func<nuint, nint> mapSqes, nuint sqesBytes, out IoUringMemory memory)
    {
        memory = default;
        if (ring < 0)
        {
            return (int)ring;
        }

        nint sqes = mapSqes(sqesBytes);
        if (sqes < 0)
        {
            Syscalls.Unmap(ring, ringBytes);
            return (int)sqes;
        }

        memory = new IoUringMemory(ring, ringBytes, sqes, sqesBytes);
        return 0;
    }

    private static nuint Pages(nuint bytes) => (bytes + PageBytes - 1) / PageBytes * PageBytes;
}
