using AsyncCalls;
using Microsoft.Win32.SafeHandles;

namespace ToBeFixed;

public static class Folders
{
    [AsyncCall]
    public static int Count(string path, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        return Directory.GetFiles(path).Length;
    }
}

public sealed partial class Notes(AsyncCallRuntime calls)
{
    [AsyncCall]
    public int Read(SafeFileHandle file, Span<byte> block, long offset) => RandomAccess.Read(file, block, offset);
}

public sealed class Reader(Notes notes)
{
    public async Task<int> FirstAsync(SafeFileHandle file, byte[] block, CancellationToken cancellationToken)
    {
        await Task.Yield();
        return notes.Read(file, block, 0);
    }
}
