using System.CommandLine;
using System.CommandLine.Parsing;
using AsyncCalls.Benchmarks.Counts;
using AsyncCalls.Benchmarks.Detail;
using AsyncCalls.Benchmarks.Ratios;

var root = new RootCommand("Measures AsyncCalls against C, the kernel and the class library (docs/benchmarks.md).")
{
    RatiosCommand.Create(),
    CountsCommand.Create(),
    DetailCommand.Create(),
};

ParseResult arguments = root.Parse(args);
if (arguments.Errors.Count == 0)
{
    // Main stays synchronous: an io_uring of a single issuer has to be driven by the thread that made it.
    return arguments.Invoke();
}

// Not through Invoke, which prints the help to standard output, where only results belong.
foreach (ParseError error in arguments.Errors)
{
    Console.Error.WriteLine(error.Message);
}

return RatiosCommand.UsageError;
