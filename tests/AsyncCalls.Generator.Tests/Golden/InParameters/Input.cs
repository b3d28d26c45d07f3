namespace Demo;

public readonly record struct Range64(long Start, long Length);

public sealed partial class Ranges(AsyncCallRuntime calls)
{
    [AsyncCall]
    public long Sum(in Range64 range, in int times = 1) => (range.Start + range.Length) * times;

    [AsyncCall]
    public static long Length(in Range64 range) => range.Length;

    // Only "in" tells it from the other, and their twins need names of their own.
    [AsyncCall(Name = "*ByValueAsync")]
    public static long Length(Range64 range) => range.Start;

    [AsyncCall]
    public int Read(SafeFileHandle file, Span<byte> block, in long offset) => RandomAccess.Read(file, block, offset);

    [AsyncCall]
    public int Fill(scoped Span<byte> block, in CancellationToken token)
    {
        token.ThrowIfCancellationRequested();
        return block.Length;
    }
}

public static partial class RangeExtensions
{
    [AsyncCall]
    public static long End(this in Range64 range) => range.Start + range.Length;
}

internal static partial class Libc
{
    // A pointer to the number in C, so that the import itself is called.
    [AsyncCall, LibraryImport("libc", SetLastError = true)]
    internal static partial int ftruncate(SafeFileHandle fd, in long length);
}
