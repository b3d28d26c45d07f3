using AsyncCalls.Calls;

namespace AsyncCalls.Backends;

/// <summary>Calls that any thread hands to the one that pumps, linked by <see cref="Call.Next"/>. Pushing and taking are one swap each.</summary>
internal sealed class SubmissionStack
{
    private Call? _top;

    public bool IsEmpty => Volatile.Read(ref _top) is null;

    /// <summary>Adds a call. Any thread.</summary>
    public void Push(Call call)
    {
        Call? top = Volatile.Read(ref _top);
        while (true)
        {
            call.Next = top;
            Call? seen = Interlocked.CompareExchange(ref _top, call, top);
            if (seen == top)
            {
                return;
            }

            top = seen;
        }
    }

    /// <summary>Takes all calls, the first that was pushed first; null: there are none. By the thread that pumps.</summary>
    /// <param name="last">The last of them.</param>
    public Call? TakeAll(out Call? last)
    {
        last = IsEmpty ? null : Interlocked.Exchange(ref _top, null);
        Call? reversed = null;
        for (Call? call = last; call is not null;)
        {
            Call? next = call.Next;
            call.Next = reversed;
            reversed = call;
            call = next;
        }

        return reversed;
    }
}
