using System.Buffers;
using System.Runtime.InteropServices;

namespace AsyncCalls.Benchmarks.Fixtures;

/// <summary>Native memory at an address that O_DIRECT accepts.</summary>
internal sealed unsafe class AlignedBuffer : MemoryManager<byte>
{
    /// <summary>No disk asks for more than a page.</summary>
    private const nuint Alignment = 4096;

    private readonly int _length;
    private void* _address;

    public AlignedBuffer(int length)
    {
        _length = length;
        _address = NativeMemory.AlignedAlloc((nuint)length, Alignment);
    }

    public byte* Address => (byte*)_address;

    public override Span<byte> GetSpan() => new(_address, _length);

    public override MemoryHandle Pin(int elementIndex = 0)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan((uint)elementIndex, (uint)_length, nameof(elementIndex));
        return new MemoryHandle((byte*)_address + elementIndex);
    }

    public override void Unpin()
    {
        // It never moves.
    }

    protected override void Dispose(bool disposing)
    {
        NativeMemory.AlignedFree(_address);
        _address = null;
    }
}
