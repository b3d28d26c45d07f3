using System.Runtime.CompilerServices;
using AsyncCalls.Ring;

namespace AsyncCalls.Runtime.Tests.Interleaving;

/// <summary>A defect that is seeded on purpose: the protocol without one of its parts.</summary>
internal interface IFlaw
{
    /// <summary>Whether a fence is left out.</summary>
    static virtual bool Omits(FencePoint point) => false;

    /// <summary>Whether stores are delayed: only in memory that does not move.</summary>
    static virtual bool HasBuffers => true;

    /// <summary>The bits that a compare-and-swap compares.</summary>
    static virtual ulong ComparedBits => ulong.MaxValue;
}

/// <summary>The protocol as it is.</summary>
internal readonly struct NoFlaw : IFlaw;

/// <summary>
/// The atomics of an interleaved scenario: each access is a point where another thread may go on; ring memory has store buffers. Outside of a scenario
/// they work on the memory at once.
/// </summary>
/// <remarks>Fields of managed objects (the in-flight table) have no fixed address, so their stores are seen at once.</remarks>
internal readonly unsafe struct ModelAtomics<TFlaw> : IAtomics
    where TFlaw : struct, IFlaw
{
    /// <summary>A word for each lock: 0 is free.</summary>
    private static readonly ConditionalWeakTable<Lock, Holder> Holders = [];

    public static uint Load(ref uint location)
    {
        Strand? self = Yield();
        return self is null || !TFlaw.HasBuffers ? location : (uint)self.Load(Unsafe.AsPointer(ref location), sizeof(uint)).Cookie;
    }

    public static ulong Load(ref ulong location)
    {
        Strand? self = Yield();
        return self is null || !TFlaw.HasBuffers ? location : self.Load(Unsafe.AsPointer(ref location), sizeof(ulong)).Cookie;
    }

    public static T? Load<T>(ref T? location)
        where T : class
    {
        Yield();
        return location;
    }

    public static void Store(ref uint location, uint value)
    {
        if (Yield() is { } self && TFlaw.HasBuffers)
        {
            self.Store(Unsafe.AsPointer(ref location), sizeof(uint), new CompletionEvent { Cookie = value });
        }
        else
        {
            location = value;
        }
    }

    public static void Store(ref ulong location, ulong value)
    {
        if (Yield() is { } self && TFlaw.HasBuffers)
        {
            self.Store(Unsafe.AsPointer(ref location), sizeof(ulong), new CompletionEvent { Cookie = value });
        }
        else
        {
            location = value;
        }
    }

    public static void Store<T>(ref T? location, T? value)
        where T : class
    {
        Yield();
        location = value;
    }

    public static ulong CompareExchange(ref ulong location, ulong value, ulong comparand)
    {
        Yield()?.Flush(int.MaxValue);
        ulong seen = location;
        if (((seen ^ comparand) & TFlaw.ComparedBits) == 0)
        {
            location = value;
            return comparand;
        }

        return seen;
    }

    public static ulong Exchange(ref ulong location, ulong value)
    {
        Yield()?.Flush(int.MaxValue);
        ulong seen = location;
        location = value;
        return seen;
    }

    /// <summary>The scenario's own thread has the number of the third one: they share what each thread has of its own.</summary>
    public static int ThreadNumber => Interleaver.Current?.Number ?? 2;

    public static void Or(ref uint location, uint bits)
    {
        Yield()?.Flush(int.MaxValue);
        location |= bits;
    }

    public static void Fence(FencePoint point)
    {
        if (!TFlaw.Omits(point))
        {
            Yield()?.Flush(int.MaxValue);
        }
    }

    public static void CopyOut(CompletionEvent* entry, out CompletionEvent to) =>
        to = Yield() is { } self ? self.Load(entry, sizeof(CompletionEvent)) : *entry;

    public static void CopyOut(CompletionEvent* entries, CompletionEvent* to, int count)
    {
        for (int i = 0; i < count; i++)
        {
            CopyOut(entries + i, out to[i]);
        }
    }

    public static void CopyIn(CompletionEvent* entry, in CompletionEvent from)
    {
        CompletionEvent value = from;
        if (Yield() is { } self)
        {
            self.Store(entry, sizeof(CompletionEvent), value);
        }
        else
        {
            *entry = value;
        }
    }

    public static void CopyIn(CompletionEvent* entries, CompletionEvent* from, int count)
    {
        for (int i = 0; i < count; i++)
        {
            CopyIn(entries + i, in from[i]);
        }
    }

    public static Lock.Scope Enter(Lock gate)
    {
        if (Interleaver.Current is { } self)
        {
            uint* word = Holders.GetOrCreateValue(gate).Word;
            self.WaitFor(() => *word == 0, "a lock");
            self.Flush(int.MaxValue);
            *word = 1;
        }

        return default;
    }

    /// <summary>Release and no more: the word is buffered behind what was stored before.</summary>
    public static void Exit(Lock gate, ref Lock.Scope scope)
    {
        if (Interleaver.Current is { } self)
        {
            self.Store(Holders.GetOrCreateValue(gate).Word, sizeof(uint), default);
        }
    }

    private static Strand? Yield()
    {
        Strand? self = Interleaver.Current;
        self?.Interleaver.Yield(self);
        return self;
    }

    private sealed class Holder
    {
        private readonly uint[] _word = GC.AllocateArray<uint>(1, pinned: true);

        public uint* Word => (uint*)Unsafe.AsPointer(ref _word[0]);
    }
}
