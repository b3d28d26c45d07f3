using AsyncCalls;
using TreeDigest.Comparison;
using TreeDigest.Display;
using TreeDigest.Files;

namespace TreeDigest;

/// <summary>The same work in three ways, side by side.</summary>
internal static class CompareCommand
{
    public static async Task<int> RunAsync(Settings settings, Interruption interruption)
    {
        if (!TargetFolder.Exists(settings.Folder))
        {
            return ExitCode.Usage;
        }

        var calls = new AsyncCallRuntime(settings.ToRuntimeOptions());
        var screen = new Screen();
        var comparison = new SideBySide(new FileReader(calls), settings, screen);
        Task<int> work = comparison.RunAsync(interruption.Token);
        await screen.ShowProgressAsync(interruption.WaitAsync(work), () => (comparison.Title, comparison.Tally));

        if (interruption.Token.IsCancellationRequested && !work.IsCompletedSuccessfully)
        {
            Console.Error.WriteLine($"In {comparison.Title.TrimEnd(' ', ':')}:");
            Report.Interrupted(comparison.Tally);
            return interruption.ExitCode;
        }

        int exitCode = await work;
        comparison.Print(Console.Out);
        Report.Calls(calls);
        await calls.DisposeAsync();
        return exitCode;
    }
}
