using System.CommandLine;
using System.CommandLine.Invocation;
using System.CommandLine.Parsing;

namespace TreeDigest;

/// <summary>The arguments, their ranges and their help.</summary>
internal static class CommandLine
{
    private const int ParallelDefault = 32;
    private const int ParallelMax = 1_024;
    private const int BufferKiBDefault = 128;

    /// <summary>16 MiB for each of 1,024 files is 16 GiB: what somebody must have asked for twice.</summary>
    private const int BufferKiBMax = 16_384;

    public static int Run(string[] arguments, Func<Settings, int> run)
    {
        var folder = new Argument<string>("folder") { Description = "The folder whose files are digested." };
        Option<int> parallel = Number("--parallel", "Files in flight.", ParallelDefault, ParallelMax);
        Option<int> buffer = Number("--buffer", "Size of one read, in KiB.", BufferKiBDefault, BufferKiBMax);
        var workersOnly = new Option<bool>("--workers-only")
        {
            Description = "Run every call on worker threads: no io_uring, no attempt on the calling thread.",
        };
        var compare = new Option<bool>("--compare")
        {
            Description = "Digest in three ways (synchronous reads, RandomAccess.ReadAsync, the twins), check that all agree and print the times.",
        };

        var root = new RootCommand(
            "Prints the SHA-256 of every regular file below a folder, in the form that 'sha256sum -c' reads and in the order of their paths.")
        {
            folder, parallel, buffer, workersOnly, compare,
        };
        root.SetAction(result => run(new Settings(
            result.GetRequiredValue(folder),
            result.GetValue(parallel),
            result.GetValue(buffer) * 1_024,
            result.GetValue(workersOnly),
            result.GetValue(compare))));

        ParseResult parsed = root.Parse(arguments);
        if (parsed.Action is ParseErrorAction)
        {
            // Standard output is for digests: neither help nor guesses go there unasked.
            foreach (ParseError error in parsed.Errors)
            {
                Console.Error.WriteLine($"TreeDigest: {error.Message}");
            }

            Console.Error.WriteLine("Use --help to see what it takes.");
            return ExitCode.Usage;
        }

        // The program has its own answer to Ctrl+C, and an unexpected exception should be seen whole.
        return parsed.Invoke(new InvocationConfiguration
        {
            ProcessTerminationTimeout = null,
            EnableDefaultExceptionHandler = false,
        });
    }

    private static Option<int> Number(string name, string description, int value, int most)
    {
        var option = new Option<int>(name)
        {
            Description = $"{description} 1 to {most}.",
            DefaultValueFactory = _ => value,
        };
        option.Validators.Add(result =>
        {
            if (result.Tokens.Count == 1 && int.TryParse(result.Tokens[0].Value, out int given) && (given < 1 || given > most))
            {
                result.AddError($"{name} is {given}: give a number from 1 to {most}.");
            }
        });
        return option;
    }
}
