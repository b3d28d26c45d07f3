using AsyncCalls;
using Microsoft.Win32.SafeHandles;

namespace EpollLoop;

/// <summary>
/// The file I/O of the server, written synchronously. With the runtime of a context, what does not complete at once resumes where that
/// context is reaped: on the thread of the loop.
/// </summary>
internal sealed partial class FileCalls(AsyncCallRuntime calls)
{
    [AsyncCall]
    public SafeFileHandle Open(string path)
        => File.OpenHandle(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);

    [AsyncCall]
    public int Read(SafeFileHandle file, Span<byte> buffer, long offset)
        => RandomAccess.Read(file, buffer, offset);
}
