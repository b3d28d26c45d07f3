using System.Runtime.InteropServices;

namespace AsyncCalls.Calls;

/// <summary>What a submitted call holds while it is in flight, by the fields of its block that named it.</summary>
internal struct CallUses
{
    public SafeHandle? Handle;
    public SafeHandle? SecondHandle;
    public Registration? File;
    public BufferLease? Buffer;
    public BufferLease? Path;
    public BufferLease? Sixth;

    /// <summary>Whether it holds anything but the first handle.</summary>
    public readonly bool IsAny => (SecondHandle, File, Buffer, Path, Sixth) is not (null, null, null, null, null);

    public void Set(IocbSlot slot, SafeHandle handle)
    {
        if (slot == IocbSlot.Handle)
        {
            Handle = handle;
        }
        else
        {
            SecondHandle = handle;
        }
    }

    public void Set(IocbSlot slot, BufferLease lease)
    {
        switch (slot)
        {
            case IocbSlot.Buffer:
                Buffer = lease;
                break;
            case IocbSlot.Path:
                Path = lease;
                break;
            default:
                Sixth = lease;
                break;
        }
    }

    /// <summary>Lets go of the buffers, and of the file's registration.</summary>
    public void ReleaseBuffers()
    {
        File?.Release();
        File = null;
        Buffer?.Release();
        Buffer = null;
        Path?.Release();
        Path = null;
        Sixth?.Release();
        Sixth = null;
    }

    /// <summary>Lets go of everything: the call was not made, or has been made, on this thread.</summary>
    public void Release()
    {
        Handle?.DangerousRelease();
        SecondHandle?.DangerousRelease();
        ReleaseBuffers();
    }
}
