namespace Demo;

public sealed partial class Parts(AsyncCallRuntime calls)
{
    [AsyncCall]
    public partial int Size(string path, int unit = 1);
}

public sealed partial class Parts
{
    public partial int Size(string path, int unit) => path.Length / unit;

    [AsyncCall]
    private partial void Touch();
}

public sealed partial class Parts
{
    private partial void Touch()
    {
    }

    public partial int Scale(int value, int by = 2);
}

public sealed partial class Parts
{
    [AsyncCall]
    public partial int Scale(int value, int by) => value * by;
}
