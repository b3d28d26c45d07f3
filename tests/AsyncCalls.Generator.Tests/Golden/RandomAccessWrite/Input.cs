namespace Demo;

public partial class Log
{
    private readonly AsyncCallRuntime _calls = new();
    private readonly SafeFileHandle _file = null!;

    protected long Position { get; set; }

    [AsyncCall]
    protected internal void Append(ReadOnlySpan<byte> entry)
    {
        RandomAccess.Write(_file, entry, this.Position);
    }

    [AsyncCall]
    private void Overwrite(byte[] entry) => RandomAccess.Write(fileOffset: 0, handle: _file, buffer: entry);
}
