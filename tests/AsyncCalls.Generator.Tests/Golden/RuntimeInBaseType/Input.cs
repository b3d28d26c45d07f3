namespace Demo;

public abstract class Base<T>
{
    private readonly AsyncCallRuntime _hidden = new();

    protected AsyncCallRuntime Calls => _hidden;
}

public sealed partial class Derived(AsyncCallRuntime other) : Base<int>
{
    private readonly object _other = other;

    [AsyncCall]
    public string Name() => _other.ToString()!;
}
