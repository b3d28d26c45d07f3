using AsyncCalls.Backends;
using AsyncCalls.Calls;

namespace AsyncCalls.Routing;

/// <summary>What the calling thread tries before it hands a call over.</summary>
internal enum Attempt : byte
{
    /// <summary>Nothing.</summary>
    None = 0,

    /// <summary>The call with <c>RWF_NOWAIT</c> (preadv2(2)): the kernel answers at once or says EAGAIN.</summary>
    NoWait = 1,

    /// <summary>The plain call: it copies memory, or changes something in it, and waits for nobody.</summary>
    Plain = 2,

    /// <summary>The call with <c>MSG_DONTWAIT</c>: it transfers what can be transferred at once, or says EAGAIN.</summary>
    DoNotWait = 3,
}

/// <summary>One row of the table: the way of one operation on one kind of handle.</summary>
internal readonly struct Route
{
    public Route(
        CallOperation operation, HandleKind kind, Attempt attempt, Backend first, Backend second = Backend.None, Backend third = Backend.None, string? because = null)
    {
        Because = because;
        Operation = operation;
        Kind = kind;
        Attempt = attempt;
        First = first;
        Second = second;
        Third = third;
    }

    public CallOperation Operation { get; }

    public HandleKind Kind { get; }

    public Attempt Attempt { get; }

    /// <summary>The backend that serves the call where it is available.</summary>
    public Backend First { get; }

    /// <summary>The backend that serves it otherwise. None where the first are workers, which always are available.</summary>
    public Backend Second { get; }

    /// <summary>The backend that serves it where neither of these does. None where workers came before.</summary>
    public Backend Third { get; }

    /// <summary>Why the call goes that way, where that is not plain: what was measured, or what would be wrong otherwise.</summary>
    public string? Because { get; }

    /// <summary>Whether a backend is one of those that serve the call.</summary>
    public bool Includes(Backend backend) => First == backend || Second == backend || Third == backend;

    /// <summary>Whether io_uring, where it has the operation, would give the same result: then only measurements decide.</summary>
    public bool MayBeNative => Because is not (RoutingTable.PositionLock or RoutingTable.ShortWrites or RoutingTable.IgnoresOffset);
}

/// <summary>
/// The routing table: operation × kind of handle → what is tried inline and the ordered backends. Plain data: the runtime
/// routes by it, and the generator, which compiles this same file, writes the remarks of each twin from it.
/// </summary>
/// <remarks>
/// Why a row is as it is (<c>docs/adr/0003-routing-is-data.md</c> has the measurements):
/// <list type="bullet">
/// <item>Cached reads are fastest inline; a read that must wait for the disk is truly asynchronous on io_uring.</item>
/// <item>A read at the file's own position takes the file's position lock, which io_uring does not: workers.</item>
/// <item>Buffered writes, fsync, fallocate and ftruncate fall to the kernel's own worker threads on io_uring, which are up to
/// 14 times slower than ours: workers.</item>
/// <item>What io_uring runs on the kernel's worker threads in any case (paths, attributes, advice, splice) goes to ours for the same reason.</item>
/// <item>What waits for a peer, a timer or an event is io_uring's: it needs no thread there.</item>
/// <item>Where io_uring is not used, what can be attempted without waiting waits for readiness in epoll, and needs no thread there either
/// (<c>docs/adr/0017-readiness-by-epoll.md</c>); reads and writes with O_DIRECT wait for the device in Linux AIO (<c>docs/adr/0018-linux-aio-for-o-direct.md</c>).</item>
/// <item>A file in memory is answered by copying: a plain call costs less than any hand-over.</item>
/// </list>
/// </remarks>
internal static class RoutingTable
{
    public const string PositionLock = "io_uring does not take the lock of the file's position";
    public const string ShortWrites = "writev(2) to a stream waits until all is written; io_uring's may end with a part";
    public const string IgnoresOffset = "io_uring ignores the offset where there are no positions, and reads or writes";

    private const string KernelThreads = "io_uring runs it on the kernel's own worker threads (ADR 3)";
    private const string AtOnce = "it waits for nobody";
    private const string BindsFiles = "a path is bound by making a file, which may wait for a disk";

