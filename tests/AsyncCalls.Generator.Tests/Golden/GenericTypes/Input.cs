namespace Demo;

public partial class Cache<TKey, TValue>(AsyncCallRuntime calls)
    where TKey : notnull, IComparable<TKey>
    where TValue : class?, new()
{
    public sealed partial class Shelf<TItem>(AsyncCallRuntime calls)
        where TItem : unmanaged
    {
        [AsyncCall]
        public Dictionary<TKey, List<TValue>> Load(Shelf<TItem> other, TKey key, TItem[] items, Cache<TKey, TValue>.Shelf<int>? rest) => new();

        [AsyncCall]
        public static TValue Make(TKey key) => new();
    }

    [AsyncCall]
    public TValue Get(TKey key) => new();
}
