namespace Demo;

public sealed partial class Worker(AsyncCallRuntime calls)
{
    [AsyncCall]
    public int Do(int first, CancellationToken stop, int second = 2) => first + second;

    [AsyncCall]
    public int Both(CancellationToken soft, CancellationToken hard) => 0;
}
