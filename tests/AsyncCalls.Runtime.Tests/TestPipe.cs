using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace AsyncCalls.Runtime.Tests;

/// <summary>A pipe of the kernel.</summary>
internal sealed partial class TestPipe : IDisposable
{
    public const int NonBlock = 0x800;
    private const int CloseOnExec = 0x80000;

    public unsafe TestPipe(int flags = 0)
    {
        int* ends = stackalloc int[2];
        Assert.Equal(0, pipe2(ends, flags | CloseOnExec));
        Reader = new SafeFileHandle(ends[0], ownsHandle: true);
        Writer = new SafeFileHandle(ends[1], ownsHandle: true);
    }

    public SafeFileHandle Reader { get; }

    public SafeFileHandle Writer { get; }

    public void Dispose()
    {
        Reader.Dispose();
        Writer.Dispose();
    }

    [LibraryImport("libc", SetLastError = true)]
    private static unsafe partial int pipe2(int* ends, int flags);
}
