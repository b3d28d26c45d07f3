using AsyncCalls;

namespace HostOnly;

public sealed partial class Folders(AsyncCallRuntime calls)
{
    [AsyncCall]
    public string[] List(string folder, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        return Directory.GetFiles(folder);
    }

    public async Task<int> CountAsync(string folder) => (await ListAsync(folder)).Length;
}
