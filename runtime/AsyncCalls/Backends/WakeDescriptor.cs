using AsyncCalls.Interop.Linux;
using Microsoft.Win32.SafeHandles;

namespace AsyncCalls.Backends;

/// <summary>The event descriptor that ends the wait of a thread that pumps. It may be signalled by a thread that comes after it was closed.</summary>
/// <param name="fd">An eventfd, which now belongs to this object.</param>
internal sealed class WakeDescriptor(int fd) : IDisposable
{
    private readonly SafeFileHandle _handle = new(fd, ownsHandle: true);

    /// <summary>Its number. For the thread that pumps, which also closes it.</summary>
    public int Fd { get; } = fd;

    /// <summary>Signals it, unless it has been closed: then nobody sleeps there any more. Any thread.</summary>
    public void Signal()
    {
        bool added = false;
        try
        {
            _handle.DangerousAddRef(ref added);
            Syscalls.Signal(Fd);
        }
        catch (ObjectDisposedException)
        {
            // A call was served, and the last thread ended, before its submitter came here.
        }
        finally
        {
            if (added)
            {
                _handle.DangerousRelease();
            }
        }
    }

    public void Dispose() => _handle.Dispose();
}
