using System.Collections.Concurrent;

namespace AsyncCalls.Calls;

/// <summary>
/// Keeps the records of ended calls for the next ones: a few for each thread, which are taken and given back without any
/// synchronisation, and behind them a shared queue.
/// </summary>
/// <remarks>
/// A record is about 700 bytes: 32 of them keep at most 22 KiB on a thread, and 4,096 at most 2.8 MiB in the process, for each kind.
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

    public static T Rent()
    {
        Local? local = _local;
        if (local is not null && local.Count > 0)
        {
            ref T? slot = ref local.Items[--local.Count];
            T rented = slot!;

            // A record that its awaiter drops is finalised only if nobody names it, and its thread may not come back to this place.
            slot = null;
            return rented;
        }

        if (Shared.TryDequeue(out T? call))
        {
            Interlocked.Decrement(ref _sharedCount);
            return call;
        }

        return new T();
    }

    public static void Return(T call)
    {
        Local local = _local ??= new Local();
        if (local.Count < LocalMax)
        {
            local.Items[local.Count++] = call;
        }
        else if (Volatile.Read(ref _sharedCount) < SharedMax)
        {
            Interlocked.Increment(ref _sharedCount);
            Shared.Enqueue(call);
        }
    }

    private sealed class Local
    {
        public readonly T?[] Items = new T?[LocalMax];
        public int Count;
    }
}
