namespace Demo;

public sealed partial class Store(AsyncCallRuntime calls)
{
    private SafeFileHandle? _file;

    private byte[]? Buffer { get; set; }

    public void Open(string path) => _file = File.OpenHandle(path);

    [AsyncCall]
    public int Read() => RandomAccess.Read(_file!, Buffer, 0);

    [AsyncCall]
    public SafeFileHandle Reopen(string? path) => File.OpenHandle(path!);
}
