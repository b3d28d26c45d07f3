namespace Demo;

public sealed partial class Service(AsyncCallRuntime calls)
{
    private readonly AsyncCallRuntime _calls = calls;

    public AsyncCallRuntime Calls => _calls;

    [AsyncCall]
    public int Get(int calls) => calls;
}
