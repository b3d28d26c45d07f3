namespace Demo;

public partial class Base(AsyncCallRuntime calls)
{
    protected AsyncCallRuntime Calls => calls;

    [AsyncCall]
    public virtual int Get(int key) => key;

    public int PutAsync(int key, CancellationToken cancellationToken) => key;

    public static int AddAsync(int key, AsyncCallRuntime runtime, CancellationToken cancellationToken) => key;
}

public partial class Derived(AsyncCallRuntime calls) : Base(calls)
{
    [AsyncCall]
    public override int Get(int key) => key + 1;

    [AsyncCall]
    public int Put(int key) => key;

    [AsyncCall]
    public static int Add(int key) => key;
}