    private static readonly Route[] Rows =
    [
        new(CallOperation.Nop, HandleKind.Any, Attempt.None, Backend.IoUring, Backend.Epoll, Backend.Workers),

        new(CallOperation.Read, HandleKind.File, Attempt.NoWait, Backend.Workers, because: PositionLock),
        new(CallOperation.Read, HandleKind.DirectFile, Attempt.None, Backend.Workers, because: PositionLock),
        new(CallOperation.Read, HandleKind.MemoryFile, Attempt.Plain, Backend.Workers, because: PositionLock),
        new(CallOperation.Read, HandleKind.Stream, Attempt.NoWait, Backend.IoUring, Backend.Epoll, Backend.Workers),

        new(CallOperation.ReadAt, HandleKind.File, Attempt.NoWait, Backend.IoUring, Backend.Workers),
        new(CallOperation.ReadAt, HandleKind.DirectFile, Attempt.None, Backend.IoUring, Backend.LinuxAio, Backend.Workers),
        new(CallOperation.ReadAt, HandleKind.MemoryFile, Attempt.Plain, Backend.Workers),
        new(CallOperation.ReadAt, HandleKind.Stream, Attempt.None, Backend.Workers, because: IgnoresOffset),

        new(CallOperation.Write, HandleKind.File, Attempt.None, Backend.Workers, because: PositionLock),
        new(CallOperation.Write, HandleKind.DirectFile, Attempt.None, Backend.Workers, because: PositionLock),
        new(CallOperation.Write, HandleKind.MemoryFile, Attempt.Plain, Backend.Workers, because: PositionLock),
        new(CallOperation.Write, HandleKind.Stream, Attempt.NoWait, Backend.IoUring, Backend.Epoll, Backend.Workers),

        new(CallOperation.WriteAt, HandleKind.File, Attempt.None, Backend.Workers, because: KernelThreads),
        new(CallOperation.WriteAt, HandleKind.DirectFile, Attempt.None, Backend.IoUring, Backend.LinuxAio, Backend.Workers),
        new(CallOperation.WriteAt, HandleKind.MemoryFile, Attempt.Plain, Backend.Workers),
        new(CallOperation.WriteAt, HandleKind.Stream, Attempt.None, Backend.Workers, because: IgnoresOffset),

        new(CallOperation.ReadVectored, HandleKind.File, Attempt.None, Backend.Workers, because: PositionLock),
        new(CallOperation.ReadVectored, HandleKind.DirectFile, Attempt.None, Backend.Workers, because: PositionLock),
        new(CallOperation.ReadVectored, HandleKind.MemoryFile, Attempt.Plain, Backend.Workers, because: PositionLock),
        new(CallOperation.ReadVectored, HandleKind.Stream, Attempt.None, Backend.IoUring, Backend.Epoll, Backend.Workers),

        new(CallOperation.ReadVectoredAt, HandleKind.File, Attempt.None, Backend.IoUring, Backend.Workers),
        new(CallOperation.ReadVectoredAt, HandleKind.DirectFile, Attempt.None, Backend.IoUring, Backend.LinuxAio, Backend.Workers),
        new(CallOperation.ReadVectoredAt, HandleKind.MemoryFile, Attempt.Plain, Backend.Workers),
        new(CallOperation.ReadVectoredAt, HandleKind.Stream, Attempt.None, Backend.Workers, because: IgnoresOffset),

        new(CallOperation.ReadVectoredWithFlags, HandleKind.File, Attempt.None, Backend.IoUring, Backend.Workers),
        new(CallOperation.ReadVectoredWithFlags, HandleKind.DirectFile, Attempt.None, Backend.IoUring, Backend.Workers),
        new(CallOperation.ReadVectoredWithFlags, HandleKind.MemoryFile, Attempt.Plain, Backend.Workers),
        new(CallOperation.ReadVectoredWithFlags, HandleKind.Stream, Attempt.None, Backend.Workers, because: IgnoresOffset),

        new(CallOperation.WriteVectored, HandleKind.File, Attempt.None, Backend.Workers, because: PositionLock),
        new(CallOperation.WriteVectored, HandleKind.DirectFile, Attempt.None, Backend.Workers, because: PositionLock),
        new(CallOperation.WriteVectored, HandleKind.MemoryFile, Attempt.Plain, Backend.Workers, because: PositionLock),
        new(CallOperation.WriteVectored, HandleKind.Stream, Attempt.None, Backend.Workers, because: ShortWrites),

        new(CallOperation.WriteVectoredAt, HandleKind.File, Attempt.None, Backend.Workers, because: KernelThreads),
        new(CallOperation.WriteVectoredAt, HandleKind.DirectFile, Attempt.None, Backend.IoUring, Backend.LinuxAio, Backend.Workers),
        new(CallOperation.WriteVectoredAt, HandleKind.MemoryFile, Attempt.Plain, Backend.Workers),
        new(CallOperation.WriteVectoredAt, HandleKind.Stream, Attempt.None, Backend.Workers, because: IgnoresOffset),

        new(CallOperation.WriteVectoredWithFlags, HandleKind.File, Attempt.None, Backend.Workers, because: KernelThreads),
        new(CallOperation.WriteVectoredWithFlags, HandleKind.DirectFile, Attempt.None, Backend.IoUring, Backend.Workers),
        new(CallOperation.WriteVectoredWithFlags, HandleKind.MemoryFile, Attempt.Plain, Backend.Workers),
        new(CallOperation.WriteVectoredWithFlags, HandleKind.Stream, Attempt.None, Backend.Workers, because: IgnoresOffset),

        new(CallOperation.Sync, HandleKind.Any, Attempt.None, Backend.Workers, because: KernelThreads),
        new(CallOperation.DataSync, HandleKind.Any, Attempt.None, Backend.Workers, because: KernelThreads),
        new(CallOperation.SyncRange, HandleKind.Any, Attempt.None, Backend.Workers, because: KernelThreads),
        new(CallOperation.Truncate, HandleKind.Any, Attempt.None, Backend.Workers, because: KernelThreads),
        new(CallOperation.Allocate, HandleKind.Any, Attempt.None, Backend.Workers, because: KernelThreads),
        new(CallOperation.AdviseFile, HandleKind.Any, Attempt.None, Backend.Workers, because: KernelThreads),
        new(CallOperation.AdviseMemory, HandleKind.Any, Attempt.None, Backend.Workers, because: KernelThreads),
        new(CallOperation.Splice, HandleKind.Any, Attempt.None, Backend.Workers, because: KernelThreads),
        new(CallOperation.Tee, HandleKind.Any, Attempt.None, Backend.Workers, because: KernelThreads),
        new(CallOperation.Pipe, HandleKind.Any, Attempt.Plain, Backend.Workers, because: AtOnce),

        new(CallOperation.OpenAt, HandleKind.Any, Attempt.None, Backend.Workers, because: KernelThreads),
        new(CallOperation.OpenAt2, HandleKind.Any, Attempt.None, Backend.Workers, because: KernelThreads),
        new(CallOperation.StatX, HandleKind.Any, Attempt.None, Backend.Workers, because: KernelThreads),
        new(CallOperation.RenameAt, HandleKind.Any, Attempt.None, Backend.Workers, because: KernelThreads),
        new(CallOperation.UnlinkAt, HandleKind.Any, Attempt.None, Backend.Workers, because: KernelThreads),
        new(CallOperation.MkDirAt, HandleKind.Any, Attempt.None, Backend.Workers, because: KernelThreads),
        new(CallOperation.SymLinkAt, HandleKind.Any, Attempt.None, Backend.Workers, because: KernelThreads),
        new(CallOperation.LinkAt, HandleKind.Any, Attempt.None, Backend.Workers, because: KernelThreads),
        new(CallOperation.GetAttributeOfFile, HandleKind.Any, Attempt.None, Backend.Workers, because: KernelThreads),
        new(CallOperation.GetAttribute, HandleKind.Any, Attempt.None, Backend.Workers, because: KernelThreads),
        new(CallOperation.SetAttributeOfFile, HandleKind.Any, Attempt.None, Backend.Workers, because: KernelThreads),
        new(CallOperation.SetAttribute, HandleKind.Any, Attempt.None, Backend.Workers, because: KernelThreads),
        new(CallOperation.Close, HandleKind.Any, Attempt.None, Backend.Workers, because: KernelThreads),

        new(CallOperation.Socket, HandleKind.Any, Attempt.Plain, Backend.Workers, because: AtOnce),
        new(CallOperation.Bind, HandleKind.Any, Attempt.None, Backend.Workers, because: BindsFiles),
        new(CallOperation.Listen, HandleKind.Any, Attempt.Plain, Backend.Workers, because: AtOnce),
        new(CallOperation.Shutdown, HandleKind.Any, Attempt.Plain, Backend.Workers, because: AtOnce),
        new(CallOperation.Accept, HandleKind.Any, Attempt.None, Backend.IoUring, Backend.Workers),
        new(CallOperation.Connect, HandleKind.Any, Attempt.None, Backend.IoUring, Backend.Workers),
        new(CallOperation.Send, HandleKind.Any, Attempt.DoNotWait, Backend.IoUring, Backend.Epoll, Backend.Workers),
        new(CallOperation.SendZeroCopy, HandleKind.Any, Attempt.None, Backend.IoUring, Backend.Epoll, Backend.Workers),
        new(CallOperation.SendTo, HandleKind.Any, Attempt.DoNotWait, Backend.IoUring, Backend.Epoll, Backend.Workers),
        new(CallOperation.Receive, HandleKind.Any, Attempt.DoNotWait, Backend.IoUring, Backend.Epoll, Backend.Workers),
        new(CallOperation.ReceiveFrom, HandleKind.Any, Attempt.DoNotWait, Backend.IoUring, Backend.Epoll, Backend.Workers),
        new(CallOperation.SendMessage, HandleKind.Any, Attempt.None, Backend.IoUring, Backend.Workers),
        new(CallOperation.ReceiveMessage, HandleKind.Any, Attempt.DoNotWait, Backend.IoUring, Backend.Epoll, Backend.Workers),

        new(CallOperation.Poll, HandleKind.Any, Attempt.None, Backend.IoUring, Backend.Epoll, Backend.Workers),
        new(CallOperation.EpollControl, HandleKind.Any, Attempt.Plain, Backend.Workers, because: AtOnce),
        new(CallOperation.EpollWait, HandleKind.Any, Attempt.None, Backend.IoUring, Backend.Epoll, Backend.Workers),
        new(CallOperation.Sleep, HandleKind.Any, Attempt.None, Backend.IoUring, Backend.Workers),
        new(CallOperation.WaitId, HandleKind.Any, Attempt.None, Backend.IoUring, Backend.Workers),
        new(CallOperation.FutexWait, HandleKind.Any, Attempt.None, Backend.IoUring, Backend.Workers),
        new(CallOperation.FutexWake, HandleKind.Any, Attempt.Plain, Backend.Workers, because: AtOnce),

        new(CallOperation.Body, HandleKind.Any, Attempt.None, Backend.Workers),
        new(CallOperation.Import, HandleKind.Any, Attempt.None, Backend.Workers),
        new(CallOperation.Syscall, HandleKind.Any, Attempt.None, Backend.Workers),
    ];

