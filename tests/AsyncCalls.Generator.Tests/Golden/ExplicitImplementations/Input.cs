namespace Demo;

public partial interface IStore<TKey>
{
    [AsyncCall(Name = "*Later", TakesOptions = true)]
    int Read(TKey key, Span<byte> block, long offset = 0);

    [AsyncCall]
    T? Find<T>(TKey key, out T? other);
}

public sealed partial class Store(AsyncCallRuntime calls) : IStore<string>
{
    [AsyncCall(TakesOptions = true)]
    int IStore<string>.Read(string key, Span<byte> block, long offset) => key.Length;

    [AsyncCall]
    T? IStore<string>.Find<T>(string key, out T? other)
        where T : default
    {
        other = default;
        return default;
    }
}

public readonly partial struct Block(AsyncCallRuntime calls, SafeFileHandle file) : IStore<long>
{
    [AsyncCall]
    int IStore<long>.Read(long key, Span<byte> block, long offset) => RandomAccess.Read(file, block, offset);

    T? IStore<long>.Find<T>(long key, out T? other)
        where T : default
    {
        other = default;
        return default;
    }
}
