namespace Demo;

public readonly partial struct Block(AsyncCallRuntime calls, SafeFileHandle file)
{
    [AsyncCall]
    public int Read(Memory<byte> buffer, long offset) => RandomAccess.Read(file, buffer.Span, offset);
}

public partial struct Counter
{
    private AsyncCallRuntime _calls;

    public void Use(AsyncCallRuntime calls) => _calls = calls;

    [AsyncCall]
    public readonly int Count(string path) => path.Length;

    [AsyncCall]
    public static int Length(string path) => path.Length;
}
