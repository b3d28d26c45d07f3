namespace Demo;

public abstract partial class Source
{
    [AsyncCall]
    public abstract int Read(Span<byte> buffer);

    [AsyncCall]
    protected internal abstract T? Get<T>(in int index, out T? other);

    [AsyncCall]
    public abstract object Make();
}

public partial class FileSource(AsyncCallRuntime calls) : Source
{
    protected AsyncCallRuntime Calls => calls;

    [AsyncCall]
    public override int Read(Span<byte> buffer) => buffer.Length;

    [AsyncCall]
    protected internal override T? Get<T>(in int index, out T? other)
        where T : default
    {
        other = default;
        return default;
    }

    public override object Make() => this;
}

public sealed partial class LastSource(AsyncCallRuntime calls) : FileSource(calls)
{
    [AsyncCall]
    public sealed override int Read(Span<byte> buffer) => 0;
}

// Its twins are those of the base type.
public sealed class PlainSource : Source
{
    public override int Read(Span<byte> buffer) => 1;

    protected internal override T? Get<T>(in int index, out T? other)
        where T : default
    {
        other = default;
        return default;
    }

    public override object Make() => this;
}

// Its twin gives another type, so that it hides the base type's.
public sealed partial class NarrowSource(AsyncCallRuntime calls) : FileSource(calls)
{
    [AsyncCall]
    public override string Make() => "narrow";
}

public abstract partial class WithRuntime(AsyncCallRuntime calls)
{
    protected AsyncCallRuntime Calls => calls;

    [AsyncCall]
    public abstract void Flush();
}
