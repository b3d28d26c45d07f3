using System.CommandLine;
using BenchmarkDotNet.Configs;
using BenchmarkDotNet.Diagnosers;
using BenchmarkDotNet.Jobs;
using BenchmarkDotNet.Running;
using BenchmarkDotNet.Toolchains.InProcess.Emit;

namespace AsyncCalls.Benchmarks.Detail;

/// <summary><c>bdn …</c>: everything after it goes to BenchmarkDotNet.</summary>
internal static class DetailCommand
{
    public static Command Create()
    {
        var rest = new Argument<string[]>("arguments") { Description = "Arguments of BenchmarkDotNet, --filter '*' for example." };
        var command = new Command("bdn", "The BenchmarkDotNet suite, for detail.") { rest };
        command.TreatUnmatchedTokensAsErrors = false;
        command.SetAction(arguments => Run([.. arguments.GetValue(rest) ?? [], .. arguments.UnmatchedTokens]));
        return command;
    }

    private static int Run(string[] arguments)
    {
        // In this process: the project is built by its solution's rules only, and the references in C stay loaded.
        IConfig config = DefaultConfig.Instance
            .AddJob(Job.ShortRun.WithToolchain(InProcessEmitToolchain.Instance))
            .AddDiagnoser(MemoryDiagnoser.Default);
        BenchmarkSwitcher.FromAssembly(typeof(DetailCommand).Assembly).Run(arguments, config);
        return 0;
    }
}
