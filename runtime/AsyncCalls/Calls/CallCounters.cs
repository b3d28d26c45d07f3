using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace AsyncCalls.Calls;

/// <summary>How a call was completed, as it is counted.</summary>
internal enum CompletionPath
{
    Inline = 0,
    IoUring = 1,
    Epoll = 2,
    Workers = 3,
    Cancelled = 4,
    LinuxAio = 5,
}

/// <summary>Counters that many threads add to: each thread has a stripe of its own cache lines, as far as there are stripes.</summary>
internal sealed class CallCounters
{
    private const int Stripes = 8;

    private readonly Stripe[] _stripes = new Stripe[Stripes];

    public void Add(CompletionPath path, int count = 1) =>
        Interlocked.Add(ref _stripes[Environment.CurrentManagedThreadId & (Stripes - 1)].Counts[(int)path], count);

    /// <summary>Counts a settled call, and that it was cancelled if it was.</summary>
    public void AddSettled(Call call, CompletionPath path)
    {
        Add(path);
        if (call.WasCancelled)
        {
            Add(CompletionPath.Cancelled);
        }
    }

    public long Sum(CompletionPath path)
    {
        long sum = 0;
        foreach (ref Stripe stripe in _stripes.AsSpan())
        {
            sum += Volatile.Read(ref stripe.Counts[(int)path]);
        }

        return sum;
    }

    [InlineArray(6)]
    private struct PathCounts
    {
        private long _first;
    }

    /// <summary>128 bytes: a pair of cache lines, as processors fetch them.</summary>
    [StructLayout(LayoutKind.Sequential, Size = 128)]
    private struct Stripe
    {
        public PathCounts Counts;
    }
}
