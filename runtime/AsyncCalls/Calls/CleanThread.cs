namespace AsyncCalls.Calls;

/// <summary>
/// Takes back what user code left on a thread of the runtime (async-local values, a synchronization context), so that the next call or
/// continuation there does not see it. The thread pool does the same for its work items.
/// </summary>
internal static class CleanThread
{
    [ThreadStatic]
    private static ExecutionContext? _clean;

    /// <summary>Whether the calling thread is one of the runtime's, where nothing of a user's runs but bodies and continuations.</summary>
    public static bool IsRuntimeThread => _clean is not null;

    /// <summary>Remembers how the calling thread is when it begins. Called once by each thread of the runtime, which starts without flow.</summary>
    public static void Begin() => _clean = ExecutionContext.Capture();

    /// <summary>Makes the thread as it was; does nothing on threads that are not the runtime's.</summary>
    public static void Restore()
    {
        ExecutionContext? clean = _clean;
        if (clean is null)
        {
            return;
        }

        if (ExecutionContext.Capture() != clean)
        {
            ExecutionContext.Restore(clean);
        }

        if (SynchronizationContext.Current is not null)
        {
            SynchronizationContext.SetSynchronizationContext(null);
        }
    }
}
