namespace Demo;

public sealed partial class Pauses(AsyncCallRuntime calls)
{
    private readonly TimeSpan _time = TimeSpan.FromSeconds(1);

    [AsyncCall]
    public void Pause(int milliseconds, CancellationToken cancellationToken) => Thread.Sleep(milliseconds);

    [AsyncCall]
    public void PauseAsLongAsUsual() => Thread.Sleep(_time);

    [AsyncCall]
    public void PauseForConstant() => Thread.Sleep(250);
}
