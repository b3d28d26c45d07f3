using System.Numerics;

namespace AsyncCalls.Benchmarks.Ratios;

/// <summary>
/// Counts of nanoseconds in buckets of a sixteenth of a power of two, so that a quantile is right within 7 per cent. Any thread
/// may add, and nothing is allocated after it was made: what is measured must not pay for being measured.
/// </summary>
internal sealed class LatencyHistogram
{
    private const int SubBucketBits = 4;
    private const int SubBuckets = 1 << SubBucketBits;

    private readonly long[] _counts = new long[64 * SubBuckets];

    public void Add(long nanoseconds) => Interlocked.Increment(ref _counts[BucketOf((ulong)Math.Max(nanoseconds, 0))]);

    public void Clear() => Array.Clear(_counts);

    /// <summary>The upper end of the bucket in which that share of all values ends; null if there are none.</summary>
    public double? Quantile(double share)
    {
        long total = _counts.Sum();
        if (total == 0)
        {
            return null;
        }

        long wanted = (long)Math.Ceiling(total * share);
        long seen = 0;
        int bucket = -1;
        while (seen < wanted)
        {
            seen += _counts[++bucket];
        }

        return UpperEndOf(bucket);
    }

    /// <summary>Values below sixteen have buckets of their own; above, the four bits that follow the highest one choose.</summary>
    private static int BucketOf(ulong value)
    {
        if (value < SubBuckets)
        {
            return (int)value;
        }

        int exponent = BitOperations.Log2(value) - SubBucketBits;
        return (exponent * SubBuckets) + (int)(value >> exponent);
    }

    private static double UpperEndOf(int bucket)
    {
        if (bucket < 2 * SubBuckets)
        {
            return bucket;
        }

        int exponent = (bucket / SubBuckets) - 1;
        return (bucket - (exponent * SubBuckets) + 1.0) * Math.Pow(2, exponent);
    }
}
