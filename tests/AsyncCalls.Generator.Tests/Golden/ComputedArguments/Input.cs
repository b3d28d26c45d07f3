namespace Demo;

public sealed partial class Blocks(AsyncCallRuntime calls, SafeFileHandle file)
{
    private const int Size = 4096;

    [AsyncCall]
    public int Computed(Span<byte> block, long index) => RandomAccess.Read(file, block, index * Size);

    [AsyncCall]
    public int Sliced(Span<byte> block) => RandomAccess.Read(file, block[..Size], 0);

    [AsyncCall]
    public long Converted(Span<byte> block) => RandomAccess.Read(file, block, 0);

    [AsyncCall]
    public void Discarded(Span<byte> block) => RandomAccess.Read(file, block, 0);

    [AsyncCall]
    public int TwoStatements(Span<byte> block)
    {
        block.Clear();
        return RandomAccess.Read(file, block, 0);
    }

    [AsyncCall]
    public int Widened(Span<byte> block, int offset) => RandomAccess.Read(file, block, offset);
}
