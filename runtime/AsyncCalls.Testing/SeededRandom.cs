namespace AsyncCalls.Testing;

/// <summary>
/// SplitMix64 (Steele, Lea and Flood, 2014): the same numbers from the same seed on every version of .NET, which <see cref="Random"/> does not promise.
/// </summary>
internal sealed class SeededRandom(int seed)
{
    private ulong _state = (ulong)(uint)seed;

    public ulong Next()
    {
        ulong mixed = _state += 0x9E3779B97F4A7C15;
        mixed = (mixed ^ (mixed >> 30)) * 0xBF58476D1CE4E5B9;
        mixed = (mixed ^ (mixed >> 27)) * 0x94D049BB133111EB;
        return mixed ^ (mixed >> 31);
    }

    /// <summary>From 0 to below <paramref name="limit"/>.</summary>
    public long Below(long limit) => (long)(Next() % (ulong)limit);

    /// <summary>True as often as <paramref name="probability"/> says. Draws in any case, so that another probability does not shift what follows.</summary>
    public bool Chance(double probability) => (Next() >> 11) * (1.0 / (1UL << 53)) < probability;
}
