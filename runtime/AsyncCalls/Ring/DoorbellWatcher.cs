using AsyncCalls.Interop.Linux;
using Microsoft.Win32.SafeHandles;

namespace AsyncCalls.Ring;

/// <summary>
/// One thread of the process waits for the doorbells of all rings that other processes reap, and moves in what waits beside those
/// rings. It is started with the first doorbell and sleeps until a consumer has made room in a ring that overflowed.
/// </summary>
/// <remarks>
/// <see cref="_entries"/> is replaced under <see cref="Changes"/>, then <see cref="_control"/> is signalled: the thread polls the new set. A ring that nobody can
/// reach any more is not kept alive from here. A doorbell is the end of a pipe, whose other end the consumers have: nothing that they do with theirs makes a read
/// of this one block.
/// </remarks>
internal static class DoorbellWatcher
{
    private static readonly Lock Changes = new();
    private static volatile Entry[] _entries = [];
    private static SafeFileHandle? _control;

    public static void Watch(SafeFileHandle doorbell, IOverflowOwner ring)
    {
        lock (Changes)
        {
            Start();
            _entries = [.. _entries.Where(IsAlive), new Entry(doorbell, new WeakReference<IOverflowOwner>(ring))];
            RingWaker.Signal(_control!);
        }
    }

    public static void Forget(SafeFileHandle doorbell)
    {
        lock (Changes)
        {
            _entries = [.. _entries.Where(entry => entry.Doorbell != doorbell && IsAlive(entry))];
            if (_control is not null)
            {
                RingWaker.Signal(_control);
            }
        }

        doorbell.Dispose();
    }

    private static bool IsAlive(Entry entry) => !entry.Doorbell.IsClosed && entry.Ring.TryGetTarget(out _);

    private static void Start()
    {
        if (_control is not null)
        {
            return;
        }

        int fd = Syscalls.EventFd(nonBlocking: true);
        _control = fd >= 0 ? new SafeFileHandle(fd, ownsHandle: true) : throw RingMemory.Failure("No event descriptor could be made", -fd);
        var thread = new Thread(Run) { IsBackground = true, Name = "AsyncCalls doorbells" };
        try
        {
            thread.UnsafeStart();
        }
        catch
        {
            // The system has no thread to give: whoever asked is told, and the next one tries again.
            _control.Dispose();
            _control = null;
            throw;
        }
    }

    private static void Run()
    {
        while (true)
        {
            Entry[] entries = _entries;
            Wait(entries);
            foreach (Entry entry in entries)
            {
                Answer(entry);
            }
        }
    }

    private static void Wait(Entry[] entries)
    {
        var held = new List<SafeFileHandle>(entries.Length);
        Span<int> descriptors = entries.Length < 64 ? stackalloc int[64] : new int[entries.Length + 1];
        int control = (int)_control!.DangerousGetHandle();
        descriptors[0] = control;
        foreach (Entry entry in entries)
        {
            if (TryHold(entry.Doorbell))
            {
                held.Add(entry.Doorbell);
                descriptors[held.Count] = (int)entry.Doorbell.DangerousGetHandle();
            }
        }

        // EINTR, and every other end: look at all of them.
        _ = Syscalls.PollReadable(descriptors[..(held.Count + 1)], timeoutMs: -1);
        Syscalls.TakeSignal(control, out _);
        held.ForEach(static doorbell => doorbell.DangerousRelease());
    }

    private static void Answer(Entry entry)
    {
        if (TryHold(entry.Doorbell))
        {
            // Before the refill: a consumer that makes room during it rings again.
            if (Syscalls.TakeSignal((int)entry.Doorbell.DangerousGetHandle(), out _) && entry.Ring.TryGetTarget(out IOverflowOwner? ring))
            {
                ring.Refill();
                GC.KeepAlive(ring);
            }

            entry.Doorbell.DangerousRelease();
        }
    }

    private static bool TryHold(SafeFileHandle handle)
    {
        bool held = false;
        try
        {
            handle.DangerousAddRef(ref held);
        }
        catch (ObjectDisposedException)
        {
        }

        return held;
    }

    private sealed record Entry(SafeFileHandle Doorbell, WeakReference<IOverflowOwner> Ring);
}
