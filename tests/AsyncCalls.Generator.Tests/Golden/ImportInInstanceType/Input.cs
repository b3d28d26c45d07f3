namespace Demo;

public sealed partial class Device(AsyncCallRuntime calls)
{
    [AsyncCall]
    public int Ping(int value) => value + Capacity;

    public int Capacity { get; init; }

    [AsyncCall]
    [DllImport("libc", SetLastError = true)]
    private static extern int fdatasync(SafeHandle fd);
}
