using System.Diagnostics.CodeAnalysis;

namespace AsyncCalls.Integration.Tests.Subjects;

/// <summary>An annotated interface, and what implements it in every way.</summary>
internal partial interface IShelf<TKey>
{
    [AsyncCall]
    string Put(TKey key, in Guid item, int times = 1);

    [AsyncCall]
    bool TryTake(TKey key, [NotNullWhen(true)] out string? item, out int left);

    [AsyncCall(Name = "*Later")]
    string Name() => "a shelf";
}

/// <summary>Has twins of its own.</summary>
internal sealed partial class Shelf(AsyncCallRuntime calls) : IShelf<string>
{
    [AsyncCall]
    public string Put(string key, in Guid item, int times = 2) => $"{key} {item} {times}";

    [AsyncCall]
    public bool TryTake(string key, [NotNullWhen(true)] out string? item, out int left)
    {
        item = key.Length == 0 ? null : "taken " + key;
        left = key.Length;
        return item is not null;
    }
}

/// <summary>Has twins that only the interface shows.</summary>
internal readonly partial struct HiddenShelf(AsyncCallRuntime calls, int size) : IShelf<int>
{
    [AsyncCall]
    string IShelf<int>.Put(int key, in Guid item, int times) => $"{key} {item} {times} of {size}";

    [AsyncCall]
    bool IShelf<int>.TryTake(int key, [NotNullWhen(true)] out string? item, out int left)
    {
        item = $"{key} of {size}";
        left = size - key;
        return true;
    }

    [AsyncCall]
    string IShelf<int>.Name() => "hidden";
}

/// <summary>Has none.</summary>
internal sealed class PlainShelf : IShelf<int>
{
    public string Put(int key, in Guid item, int times) => $"plain {key} {item} {times}";

    public bool TryTake(int key, [NotNullWhen(true)] out string? item, out int left)
    {
        item = null;
        left = -1;
        return false;
    }
}

/// <summary>An abstract type, whose twins are virtual.</summary>
internal abstract partial class Source(AsyncCallRuntime calls)
{
    protected AsyncCallRuntime Calls => calls;

    [AsyncCall]
    public abstract int Read(Span<byte> buffer);

    [AsyncCall]
    public virtual string Describe<T>(T value) => $"source of {value}";
}

internal sealed partial class TwinnedSource(AsyncCallRuntime calls) : Source(calls)
{
    [AsyncCall]
    public override int Read(Span<byte> buffer)
    {
        buffer.Fill(3);
        return buffer.Length;
    }

    [AsyncCall]
    public override string Describe<T>(T value) => $"twin of {value} in {typeof(T)}";
}

internal sealed class PlainSource(AsyncCallRuntime calls) : Source(calls)
{
    public override int Read(Span<byte> buffer)
    {
        buffer.Fill(4);
        return -buffer.Length;
    }
}
