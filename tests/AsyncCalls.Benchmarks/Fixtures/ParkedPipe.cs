using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace AsyncCalls.Benchmarks.Fixtures;

/// <summary>A pipe that nobody writes to and whose writing end stays open: a read of it blocks for good.</summary>
internal sealed partial class ParkedPipe : IDisposable
{
    private const int CloseOnExec = 0x80000;

    private readonly SafeFileHandle _writer;

    public ParkedPipe()
    {
        Span<int> ends = stackalloc int[2];
        if (Pipe(ends, CloseOnExec) != 0)
        {
            throw new IOException($"pipe2: {Marshal.GetLastPInvokeErrorMessage()}");
        }

        Reader = new SafeFileHandle(ends[0], ownsHandle: true);
        _writer = new SafeFileHandle(ends[1], ownsHandle: true);
    }

    public SafeFileHandle Reader { get; }

    public void Dispose()
    {
        Reader.Dispose();
        _writer.Dispose();
    }

    [LibraryImport("libc", EntryPoint = "pipe2", SetLastError = true)]
    private static partial int Pipe(Span<int> ends, int flags);
}
