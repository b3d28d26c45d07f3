using System.Runtime.InteropServices;
using AsyncCalls.Benchmarks.Fixtures;
using AsyncCalls.Benchmarks.Ratios;

namespace AsyncCalls.Benchmarks.Native;

/// <summary>
/// The references in C: compiled now, by this machine's compiler, into a library that is loaded into this process, so that
/// both sides of a comparison run under the same scheduler, limits and mitigations and are counted by the same getrusage.
/// </summary>
internal sealed unsafe class CReferences : IDisposable
{
    private readonly nint _library;
    private readonly delegate* unmanaged<int, byte*, uint, ulong, ulong*, int, ulong, int> _pread;
    private readonly delegate* unmanaged<uint, uint, double*, int> _wake;
    private readonly delegate* unmanaged<uint, uint, double*, int> _interrupt;

    private CReferences(nint library)
    {
        _library = library;
        _pread = (delegate* unmanaged<int, byte*, uint, ulong, ulong*, int, ulong, int>)NativeLibrary.GetExport(library, "ref_pread");
        _wake = (delegate* unmanaged<uint, uint, double*, int>)NativeLibrary.GetExport(library, "ref_wake");
        _interrupt = (delegate* unmanaged<uint, uint, double*, int>)NativeLibrary.GetExport(library, "ref_interrupt");
    }

    /// <exception cref="ReferenceUnavailableException">There is no compiler, or it cannot compile this.</exception>
    public static CReferences Compile(BenchmarkFolder folder)
    {
        string library = Path.Combine(folder.Path, $"asynccalls-{Environment.ProcessId}-{Guid.NewGuid():n}.so");
        try
        {
            CCompiler.Compile(library, ["-shared", "-fPIC", "-pthread"], Directory.GetFiles(CCompiler.Sources, "*.c"));
            return new CReferences(NativeLibrary.Load(library));
        }
        catch (DllNotFoundException e)
        {
            throw new ReferenceUnavailableException($"the compiled references cannot be loaded: {e.Message}");
        }
        finally
        {
            // The loader has it mapped: the name is not needed any more.
            File.Delete(library);
        }
    }

    /// <summary>A ring of io_uring with the fastest flags that the kernel accepts. Belongs to the calling thread.</summary>
    public CRing OpenRing(uint entries) => new(_library, entries);

    /// <summary>Reads block after block, from the start again at the end. Any thread.</summary>
    /// <param name="file">The file.</param>
    /// <param name="buffer">A block.</param>
    /// <param name="blockBytes">Its bytes.</param>
    /// <param name="blocks">Blocks of the file.</param>
    /// <param name="next">The block to begin with, and afterwards the one to go on with.</param>
    /// <param name="noWait">By <c>preadv2</c> with <c>RWF_NOWAIT</c>, and not by <c>pread</c>.</param>
    /// <param name="calls">How many.</param>
    public void Pread(SafeHandle file, byte* buffer, int blockBytes, int blocks, ref ulong next, bool noWait, int calls)
    {
        fixed (ulong* index = &next)
        {
            Check("pread", _pread((int)file.DangerousGetHandle(), buffer, (uint)blockBytes, (ulong)blocks, index, noWait ? 1 : 0, (ulong)calls));
        }
    }

    /// <summary>Samples of a one-way wake-up, in nanoseconds.</summary>
    public void Wake(TimeSpan idle, double[] samplesNs) => Sample("futex", _wake, idle, samplesNs);

    /// <summary>Samples of the time in which a signal ends a blocked read, in nanoseconds.</summary>
    public void Interrupt(TimeSpan idle, double[] samplesNs) => Sample("tgkill", _interrupt, idle, samplesNs);

    public void Dispose() => NativeLibrary.Free(_library);

    private static void Sample(string what, delegate* unmanaged<uint, uint, double*, int> reference, TimeSpan idle, double[] samplesNs)
    {
        fixed (double* samples = samplesNs)
        {
            Check(what, reference((uint)samplesNs.Length, (uint)idle.TotalMicroseconds, samples));
        }
    }

    internal static void Check(string what, int result)
    {
        if (result < 0)
        {
            throw new ReferenceUnavailableException($"{what}: {Marshal.GetPInvokeErrorMessage(-result)}");
        }
    }
}