    private const int KindCount = (int)HandleKind.Stream + 1;

    private static readonly Route[] Index = BuildIndex();

    /// <summary>All rows, in the order of the documentation page.</summary>
    public static IReadOnlyList<Route> All => Rows;

    /// <summary>The row of an operation on a kind of handle.</summary>
    public static ref readonly Route Find(CallOperation operation, HandleKind kind) => ref Index[((int)operation * KindCount) + (int)kind];

    /// <summary>Whether the way of an operation depends on what its handle is.</summary>
    public static bool DependsOnKind(CallOperation operation) => Find(operation, HandleKind.File).Kind != HandleKind.Any;

    /// <summary>The way of an operation in words, one sentence a kind of handle, for the remarks of a twin.</summary>
    public static IEnumerable<string> Describe(CallOperation operation)
    {
        foreach (Route row in Rows)
        {
            if (row.Operation == operation)
            {
                yield return KindInWords(row) + WayInWords(row);
            }
        }
    }

    private static string KindInWords(Route row) => row.Kind switch
    {
        HandleKind.File => "File: ",
        HandleKind.DirectFile => "File opened with O_DIRECT: ",
        HandleKind.MemoryFile => "File in memory (tmpfs): ",
        HandleKind.Stream when IsPositioned(row.Operation) => "Anything else that has positions: ",
        HandleKind.Stream => "Pipe, socket, terminal or device: ",
        _ => "",
    };

