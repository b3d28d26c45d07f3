using System.Diagnostics;
using AsyncCalls;
using TreeDigest.Digests;
using TreeDigest.Display;
using TreeDigest.Files;

namespace TreeDigest;

/// <summary>The job: one line for each file on standard output; what went wrong, and a summary, on standard error.</summary>
internal static class DigestCommand
{
    public static int Run(Settings settings, Interruption interruption)
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
        if (screen.Watch(work, interruption, () => ("", tally)))
        {
            // Whatever would not be cancelled in time ends with the process, and its memory with it.
            Report.Interrupted(tally);
            return interruption.ExitCode;
        }

        work.GetAwaiter().GetResult();
        Report.Summary(tally, Stopwatch.GetElapsedTime(start));
        Report.Calls(calls);
        calls.Dispose();
        return tally.Unreadable > 0 ? ExitCode.SomethingUnreadable : ExitCode.Success;
    }
}
