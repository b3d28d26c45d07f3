using System.Runtime.InteropServices;

namespace AsyncCalls.Benchmarks.Fixtures;

/// <summary>
/// The pattern of a ring's indices alone: one thread advances the tail, another the head, each by a locked instruction (a consumer's compare-and-swap, a
/// producer's fence), and each looks at the other's only now and then. In one cache line each takes the line away from the other processor.
/// </summary>
internal sealed unsafe class TwoWords : IDisposable
{
    private const int AlignmentBytes = 128;
    private const int WritesBetweenLooks = 64;

    private readonly ThreadTeam _team;
    private readonly byte* _memory;

    public TwoWords(int bytesBetween)
    {
        _memory = (byte*)NativeMemory.AlignedAlloc(AlignmentBytes * 4, AlignmentBytes);
        new Span<byte>(_memory, AlignmentBytes * 4).Clear();
        ulong* tail = (ulong*)_memory;
        ulong* head = (ulong*)(_memory + bytesBetween);
        _team = new ThreadTeam(2, (number, calls) => Advance(number == 0 ? tail : head, number == 0 ? head : tail, calls));
    }

    public void Run(int calls) => _team.Run(calls);

    public void Dispose()
    {
        _team.Dispose();
        NativeMemory.AlignedFree(_memory);
    }

    private static void Advance(ulong* mine, ulong* others, int calls)
    {
        ulong seen = 0;
        for (int i = 0; i < calls; i++)
        {
            Interlocked.Increment(ref *mine);
            if (i % WritesBetweenLooks == 0)
            {
                seen += Volatile.Read(ref *others);
            }
        }

        GC.KeepAlive(seen);
    }
}
