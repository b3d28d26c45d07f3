namespace Demo;

public sealed partial class Holder<T>
{
    private static AsyncCallRuntime Runtime { get; } = AsyncCallRuntime.Shared;

    [AsyncCall]
    public int Get(int Runtime) => Runtime;
}
