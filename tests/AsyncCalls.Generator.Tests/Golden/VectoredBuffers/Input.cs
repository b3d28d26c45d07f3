namespace Demo;

public sealed partial class Log(AsyncCallRuntime calls)
{
    [AsyncCall]
    public long Read(SafeFileHandle file, IReadOnlyList<Memory<byte>> buffers, long offset) => RandomAccess.Read(file, buffers, offset) + 1;

    [AsyncCall]
    public int Append(SafeFileHandle file, IReadOnlyList<ReadOnlyMemory<byte>> buffers)
    {
        RandomAccess.Write(file, buffers, RandomAccess.GetLength(file));
        return buffers.Count;
    }

    [AsyncCall]
    public int Sum(Memory<byte> first, ReadOnlyMemory<char> second, byte[] third, ArraySegment<byte> fourth, Span<long> fifth)
        => first.Length + second.Length + third.Length + fourth.Count + fifth.Length;
}

public static partial class Scattered
{
    [AsyncCall]
    public static long Read(SafeFileHandle file, Memory<byte>[] buffers, long offset) => RandomAccess.Read(file, buffers, offset);

    [AsyncCall]
    public static void Write(SafeFileHandle file, IReadOnlyList<ReadOnlyMemory<byte>> buffers, long offset)
    {
        RandomAccess.Write(file, buffers, offset);
    }
}
