using System.Runtime.InteropServices;
using AsyncCalls.Benchmarks.Ratios;
using Microsoft.Win32.SafeHandles;

namespace AsyncCalls.Benchmarks.Fixtures;

/// <summary>A file that is opened with O_DIRECT: each read goes to the disk.</summary>
internal sealed partial class DirectFile : IDisposable
{
    public const int BlockBytes = 4096;

    /// <summary>256 MiB: large enough for places to be random, small enough to be written in a second.</summary>
    public const int Blocks = 65_536;

    private const int ReadOnly = 0;
    private const int CloseOnExec = 0x80000;

    private DirectFile(SafeFileHandle ours, SafeFileHandle reference)
    {
        Ours = ours;
        Reference = reference;
    }

    public SafeFileHandle Ours { get; }

    public SafeFileHandle Reference { get; }

    /// <summary>O_DIRECT, which is one of the flags that differ between processors.</summary>
    private static int Direct => RuntimeInformation.ProcessArchitecture is Architecture.Arm64 or Architecture.Arm ? 0x10000 : 0x4000;

    public static DirectFile Create(BenchmarkFolder folder)
    {
        SafeFileHandle[] handles = folder.OpenAndDelete((long)Blocks * BlockBytes, Open, Open);
        return new DirectFile(handles[0], handles[1]);
    }

    public void Dispose()
    {
        Ours.Dispose();
        Reference.Dispose();
    }

    private static SafeFileHandle Open(string path)
    {
        int descriptor = Open(path, ReadOnly | Direct | CloseOnExec);
        return descriptor >= 0
            ? new SafeFileHandle(descriptor, ownsHandle: true)
            : throw new ReferenceUnavailableException($"the file system refuses O_DIRECT: {Marshal.GetLastPInvokeErrorMessage()}");
    }

    [LibraryImport("libc", EntryPoint = "open", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Open(string path, int flags);
}
