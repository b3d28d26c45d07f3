using AsyncCalls.Benchmarks.Fixtures;
using Microsoft.Win32.SafeHandles;

namespace AsyncCalls.Benchmarks.Metrics;

/// <summary>
/// The awaiting loops of the read metrics. Each exists twice, word for word the same but for the call: a delegate or a generic
/// parameter between the loop and what it awaits would be measured as well.
/// </summary>
internal static class ReadLoops
{
    private const uint GoldenRatio = 0x9E3779B9; // 2^32 divided by it

    /// <summary>
    /// Where a loop begins: the first at the start, the others far from each other. Two that read the same block at the same time fight for the words of its page, and whether they do would be
    /// chance.
    /// </summary>
    public static int FirstBlock(int loop, int blocks) => (int)((ulong)((uint)loop * GoldenRatio) * (uint)blocks >> 32);

    /// <summary>One block after the other, from the start again at the end.</summary>
    public static async Task SequentialTwin(FileTwins twins, SafeFileHandle file, Memory<byte> block, int blocks, CallQuota quota)
    {
        long offset = FirstBlock(quota.Loop, blocks) * block.Length;
        for (int batch = quota.Take(); batch > 0; batch = quota.Take())
        {
            for (int i = 0; i < batch; i++)
            {
                RequireWhole(await twins.ReadBlockAsync(file, block, offset), block.Length);
                offset = Next(offset, block.Length, blocks);
            }
        }
    }

    /// <inheritdoc cref="SequentialTwin"/>
    public static async Task SequentialRandomAccess(SafeFileHandle file, Memory<byte> block, int blocks, CallQuota quota)
    {
        long offset = FirstBlock(quota.Loop, blocks) * block.Length;
        for (int batch = quota.Take(); batch > 0; batch = quota.Take())
        {
            for (int i = 0; i < batch; i++)
            {
                RequireWhole(await RandomAccess.ReadAsync(file, block, offset), block.Length);
                offset = Next(offset, block.Length, blocks);
            }
        }
    }

    /// <summary>Blocks at random places.</summary>
    public static async Task RandomTwin(FileTwins twins, SafeFileHandle file, Memory<byte> block, int blocks, ulong seed, CallQuota quota)
    {
        var sequence = new BlockSequence(seed);
        for (int batch = quota.Take(); batch > 0; batch = quota.Take())
        {
            for (int i = 0; i < batch; i++)
            {
                long offset = sequence.NextBelow((ulong)blocks) * block.Length;
                RequireWhole(await twins.ReadBlockAsync(file, block, offset), block.Length);
            }
        }
    }

    /// <inheritdoc cref="RandomTwin"/>
    public static async Task RandomRandomAccess(SafeFileHandle file, Memory<byte> block, int blocks, ulong seed, CallQuota quota)
    {
        var sequence = new BlockSequence(seed);
        for (int batch = quota.Take(); batch > 0; batch = quota.Take())
        {
            for (int i = 0; i < batch; i++)
            {
                long offset = sequence.NextBelow((ulong)blocks) * block.Length;
                RequireWhole(await RandomAccess.ReadAsync(file, block, offset), block.Length);
            }
        }
    }

    private static long Next(long offset, int length, int blocks)
    {
        offset += length;
        return offset == (long)blocks * length ? 0 : offset;
    }

    private static void RequireWhole(int read, int length)
    {
        if (read != length)
        {
            throw new IOException($"A read of {length} bytes gave {read}.");
        }
    }
}
