using System.Buffers.Binary;

namespace AsyncCalls.Stress.Fixtures;

/// <summary>What says, in each sixteen bytes of a page, which file and which page of it this is.</summary>
internal static class PageIdentity
{
    public const int PageBytes = 4096;

    private const int MarkBytes = 16;

    public static void Write(Span<byte> page, int file, int number)
    {
        Mark(page, file, number);
        for (int filled = MarkBytes; filled < page.Length; filled *= 2)
        {
            page[..filled].CopyTo(page[filled..]);
        }
    }

    /// <summary>Whether all of it is that page.</summary>
    public static bool Is(ReadOnlySpan<byte> page, int file, int number)
    {
        Span<byte> mark = stackalloc byte[MarkBytes];
        Mark(mark, file, number);

        // A page whose first mark is right and that repeats itself is right throughout.
        return page[..MarkBytes].SequenceEqual(mark) && page[MarkBytes..].SequenceEqual(page[..^MarkBytes]);
    }

    private static void Mark(Span<byte> mark, int file, int number)
    {
        BinaryPrimitives.WriteInt64LittleEndian(mark, 0x4153_594E_0000_0000 | (uint)file);
        BinaryPrimitives.WriteInt64LittleEndian(mark[sizeof(long)..], ~(long)number);
    }
}
