using System.Runtime.InteropServices;
using AsyncCalls.Benchmarks.Ratios;

namespace AsyncCalls.Benchmarks.Native;

/// <summary>An io_uring that C drives. Only the thread that opened it may use it.</summary>
internal sealed unsafe class CRing : IDisposable
{
    private readonly delegate* unmanaged<nint, uint, ulong, int> _nop;
    private readonly delegate* unmanaged<nint, int, byte*, uint, uint, ulong, ulong, ulong, int> _read;
    private readonly delegate* unmanaged<nint, void> _close;
    private nint _ring;

    public CRing(nint library, uint entries)
    {
        _nop = (delegate* unmanaged<nint, uint, ulong, int>)NativeLibrary.GetExport(library, "ref_ring_nop");
        _read = (delegate* unmanaged<nint, int, byte*, uint, uint, ulong, ulong, ulong, int>)NativeLibrary.GetExport(library, "ref_ring_read");
        _close = (delegate* unmanaged<nint, void>)NativeLibrary.GetExport(library, "ref_ring_close");

        const int fastest = -1;
        var open = (delegate* unmanaged<uint, int, int*, nint>)NativeLibrary.GetExport(library, "ref_ring_open");
        int error;
        _ring = open(entries, fastest, &error);
        if (_ring == 0)
        {
            throw new ReferenceUnavailableException($"io_uring_setup: {Marshal.GetPInvokeErrorMessage(error)}");
        }
    }

    public void Nop(int depth, int calls) => CReferences.Check("io_uring no-op", _nop(_ring, (uint)depth, (ulong)calls));

    /// <summary>Reads blocks at random places, with depth reads in flight.</summary>
    public void Read(SafeHandle file, byte* buffers, int depth, int blockBytes, int blocks, ulong seed, int calls)
    {
        int result = _read(
            _ring, (int)file.DangerousGetHandle(), buffers, (uint)depth, (uint)blockBytes, (ulong)blocks, seed, (ulong)calls);
        CReferences.Check("io_uring read", result);
    }

    public void Dispose()
    {
        nint ring = Interlocked.Exchange(ref _ring, 0);
        if (ring != 0)
        {
            _close(ring);
        }
    }
}
