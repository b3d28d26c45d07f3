namespace Demo;

public sealed partial class Reader(AsyncCallRuntime calls)
{
    [AsyncCall]
    public T Read<T>(Stream stream) where T : unmanaged => default;

    [AsyncCall]
    public TResult? Map<TSource, TResult>(Span<TSource> items, Func<TSource, TResult?> map, TResult? otherwise = default)
        where TSource : notnull
        => items.Length == 0 ? otherwise : map(items[0]);

    [AsyncCall]
    public static TList Fill<TList, T>(IReadOnlyCollection<T> items) where TList : class, ICollection<T>, new() where T : struct, Enum => new();
}

public static partial class Spans
{
    [AsyncCall]
    public static int Count<T>(List<int> items, Func<List<int>, T>? map, CancellationToken token)
        where T : IDisposable, allows ref struct
        => items.Count;
}
