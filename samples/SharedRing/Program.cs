using System.CommandLine;
using System.CommandLine.Invocation;
using AsyncCalls;
using SharedRing;

const int Failed = 1;
const int Usage = 2;

var folder = new Argument<string>("folder") { Description = "The folder whose files are read." };
var consumer = new Option<string>("--consumer")
{
    Description = "'build' compiles consumer.c with cc; anything else is the path of the compiled program.",
    DefaultValueFactory = _ => "build",
};
Option<int> entries = Number("--entries", "Entries of the ring, a power of two.", 64, 2, CompletionRing.MaxEntries);
Option<int> inFlight = Number("--in-flight", "Reads in flight.", 64, 1, 1_024);
Option<int> buffer = Number("--buffer", "Size of one read, in KiB.", 64, 1, 16_384);
var root = new RootCommand("Reads all files below a folder; another process takes the completions out of a ring in shared memory, and prints them.")
{
    folder, consumer, entries, inFlight, buffer,
};
root.SetAction(result => Run(
    result.GetRequiredValue(folder),
    result.GetValue(consumer)!,
    result.GetValue(entries),
    result.GetValue(inFlight),
    result.GetValue(buffer) * 1_024));

ParseResult parsed = root.Parse(args);
if (parsed.Action is ParseErrorAction)
{
    return Fail(string.Join(' ', parsed.Errors.Select(error => error.Message)) + " Use --help to see what it takes.", Usage);
}

return parsed.Invoke(new InvocationConfiguration { ProcessTerminationTimeout = null, EnableDefaultExceptionHandler = false });

static int Run(string folder, string program, int entries, int inFlight, int bufferBytes)
{
    if (!OperatingSystem.IsLinux())
    {
        return Fail("rings that processes share need Linux.", Usage);
    }

    if (!Directory.Exists(folder))
    {
        return Fail(File.Exists(folder) ? $"'{folder}' is a file, not a folder." : $"the folder '{folder}' does not exist.", Usage);
    }

    if (!int.IsPow2(entries))
    {
        return Fail($"--entries is {entries}: give a power of two.", Usage);
    }

    try
    {
        using var runtime = new AsyncCallRuntime();
        using CompletionRing ring = CompletionRing.Create(new CompletionRingOptions { Entries = entries, Shared = true });
        using Consumer consumer = Consumer.Start(ring, program == "build" ? null : Path.GetFullPath(program));
        using AsyncCallContext context = runtime.CreateContext(ring);
        using var submission = new Submission(context, inFlight, bufferBytes);
        submission.Run(FilesBelow(folder), () => consumer.IsRunning);

        // The context ends its calls, then the ring tells its consumers that nothing follows.
        consumer.WaitUntilEmpty(ring);
        context.Dispose();
        ring.Dispose();
        consumer.WaitForEnd();
        Console.Error.WriteLine(
            $"SharedRing: {submission.Files} files, {submission.Reads} reads, {submission.Bytes} bytes, {submission.Unreadable} unreadable; {ring.OverflowCount} events waited beside the ring");
        return submission.Unreadable > 0 ? Failed : 0;
    }
    catch (ConsumerException exception)
    {
        return Fail(exception.Message, Failed);
    }
}

static IEnumerable<string> FilesBelow(string folder) => Directory.EnumerateFiles(folder, "*", new EnumerationOptions
{
    RecurseSubdirectories = true,
    AttributesToSkip = FileAttributes.ReparsePoint | FileAttributes.Device,
    IgnoreInaccessible = true,
});

static Option<int> Number(string name, string description, int value, int least, int most)
{
    var option = new Option<int>(name) { Description = $"{description} {least} to {most}.", DefaultValueFactory = _ => value };
    option.Validators.Add(result =>
    {
        if (result.Tokens.Count == 1 && int.TryParse(result.Tokens[0].Value, out int given) && (given < least || given > most))
        {
            result.AddError($"{name} is {given}: give a number from {least} to {most}.");
        }
    });
    return option;
}

static int Fail(string message, int exitCode)
{
    Console.Error.WriteLine($"SharedRing: {message}");
    return exitCode;
}
