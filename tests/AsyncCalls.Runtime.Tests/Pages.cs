using System.Buffers;
using System.Runtime.InteropServices;

namespace AsyncCalls.Runtime.Tests;

/// <summary>Memory that begins at a page, for devices that take no other.</summary>
internal sealed unsafe class Pages : MemoryManager<byte>, IDisposable
{
    private const int Size = 4_096;

    private readonly int _bytes;
    private byte* _start;

    public Pages(int count)
    {
        _bytes = count * Size;
        _start = (byte*)NativeMemory.AlignedAlloc((nuint)_bytes, Size);
        NativeMemory.Clear(_start, (nuint)_bytes);
    }

    void IDisposable.Dispose() => Dispose(disposing: true);

    public Memory<byte> this[int page] => Memory.Slice(page * Size, Size);

    public override Span<byte> GetSpan() => new(_start, _bytes);

    public override MemoryHandle Pin(int elementIndex = 0) => new(_start + elementIndex, default, this);

    public override void Unpin()
    {
    }

    protected override void Dispose(bool disposing)
    {
        NativeMemory.AlignedFree(_start);
        _start = null;
    }
}
