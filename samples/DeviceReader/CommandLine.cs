using System.CommandLine;
using System.CommandLine.Invocation;
using System.Globalization;

namespace DeviceReader;

/// <summary>The arguments, their ranges and their help.</summary>
internal static class CommandLine
{
    /// <summary>As long as a deadline of a call can be.</summary>
    private static readonly TimeSpan DeadlineMax = TimeSpan.FromDays(49);

    private static readonly (string Unit, double Seconds)[] Units = [("ms", 0.001), ("s", 1), ("m", 60), ("h", 3_600), ("", 1)];

    public static int Run(string[] arguments, Func<Settings, int> run)
    {
        var device = new Argument<string>("device") { Description = "The terminal, pipe or character device to read; - for standard input." };
        var bytes = new Option<long?>("--bytes") { Description = "Read that many bytes at most." };
        bytes.Validators.Add(result =>
        {
            if (result.Tokens.Count == 1 && long.TryParse(result.Tokens[0].Value, out long given) && given < 1)
            {
                result.AddError($"--bytes is {given}: give a number from 1.");
            }
        });
        var deadline = new Option<TimeSpan?>("--deadline")
        {
            Description = "Give up after that time, such as 5s, 500ms, 2m.",
            CustomParser = static result =>
            {
                TimeSpan? time = ParseTime(result.Tokens[0].Value);
                if (time is null)
                {
                    result.AddError($"--deadline is '{result.Tokens[0].Value}': give a time above zero and below {DeadlineMax.Days} days, such as 5s, 500ms, 2m.");
                }

                return time;
            },
        };
        var raw = new Option<bool>("--raw") { Description = "Write the bytes as they are instead of a dump." };
        var workersOnly = new Option<bool>("--workers-only") { Description = "Run every call on worker threads: no io_uring, no attempt on the calling thread." };

        var root = new RootCommand("Prints what arrives at a terminal, a pipe or a character device, and what it waits for meanwhile.")
        {
            device, bytes, deadline, raw, workersOnly,
        };
        root.SetAction(result => run(new Settings(
            result.GetRequiredValue(device),
            result.GetValue(bytes),
            result.GetValue(deadline),
            result.GetValue(raw),
            result.GetValue(workersOnly))));

        ParseResult parsed = root.Parse(arguments);
        if (parsed.Action is ParseErrorAction)
        {
            Console.Error.WriteLine($"DeviceReader: {string.Join(' ', parsed.Errors.Select(static error => error.Message))} Use --help to see what it takes.");
            return ExitCode.Usage;
        }

        return parsed.Invoke(new InvocationConfiguration { ProcessTerminationTimeout = null, EnableDefaultExceptionHandler = false });
    }

    private static TimeSpan? ParseTime(string text)
    {
        (string unit, double seconds) = Units.First(candidate => text.EndsWith(candidate.Unit, StringComparison.Ordinal));
        bool isNumber = double.TryParse(text[..^unit.Length], NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out double number);
        double all = number * seconds;
        return isNumber && all > 0 && all < DeadlineMax.TotalSeconds ? TimeSpan.FromSeconds(all) : null;
    }
}
