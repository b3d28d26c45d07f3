using System.Diagnostics;
using AsyncCalls;
using TreeDigest.Digests;
using TreeDigest.Display;
using TreeDigest.Files;

namespace TreeDigest;

/// <summary>The job: one line for each file on standard output; what went wrong, and a summary, on standard error.</summary>
internal static class DigestCommand
{
    public static async Task<int> RunAsync(Settings settings, Interruption interruption)
    {
        if (!TargetFolder.Exists(settings.Folder))
        {
            return ExitCode.Usage;
        }

        var calls = new AsyncCallRuntime(settings.ToRuntimeOptions());
        var tally = new Tally();
        var screen = new Screen();
        var reader = new FileReader(calls);
        long start = Stopwatch.GetTimestamp();

        IAsyncEnumerable<FoundFile> files = new TreeWalker(reader, tally).FindAsync(settings.Folder, interruption.Token);
        Task work = new DigestRun(reader, settings, tally).RunAsync(files, screen, interruption.Token);
        await screen.ShowProgressAsync(interruption.WaitAsync(work), () => ("", tally));

        if (interruption.Token.IsCancellationRequested && !work.IsCompletedSuccessfully)
        {
            // Whatever would not be cancelled in time ends with the process, and its memory with it.
            if (work.IsCompleted)
            {
                screen.Flush();
            }

            Report.Interrupted(tally);
            return interruption.ExitCode;
        }

        screen.Flush();
        await work;
        Report.Summary(tally, Stopwatch.GetElapsedTime(start));
        Report.Calls(calls);
        await calls.DisposeAsync();
        return tally.Unreadable > 0 ? ExitCode.SomethingUnreadable : ExitCode.Success;
    }
}