    private static string WayInWords(Route row)
    {
        if (row.Attempt == Attempt.Plain)
        {
            return "the plain call on the calling thread.";
        }

        string backends = BackendInWords(row.First)
            + (row.Second == Backend.None ? "" : ", else " + BackendInWords(row.Second))
            + (row.Third == Backend.None ? "" : ", else " + BackendInWords(row.Third));
        return (row.Attempt is Attempt.NoWait or Attempt.DoNotWait ? "completes inline where the kernel can answer at once, else " : "") + backends + ".";
    }

    private static bool IsPositioned(CallOperation operation) => operation
        is CallOperation.ReadAt or CallOperation.WriteAt
        or CallOperation.ReadVectoredAt or CallOperation.WriteVectoredAt
        or CallOperation.ReadVectoredWithFlags or CallOperation.WriteVectoredWithFlags;

    private static string BackendInWords(Backend backend) => backend switch
    {
        Backend.IoUring => "io_uring",
        Backend.LinuxAio => "Linux AIO",
        Backend.Epoll => "epoll",
        _ => "a worker thread",
    };

    private static Route[] BuildIndex()
    {
        var index = new Route[((int)CallOperation.SendZeroCopy + 1) * KindCount];
        foreach (Route row in Rows)
        {
            int first = (int)row.Operation * KindCount;
            if (row.Kind != HandleKind.Any)
            {
                index[first + (int)row.Kind] = row;
                continue;
            }

            for (int kind = 0; kind < KindCount; kind++)
            {
                index[first + kind] = row;
            }
        }

        return index;
    }
}
