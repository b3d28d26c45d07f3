namespace Demo;

public sealed partial class Copier(AsyncCallRuntime calls)
{
    [AsyncCall]
    public long Copy(string from) => from.Length;

    [AsyncCall]
    public long Copy(Stream from) => from.Length;

    [AsyncCall]
    public long Copy<T>(T from) => 0;

    [AsyncCall]
    public long copy(string from) => from.Length;

    public Task<long> CopyAsync(Uri from, CancellationToken cancellationToken = default) => Task.FromResult(0L);
}
