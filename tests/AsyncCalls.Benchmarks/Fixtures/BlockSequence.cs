namespace AsyncCalls.Benchmarks.Fixtures;

/// <summary>Random places of a file: xorshift64*, the same sequence as reference/random.h.</summary>
internal struct BlockSequence(ulong seed)
{
    private ulong _state = seed == 0 ? 1 : seed;

    public long NextBelow(ulong limit)
    {
        ulong x = _state;
        x ^= x >> 12;
        x ^= x << 25;
        x ^= x >> 27;
        _state = x;
        return (long)(((x * 0x2545F4914F6CDD1DUL) >> 33) % limit);
    }
}
