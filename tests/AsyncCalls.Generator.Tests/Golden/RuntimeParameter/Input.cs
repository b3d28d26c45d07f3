namespace Demo;

public partial class Jobs
{
    [AsyncCall]
    public static int Required(AsyncCallRuntime runtime, int value) => value;

    [AsyncCall]
    public static int Optional(int value, AsyncCallRuntime? on = null) => value;

    [AsyncCall]
    public int Instance(AsyncCallRuntime on) => 1;
}
