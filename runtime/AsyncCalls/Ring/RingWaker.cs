using AsyncCalls.Interop.Linux;
using Microsoft.Win32.SafeHandles;

namespace AsyncCalls.Ring;

/// <summary>
/// Wakes all who sleep for a ring: threads of this process, and whoever waits on one of its handles. Each sleeper outside has a handle of its own,
/// because whoever resets a descriptor that others share takes the wake-up away from them.
/// </summary>
/// <remarks>
/// A handle of this process is an eventfd. What another process gets is the end of a pipe: an eventfd is one open file for both, and a neighbour that makes it blocking and fills its counter
/// would hold up whoever signals it, with the producer's lock.
/// </remarks>
internal sealed class RingWaker : IRingWaker
{
    private readonly Lock _changes = new();
    private volatile SafeFileHandle[] _handles = [];

    /// <summary>Where threads of this process sleep.</summary>
    public SleepGate Gate { get; } = new();

    /// <summary>A new descriptor that is signalled with the others until it is disposed.</summary>
    public SafeFileHandle CreateHandle()
    {
        if (!OperatingSystem.IsLinux())
        {
            throw new PlatformNotSupportedException("A handle to wait on needs Linux.");
        }

        int fd = Syscalls.EventFd(nonBlocking: true);
        if (fd < 0)
        {
            throw RingMemory.Failure("No event descriptor could be made", -fd);
        }

        var handle = new SafeFileHandle(fd, ownsHandle: true);
        Add(handle);
        return handle;
    }

    /// <summary>As the other, for another process: the end that it waits on, and the one that is signalled until it is disposed.</summary>
    public (SafeFileHandle Theirs, SafeFileHandle Ours) CreatePipe()
    {
        (SafeFileHandle reader, SafeFileHandle writer) = MakePipe();
        Add(writer);
        return (reader, writer);
    }

    /// <summary>A pipe to signal through.</summary>
    public static (SafeFileHandle Reader, SafeFileHandle Writer) MakePipe()
    {
        int result = Syscalls.Pipe(out int reader, out int writer);
        return result >= 0
            ? (new SafeFileHandle(reader, ownsHandle: true), new SafeFileHandle(writer, ownsHandle: true))
            : throw RingMemory.Failure("No pipe could be made", -result);
    }

    public void Wake()
    {
        foreach (SafeFileHandle handle in _handles)
        {
            Signal(handle);
        }

        Gate.Wake();
    }

    /// <summary>Signals a descriptor that its user may have disposed: a number that was given to another file is never written to.</summary>
    public static void Signal(SafeFileHandle handle)
    {
        bool held = false;
        try
        {
            handle.DangerousAddRef(ref held);
            Syscalls.Signal((int)handle.DangerousGetHandle());
        }
        catch (ObjectDisposedException)
        {
        }
        finally
        {
            if (held)
            {
                handle.DangerousRelease();
            }
        }
    }

    private void Add(SafeFileHandle handle)
    {
        lock (_changes)
        {
            _handles = [.. _handles.Where(old => !old.IsClosed), handle];
        }
    }
}
