using System.Runtime.CompilerServices;

namespace AsyncCalls.Ring;

/// <summary>
/// Where a ring is: addresses and sizes, copied once from a header that was checked. Nothing here is read from the memory again: a
/// neighbour that writes over the header changes nothing.
/// </summary>
internal readonly unsafe struct RingWords
{
    private readonly byte* _start;
    private readonly CompletionEvent* _entries;

    public RingWords(byte* start, int headerBytes, int entries)
    {
        _start = start;
        _entries = (CompletionEvent*)(start + headerBytes);
        Capacity = (ulong)entries;
        IndexMask = (ulong)entries - 1;
    }

    public byte* Start => _start;

    public ulong Capacity { get; }

    public ulong IndexMask { get; }

    public ref ulong Tail => ref Word64(RingLayout.Tail);

    public ref uint ProducerFlags => ref Word32(RingLayout.ProducerFlags);

    public ref ulong OverflowCount => ref Word64(RingLayout.OverflowCount);

    public ref ulong Head => ref Word64(RingLayout.Head);

    public ref uint Requests => ref Word32(RingLayout.Requests);

    public ref ulong WakeTarget => ref Word64(RingLayout.WakeTarget);

    /// <summary>The entry of an index, whatever the index: it is masked here and nowhere else.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public CompletionEvent* Entry(ulong index) => _entries + (index & IndexMask);

    public ref uint Word32(int offset) => ref *(uint*)(_start + offset);

    public ref ulong Word64(int offset) => ref *(ulong*)(_start + offset);
}
