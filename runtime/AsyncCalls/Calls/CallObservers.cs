namespace AsyncCalls.Calls;

/// <summary>How a use of a call ended.</summary>
internal readonly record struct CallEnd(bool WasCancelled);

/// <summary>
/// Those who wait for the end of certain calls: a cancel that is synchronous, a handle that is being closed, a context that comes to rest. One list for the process, because calls
/// are the process's; a call that nobody observes never comes here.
/// </summary>
/// <remarks>An observer is entered first, then flags the call; the end of the call sees the flag and then looks here. No user code runs under the lock: what waits resumes on the thread pool.</remarks>
internal static class CallObservers
{
    private static readonly Lock Gate = new();
    private static readonly Dictionary<CallUse, TaskCompletionSource<CallEnd>> Waiting = [];

    /// <summary>The end of a use; null if it has ended already.</summary>
    public static Task<CallEnd>? Observe(CallUse use)
    {
        lock (Gate)
        {
            if (Waiting.TryGetValue(use, out TaskCompletionSource<CallEnd>? end))
            {
                return end.Task;
            }

            end = new TaskCompletionSource<CallEnd>(TaskCreationOptions.RunContinuationsAsynchronously);
            Waiting.Add(use, end);

            // The lock is held: who settles the call and sees the flag waits for the entry.
            if (use.Call.TryFlagObserved(use.Epoch))
            {
                return end.Task;
            }

            Waiting.Remove(use);
            return null;
        }
    }

    /// <summary>Tells of the end of a use. By the thread that settled it.</summary>
    public static void Complete(CallUse use, bool wasCancelled)
    {
        TaskCompletionSource<CallEnd>? end;
        lock (Gate)
        {
            Waiting.Remove(use, out end);
        }

        end?.SetResult(new CallEnd(wasCancelled));
    }
}
