using AsyncCalls;

namespace TreeDigest.Display;

/// <summary>The closing lines on standard error.</summary>
internal static class Report
{
    public static void Summary(Tally tally, TimeSpan elapsed)
    {
        Console.Error.WriteLine(
            $"{tally.Found - tally.Unreadable:N0} files, {tally.Bytes:N0} bytes ({Units.Size(tally.Bytes)}) in {elapsed.TotalSeconds:F2} seconds, " +
            $"{Units.Size(tally.Bytes / elapsed.TotalSeconds)}/s; {tally.Unreadable:N0} unreadable, {tally.Skipped:N0} links and special files skipped.");
    }

    /// <summary>Where the calls ran, and why there.</summary>
    public static void Calls(AsyncCallRuntime calls)
    {
        AsyncCallStatistics statistics = calls.GetStatistics();
        Console.Error.WriteLine(
            $"Calls: {statistics.CompletedInline:N0} completed inline, {statistics.CompletedByIoUring:N0} by io_uring, {statistics.CompletedByLinuxAio:N0} by Linux AIO, {statistics.CompletedByEpoll:N0} by epoll, " +
            $"{statistics.CompletedByWorkers:N0} by worker threads.");
        foreach (BackendCapability backend in calls.Capabilities.All)
        {
            Console.Error.WriteLine($"  {backend.Name}: {(backend.Available ? "in use" : "not used")} ({backend.Reason})");
        }
    }

    public static void Interrupted(Tally tally, string during = "")
    {
        long found = tally.Found;
        long done = Math.Min(tally.Done, found);
        Console.Error.WriteLine(
            $"TreeDigest: interrupted. {during}{done:N0} of {found:N0} files done ({Units.Size(tally.Bytes)}), {found - done:N0} left" +
            $"{(tally.Listed ? "." : " and whatever the folder has beyond these.")}");
    }
}
