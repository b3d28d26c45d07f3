using System.Collections.Concurrent;
using System.Runtime.CompilerServices;

namespace AsyncCalls.Calls;

/// <summary>
/// Keeps the records of ended calls for the next ones: a few for each thread, which are taken and given back without any
/// synchronisation, and behind them a shared queue.
/// </summary>
/// <remarks>
/// A record is about 360 bytes: 32 of them keep at most 12 KiB on a thread, and 4,096 at most 1.5 MiB in the process, for each kind; twice as much where all of them have had
/// <see cref="RareParts"/>. A thread's are linked by <see cref="Call.Next"/>.
/// </remarks>
internal static class CallPool<T>
    where T : Call, new()
{
    private const int LocalMax = 32;
    private const int SharedMax = 4_096;

    private static readonly ConcurrentQueue<T> Shared = new();
    private static int _sharedCount;

    [ThreadStatic]
    private static Local? _local;

    /// <summary>Inlined, as the other: where the kind of record is known its thread's place is found at once.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static T Rent()
    {
        Local? local = _local;
        if (local?.Top is not { } top)
        {
            return RentShared();
        }

        // A record that its awaiter drops is finalised only if nobody names it.
        local.Top = Unsafe.As<T?>(top.Next);
        top.Next = null;
        local.Count--;
        return top;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Return(T call)
    {
        Local? local = _local;
        if (local is null || local.Count == LocalMax)
        {
            ReturnShared(call);
            return;
        }

        call.Next = local.Top;
        local.Top = call;
        local.Count++;
    }

    private static T RentShared()
    {
        if (Shared.TryDequeue(out T? call))
        {
            Interlocked.Decrement(ref _sharedCount);
            return call;
        }

        return new T();
    }

    private static void ReturnShared(T call)
    {
        if (_local is null)
        {
            _local = new Local();
            Return(call);
        }
        else if (Volatile.Read(ref _sharedCount) < SharedMax)
        {
            Interlocked.Increment(ref _sharedCount);
            Shared.Enqueue(call);
        }
    }

    private sealed class Local
    {
        public T? Top;
        public int Count;
    }
}
