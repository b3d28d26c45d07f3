using System.Buffers;
using System.Runtime.InteropServices;

namespace AsyncCalls.Stress.Fixtures;

/// <summary>Native memory, aligned for direct transfers, that counts who keeps it in place. What is pinned is not released.</summary>
internal sealed unsafe class CountedMemory : MemoryManager<byte>
{
    /// <summary>No disk asks for more than a page.</summary>
    private const nuint Alignment = 4096;

    private readonly int _length;
    private void* _address;
    private int _pins;

    public CountedMemory(int length)
    {
        _length = length;
        _address = NativeMemory.AlignedAlloc((nuint)length, Alignment);
    }

    /// <summary>How many pins were taken and not given back.</summary>
    public int Pins => Volatile.Read(ref _pins);

    public override Span<byte> GetSpan() => new(_address, _length);

    public override MemoryHandle Pin(int elementIndex = 0)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan((uint)elementIndex, (uint)_length, nameof(elementIndex));
        Interlocked.Increment(ref _pins);
        return new MemoryHandle((byte*)_address + elementIndex, pinnable: this);
    }

    public override void Unpin() => Interlocked.Decrement(ref _pins);

    protected override void Dispose(bool disposing)
    {
        if (Pins == 0)
        {
            NativeMemory.AlignedFree(_address);
        }

        _address = null;
    }
}
