using AsyncCalls.Interop.Linux;

namespace AsyncCalls.Ring;

/// <summary>Pages that were mapped, or locked on the heap: given back when nobody can reach them any more.</summary>
internal sealed class RingPages
{
    private readonly nint _address;
    private readonly nuint _length;
    private readonly bool _isMapped;

    /// <summary>Outlives this object, so that the pages are unlocked before the GC gives them to another.</summary>
    private readonly byte[]? _heap;

    public RingPages(nint address, nuint length, bool isMapped, byte[]? heap = null)
    {
        _address = address;
        _length = length;
        _isMapped = isMapped;
        _heap = heap;
        if (isMapped)
        {
            GC.AddMemoryPressure((long)length);
        }
    }

    ~RingPages()
    {
        if (_isMapped)
        {
            Syscalls.Unmap(_address, _length);
            GC.RemoveMemoryPressure((long)_length);
        }
        else
        {
            Syscalls.UnlockMemory(_address, _length);
        }

        GC.KeepAlive(_heap);
    }
}
