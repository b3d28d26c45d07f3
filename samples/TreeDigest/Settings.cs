using AsyncCalls;

namespace TreeDigest;

/// <summary>What the command line asked for.</summary>
/// <param name="Folder">The folder, as it was written: paths in the output begin with it.</param>
/// <param name="Parallel">Files in flight. Memory grows with it: one buffer each.</param>
/// <param name="BufferBytes">Size of one read.</param>
/// <param name="WorkersOnly">No native backend and no attempt on the calling thread.</param>
/// <param name="Compare">Run the same work in three ways and print the times.</param>
internal sealed record Settings(string Folder, int Parallel, int BufferBytes, bool WorkersOnly, bool Compare)
{
    public AsyncCallOptions ToRuntimeOptions() => WorkersOnly
        ? new AsyncCallOptions { Backends = AsyncCallBackends.WorkersOnly, InlineAttempts = false }
        : new AsyncCallOptions();
}
