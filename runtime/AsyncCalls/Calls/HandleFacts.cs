using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using AsyncCalls.Interop.Linux;

namespace AsyncCalls.Calls;

/// <summary>
/// What is known of an open file, found out once for each <see cref="SafeHandle"/> and remembered as long as that object lives (a
/// descriptor number is reused, the object is not).
/// </summary>
/// <remarks>
/// Thread-safe: two threads that ask at once find the same facts. <see cref="RefusesNoWait"/> and <see cref="RefusesPolling"/> only ever turn true, and the count of misses is a hint, of which some may get lost.
/// </remarks>
internal sealed class HandleFacts
{
    private const long TmpfsMagic = 0x01021994;
    private const long RamfsMagic = 0x858458f6;
    private const long HugetlbfsMagic = 0x958458f6;
    private const long FuseMagic = 0x65735546;

    /// <summary>So many receives in a row that found nothing: from then on only one in so many looks first.</summary>
    private const int MissesMax = 3;
    private const int LookOnceIn = 16;

    private static readonly ConditionalWeakTable<SafeHandle, HandleFacts> Known = [];

    private int _misses;
    private uint _asked;

    private HandleFacts(HandleKind kind, bool seekable, bool onWorkersOnly = false, bool maybeSocket = false)
    {
        Kind = kind;
        Seekable = seekable;
        OnWorkersOnly = onWorkersOnly;
        MayBeSocket = maybeSocket;
    }

    public HandleKind Kind { get; }

    /// <summary>Whether the file has a position; if not, the class library refuses reads and writes at offsets.</summary>
    public bool Seekable { get; }

    /// <summary>
    /// Whether io_uring does not do what the system call does. A file of FUSE: its transfers end on the kernel's own workers, except those on O_DIRECT, where a short write becomes EIO
    /// and what hangs cannot be interrupted; and a file system that answers EOPNOTSUPP to a read is asked again for ever.
    /// </summary>
    public bool OnWorkersOnly { get; }

    /// <summary>Whether it is a socket, which may have a time limit of its own, or is not known not to be one.</summary>
    public bool MayBeSocket { get; }

    /// <summary>The file system refused RWF_NOWAIT (EOPNOTSUPP): it is not asked again.</summary>
    public bool RefusesNoWait { get; set; }

    /// <summary>The device, or the file system, has no polled completions (EOPNOTSUPP): it is not asked again.</summary>
    public bool RefusesPolling { get; set; }

    /// <summary>
    /// Whether a receive should look for data before it waits for it. A server's loop that receives, answers and receives again looks in vain nearly always, and each look is a system
    /// call; a socket on which data piles up is found out by the looks that are left.
    /// </summary>
    public bool ShouldLook() => _misses < MissesMax || ++_asked % LookOnceIn == 0;

    /// <summary>Whether the look found something.</summary>
    public void Looked(bool found) => _misses = found ? 0 : Math.Min(_misses + 1, MissesMax);

    /// <summary>The facts of a handle whose descriptor the caller has leased.</summary>
    public static HandleFacts Of(SafeHandle handle, int fd) =>
        Known.TryGetValue(handle, out HandleFacts? facts) ? facts : Remember(handle, fd);

    /// <summary>The facts of a bare descriptor number, which nobody can remember.</summary>
    public static HandleFacts Probe(int fd)
    {
        int type = Syscalls.FileType(fd);
        if (type < 0)
        {
            // A descriptor that cannot be described: the call itself will say why.
            return new HandleFacts(HandleKind.Stream, Syscalls.CanSeek(fd), maybeSocket: true);
        }

        if (type == 0 && Syscalls.IsEpoll(fd))
        {
            // It can be polled and neither read nor written: io_uring would wait for it for ever, and the system call says so.
            return new HandleFacts(HandleKind.Stream, seekable: false, onWorkersOnly: true);
        }

        if (type is not (Syscalls.RegularFile or Syscalls.BlockDevice))
        {
            return new HandleFacts(HandleKind.Stream, Syscalls.CanSeek(fd), maybeSocket: type == Syscalls.SocketFile);
        }

        long fileSystem = Syscalls.FileSystemMagic(fd);
        if (fileSystem is TmpfsMagic or RamfsMagic or HugetlbfsMagic && type == Syscalls.RegularFile)
        {
            return new HandleFacts(HandleKind.MemoryFile, seekable: true);
        }

        int flags = Syscalls.GetFlags(fd);
        bool direct = flags >= 0 && (flags & Syscalls.Direct) != 0;
        return new HandleFacts(direct ? HandleKind.DirectFile : HandleKind.File, seekable: true, onWorkersOnly: fileSystem == FuseMagic);
    }

    /// <summary>Apart from <see cref="Of"/>, so that the closure is made only for a handle that is new.</summary>
    private static HandleFacts Remember(SafeHandle handle, int fd) => Known.GetValue(handle, _ => Probe(fd));
}
