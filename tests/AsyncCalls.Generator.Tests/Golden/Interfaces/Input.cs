namespace Demo;

public partial interface IStore
{
    [AsyncCall]
    int Read(SafeFileHandle file, Span<byte> block, long offset = 0);

    [AsyncCall]
    void Remove(string path);

    [AsyncCall]
    string Describe(CancellationToken cancellationToken) => "a store";

    [AsyncCall]
    public static int Count(string folder) => Directory.GetFiles(folder).Length;

    [AsyncCall]
    sealed int Twice(int value) => value * 2;

    [AsyncCall]
    private int Hidden() => 1;
}

public partial interface ILoggedStore : IStore
{
    AsyncCallRuntime Calls { get; }

    [AsyncCall]
    new void Remove(string path);

    [AsyncCall]
    T? Get<T>(string key)
        where T : class;
}

public sealed partial class Store(AsyncCallRuntime calls) : ILoggedStore
{
    public AsyncCallRuntime Calls => calls;

    [AsyncCall]
    public int Read(SafeFileHandle file, Span<byte> block, long offset) => RandomAccess.Read(file, block, offset);

    [AsyncCall]
    public void Remove(string path) => File.Delete(path);

    public T? Get<T>(string key)
        where T : class => null;
}

// Has no twins of its own: those of the interface run its methods.
public sealed class PlainStore : IStore
{
    public int Read(SafeFileHandle file, Span<byte> block, long offset) => 0;

    public void Remove(string path)
    {
    }
}
