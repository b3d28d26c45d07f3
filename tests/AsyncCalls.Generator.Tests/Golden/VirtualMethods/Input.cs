namespace Demo;

public partial class Layer(AsyncCallRuntime calls)
{
    protected AsyncCallRuntime Calls => calls;

    [AsyncCall]
    public virtual void Flush(SafeFileHandle file) => RandomAccess.FlushToDisk(file);
}

public partial class Top(AsyncCallRuntime calls) : Layer(calls)
{
    [AsyncCall]
    public sealed override void Flush(SafeFileHandle file) => RandomAccess.FlushToDisk(file);
}
