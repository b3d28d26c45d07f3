using System.CommandLine;
using System.CommandLine.Parsing;
using AsyncCalls.Stress.Proofs;
using AsyncCalls.Stress.Running;

ParseResult arguments = StressCommand.Create(ProofCatalog.All).Parse(args);
foreach (ParseError error in arguments.Errors)
{
    await Console.Error.WriteLineAsync(error.Message);
}

return arguments.Errors.Count == 0 ? await arguments.InvokeAsync() : StressCommand.UsageError;
