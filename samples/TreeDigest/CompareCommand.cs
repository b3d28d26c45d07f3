using AsyncCalls;
using TreeDigest.Comparison;
using TreeDigest.Display;
using TreeDigest.Files;

namespace TreeDigest;

/// <summary>The same work in three ways, side by side.</summary>
internal static class CompareCommand
{
    public static int Run(Settings settings, Interruption interruption)
    {
        if (!TargetFolder.Exists(settings.Folder))
        {
            return ExitCode.Usage;
        }

        var calls = new AsyncCallRuntime(settings.ToRuntimeOptions());
        var screen = new Screen();
        var comparison = new SideBySide(new FileReader(calls), settings, screen);
        Task<int> work = comparison.RunAsync(interruption.Token);
        if (screen.Watch(work, interruption, () => (comparison.Title, comparison.Tally)))
        {
            Report.Interrupted(comparison.Tally, comparison.Title);
            return interruption.ExitCode;
        }

        int exitCode = work.GetAwaiter().GetResult();
        comparison.Print(Console.Out);
        Report.Calls(calls);
        calls.Dispose();
        return exitCode;
    }
}
