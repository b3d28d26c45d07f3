namespace Demo;

internal sealed partial class Store
{
    internal AsyncCallRuntime? Calls { get; init; }

    [AsyncCall]
    internal void Flush(SafeFileHandle file, CancellationToken stop) => RandomAccess.FlushToDisk(file);
}
