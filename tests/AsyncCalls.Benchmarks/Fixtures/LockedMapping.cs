using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace AsyncCalls.Benchmarks.Fixtures;

/// <summary>A shared mapping of a file, locked in memory.</summary>
internal sealed partial class LockedMapping : IDisposable
{
    private const int ProtRead = 1;
    private const int MapShared = 1;
    private const nint MapFailed = -1;

    private readonly nuint _length;
    private nint _address;

    private LockedMapping(nint address, nuint length)
    {
        _address = address;
        _length = length;
    }

    /// <exception cref="IOException">The memory cannot be mapped or locked.</exception>
    public static LockedMapping Of(SafeFileHandle file, nuint length)
    {
        nint address = Map(0, length, ProtRead, MapShared, file, 0);
        if (address == MapFailed)
        {
            throw new IOException($"mmap: {Marshal.GetLastPInvokeErrorMessage()}");
        }

        var mapping = new LockedMapping(address, length);
        if (Lock(address, length) != 0)
        {
            string error = Marshal.GetLastPInvokeErrorMessage();
            mapping.Dispose();
            throw new IOException($"mlock: {error}");
        }

        return mapping;
    }

    public void Dispose()
    {
        nint address = Interlocked.Exchange(ref _address, 0);
        if (address != 0)
        {
            _ = Unmap(address, _length);
        }
    }

    [LibraryImport("libc", EntryPoint = "mmap", SetLastError = true)]
    private static partial nint Map(nint address, nuint length, int protection, int flags, SafeFileHandle file, nint offset);

    [LibraryImport("libc", EntryPoint = "mlock", SetLastError = true)]
    private static partial int Lock(nint address, nuint length);

    [LibraryImport("libc", EntryPoint = "munmap", SetLastError = true)]
    private static partial int Unmap(nint address, nuint length);
}
