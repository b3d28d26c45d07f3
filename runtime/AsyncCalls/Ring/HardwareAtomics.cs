using System.Runtime.CompilerServices;

namespace AsyncCalls.Ring;

/// <summary>The processor's own. Costs nothing over calling <see cref="Volatile"/> and <see cref="Interlocked"/> in place.</summary>
internal readonly unsafe struct HardwareAtomics : IAtomics
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static uint Load(ref uint location) => Volatile.Read(ref location);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ulong Load(ref ulong location) => Volatile.Read(ref location);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static T? Load<T>(ref T? location)
        where T : class => Volatile.Read(ref location);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store(ref uint location, uint value) => Volatile.Write(ref location, value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store(ref ulong location, ulong value) => Volatile.Write(ref location, value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store<T>(ref T? location, T? value)
        where T : class => Volatile.Write(ref location, value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ulong CompareExchange(ref ulong location, ulong value, ulong comparand) =>
        Interlocked.CompareExchange(ref location, value, comparand);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ulong Exchange(ref ulong location, ulong value) => Interlocked.Exchange(ref location, value);

    public static int ThreadNumber => Environment.CurrentManagedThreadId;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Or(ref uint location, uint bits) => Interlocked.Or(ref location, bits);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Fence(FencePoint point) => Interlocked.MemoryBarrier();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void CopyOut(CompletionEvent* entry, out CompletionEvent to) => to = *entry;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void CopyOut(CompletionEvent* entries, CompletionEvent* to, int count) =>
        new ReadOnlySpan<CompletionEvent>(entries, count).CopyTo(new Span<CompletionEvent>(to, count));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void CopyIn(CompletionEvent* entry, in CompletionEvent from) => *entry = from;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void CopyIn(CompletionEvent* entries, CompletionEvent* from, int count) =>
        new ReadOnlySpan<CompletionEvent>(from, count).CopyTo(new Span<CompletionEvent>(entries, count));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lock.Scope Enter(Lock gate) => gate.EnterScope();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Exit(Lock gate, ref Lock.Scope scope) => scope.Dispose();
}
