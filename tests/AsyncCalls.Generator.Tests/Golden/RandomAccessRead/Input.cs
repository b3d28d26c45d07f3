namespace Demo;

public sealed partial class BlockStore(AsyncCallRuntime calls)
{
    /// <summary>Reads one block.</summary>
    [AsyncCall]
    public int ReadBlock(SafeFileHandle file, Span<byte> block, long offset)
        => RandomAccess.Read(file, block, offset);
}
