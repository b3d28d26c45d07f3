using AsyncCalls.Interop.Linux;

namespace AsyncCalls.Backends.IoUring;

/// <summary>
/// Enters a ring by its place in the entering thread's own table of rings (<c>IORING_REGISTER_RING_FDS</c>, Linux 5.18): the kernel need not look the descriptor up and count its use, which
/// costs a tenth of a no-op. A thread gets its place when it first enters; one that gets none (an older kernel, 16 rings already) enters by the descriptor.
/// </summary>
/// <remarks>
/// One user at a time, any thread. A place refers to the ring, which lasts until each thread that has one has ended or given it back: so only threads of the runtime enter here.
/// </remarks>
internal sealed unsafe class RingPlaces(int fd)
{
    private const int NoPlace = -1;

    /// <summary>In the place of a number: the kernel chooses.</summary>
    private const uint AnyPlace = uint.MaxValue;

    private readonly List<(Thread Thread, int Place)> _known = [];
    private Thread? _thread;
    private int _place = NoPlace;

    /// <summary>io_uring_enter(2). ≥ 0, or −errno.</summary>
    public int Enter(uint toSubmit, uint minComplete, uint flags)
    {
        if (_thread != Thread.CurrentThread)
        {
            Become(Thread.CurrentThread);
        }

        return _place == NoPlace
            ? Syscalls.IoUringEnter(fd, toSubmit, minComplete, flags)
            : Syscalls.IoUringEnter(_place, toSubmit, minComplete, flags | IoUringConstants.EnterRegisteredRing);
    }

    /// <summary>Gives the calling thread's place back, before the ring is closed. The others' end with their threads.</summary>
    public void Leave()
    {
        if (_thread == Thread.CurrentThread && _place != NoPlace)
        {
            var place = new IoUringRingPlace { Offset = (uint)_place };
            _ = Syscalls.IoUringRegister(fd, IoUringConstants.UnregisterRingFds, &place, 1);
            _place = NoPlace;
        }
    }

    private void Become(Thread thread)
    {
        _thread = thread;
        foreach ((Thread known, int place) in _known)
        {
            if (known == thread)
            {
                _place = place;
                return;
            }
        }

        var added = new IoUringRingPlace { Offset = AnyPlace, Fd = (ulong)fd };
        _place = Syscalls.IoUringRegister(fd, IoUringConstants.RegisterRingFds, &added, 1) == 1 ? (int)added.Offset : NoPlace;
        _known.Add((thread, _place));
    }
}
