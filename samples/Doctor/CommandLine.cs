using System.CommandLine;
using System.CommandLine.Invocation;

namespace Doctor;

/// <summary>The arguments and their help. Their ranges are the runtime's to check.</summary>
internal static class CommandLine
{
    public static int Run(string[] arguments, Func<Settings, int> run)
    {
        var json = new Option<bool>("--json") { Description = "One JSON document instead of tables." };
        var workersOnly = new Option<bool>("--workers-only") { Description = "Show what a runtime does that may use worker threads only." };
        var require = new Option<bool>("--require") { Description = "Fail where io_uring is not available, as AsyncCallOptions.RequiredBackends does." };
        var entries = new Option<int?>("--entries") { Description = "Entries of io_uring's submission queue, a power of two." };
        var root = new RootCommand("Prints what this machine offers for asynchronous calls, what a runtime chooses of it, and why.") { json, workersOnly, require, entries };
        root.SetAction(result => run(new Settings(result.GetValue(json), result.GetValue(workersOnly), result.GetValue(require), result.GetValue(entries))));

        ParseResult parsed = root.Parse(arguments);
        if (parsed.Action is ParseErrorAction)
        {
            Console.Error.WriteLine($"Doctor: {string.Join(' ', parsed.Errors.Select(static error => error.Message))} Use --help to see what it takes.");
            return ExitCode.Usage;
        }

        return parsed.Invoke(new InvocationConfiguration { EnableDefaultExceptionHandler = false });
    }
}
