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

    /// <summary>The plain call: it copies memory and waits for nobody.</summary>
    Plain = 2,
}

/// <summary>One row of the table: the way of one operation on one kind of handle.</summary>
internal readonly struct Route
{
    public Route(CallOperation operation, HandleKind kind, Attempt attempt, Backend first, Backend second = Backend.None)
    {
        Operation = operation;
        Kind = kind;
        Attempt = attempt;
        First = first;
        Second = second;
    }

    public CallOperation Operation { get; }

    public HandleKind Kind { get; }

    public Attempt Attempt { get; }

    /// <summary>The backend that serves the call where it is available.</summary>
    public Backend First { get; }

    /// <summary>The backend that serves it otherwise: workers, which always are available. None where they are the first.</summary>
    public Backend Second { get; }
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
/// <item>A file in memory is answered by copying: a plain call costs less than any hand-over.</item>
/// </list>
/// </remarks>
internal static class RoutingTable
{
    private static readonly Route[] Rows =
    [
        new(CallOperation.Nop, HandleKind.Any, Attempt.None, Backend.IoUring, Backend.Workers),

        new(CallOperation.Read, HandleKind.File, Attempt.NoWait, Backend.Workers),
        new(CallOperation.Read, HandleKind.DirectFile, Attempt.None, Backend.Workers),
        new(CallOperation.Read, HandleKind.MemoryFile, Attempt.Plain, Backend.Workers),
        new(CallOperation.Read, HandleKind.Stream, Attempt.NoWait, Backend.IoUring, Backend.Workers),

        new(CallOperation.ReadAt, HandleKind.File, Attempt.NoWait, Backend.IoUring, Backend.Workers),
        new(CallOperation.ReadAt, HandleKind.DirectFile, Attempt.None, Backend.IoUring, Backend.Workers),
        new(CallOperation.ReadAt, HandleKind.MemoryFile, Attempt.Plain, Backend.Workers),
        new(CallOperation.ReadAt, HandleKind.Stream, Attempt.None, Backend.Workers),

        new(CallOperation.Write, HandleKind.File, Attempt.None, Backend.Workers),
        new(CallOperation.Write, HandleKind.DirectFile, Attempt.None, Backend.Workers),
        new(CallOperation.Write, HandleKind.MemoryFile, Attempt.Plain, Backend.Workers),
        new(CallOperation.Write, HandleKind.Stream, Attempt.NoWait, Backend.IoUring, Backend.Workers),

        new(CallOperation.WriteAt, HandleKind.File, Attempt.None, Backend.Workers),
        new(CallOperation.WriteAt, HandleKind.DirectFile, Attempt.None, Backend.IoUring, Backend.Workers),
        new(CallOperation.WriteAt, HandleKind.MemoryFile, Attempt.Plain, Backend.Workers),
        new(CallOperation.WriteAt, HandleKind.Stream, Attempt.None, Backend.Workers),

        new(CallOperation.Sync, HandleKind.Any, Attempt.None, Backend.Workers),
        new(CallOperation.DataSync, HandleKind.Any, Attempt.None, Backend.Workers),
        new(CallOperation.Truncate, HandleKind.Any, Attempt.None, Backend.Workers),
        new(CallOperation.Allocate, HandleKind.Any, Attempt.None, Backend.Workers),
        new(CallOperation.OpenAt, HandleKind.Any, Attempt.None, Backend.Workers),
        new(CallOperation.Close, HandleKind.Any, Attempt.None, Backend.Workers),
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
        HandleKind.Stream when row.Operation is CallOperation.ReadAt or CallOperation.WriteAt => "Anything else that has positions: ",
        HandleKind.Stream => "Pipe, socket, terminal or device: ",
        _ => "",
    };

    private static string WayInWords(Route row)
    {
        if (row.Attempt == Attempt.Plain)
        {
            return "the plain call on the calling thread.";
        }

        string backends = BackendInWords(row.First) + (row.Second == Backend.None ? "" : ", else " + BackendInWords(row.Second));
        return (row.Attempt == Attempt.NoWait ? "completes inline where the kernel can answer at once, else " : "") + backends + ".";
    }

    private static string BackendInWords(Backend backend) => backend == Backend.IoUring ? "io_uring" : "a worker thread";

    private static Route[] BuildIndex()
    {
        var index = new Route[((int)CallOperation.Syscall + 1) * KindCount];
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
