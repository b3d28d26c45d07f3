using Microsoft.Win32.SafeHandles;

namespace AsyncCalls.Benchmarks.Metrics;

/// <summary>What is measured, as a user writes it: synchronous methods, whose twins the generator adds.</summary>
internal sealed partial class FileTwins(AsyncCallRuntime calls)
{
    [AsyncCall]
    public int ReadBlock(SafeFileHandle file, Span<byte> block, long offset) => RandomAccess.Read(file, block, offset);

    [AsyncCall]
    public void WriteBlock(SafeFileHandle file, ReadOnlySpan<byte> block, long offset) => RandomAccess.Write(file, block, offset);

    /// <summary>A method with a body of its own: its twin runs it on a worker.</summary>
    [AsyncCall]
    public int Work() => ShortBody.Run();
}
