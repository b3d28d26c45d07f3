using AsyncCalls.Interop.Linux;

namespace AsyncCalls.Backends.IoUring;

/// <summary>
/// A table of a ring, of files or of buffers, whose places requests name: the kernel then need not look up the file, or find and pin the pages, for each request. Sparse, made when it is first
/// needed. One user at a time.
/// </summary>
/// <param name="register">io_uring_register's operation that makes it.</param>
/// <param name="update">The one that fills a place.</param>
internal sealed unsafe class RegisteredTable(byte register, byte update)
{
    private const int Places = 1_024;

    private readonly Stack<int> _free = new();
    private int _used;
    private bool _made;
    private bool _refused;

    /// <summary>Fills a place: its number, or −errno. The kernel reads what lies there before this returns.</summary>
    public int Fill(int ring, void* data)
    {
        if (!TryMake(ring) || (_free.Count == 0 && _used == Places))
        {
            return -Errno.ENFILE;
        }

        int place = _free.Count > 0 ? _free.Pop() : _used++;
        int result = Update(ring, place, data);
        if (result < 0)
        {
            _free.Push(place);
            return result;
        }

        return place;
    }

    /// <summary>Empties a place. Requests in flight keep what was in it.</summary>
    public void Empty(int ring, int place, void* nothing)
    {
        if (Update(ring, place, nothing) >= 0)
        {
            _free.Push(place);
        }
    }

    /// <summary>Empties all places: the ring may last a while after it was closed, as long as a thread has a place for it (<see cref="RingPlaces"/>), and keeps nothing of the user's open or pinned.</summary>
    public void EmptyAll(int ring, void* nothing)
    {
        for (int place = 0; place < _used; place++)
        {
            _ = Update(ring, place, nothing);
        }
    }

    private bool TryMake(int ring)
    {
        if (!_made && !_refused)
        {
            var table = new IoUringTable { Count = Places, Flags = IoUringConstants.TableSparse };
            _made = Syscalls.IoUringRegister(ring, register, &table, (uint)sizeof(IoUringTable)) >= 0;
            _refused = !_made;
        }

        return _made;
    }

    private int Update(int ring, int place, void* data)
    {
        var change = new IoUringTableUpdate { Offset = (uint)place, Data = (ulong)data, Count = 1 };
        return Syscalls.IoUringRegister(ring, update, &change, (uint)sizeof(IoUringTableUpdate));
    }
}
