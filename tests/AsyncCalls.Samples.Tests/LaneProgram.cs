using Xunit;

namespace AsyncCalls.Samples.Tests;

/// <summary>The program of <c>tests/lanes</c>, built for a test: it runs a sample with something taken away.</summary>
internal sealed class LaneProgram : IDisposable
{
    private readonly TemporaryTree _folder = new();

    private LaneProgram()
    {
    }

    /// <summary>Builds it. Without a C compiler the test is skipped, and counted.</summary>
    public static async Task<LaneProgram> BuildAsync()
    {
        var program = new LaneProgram();
        Finished compiler = await SampleProcess.ShellAsync("/", "command -v cc");
        if (compiler.ExitCode != 0)
        {
            program.Dispose();
            Assert.Skip("There is no C compiler (cc).");
        }

        string samples = Path.GetDirectoryName(SampleProcess.AssemblyOf("Doctor"))!;
        string source = Path.GetFullPath(Path.Combine(samples, "../../../../../tests/lanes/lane.c"));
        (await SampleProcess.ShellAsync(program._folder.Root, $"cc -std=gnu11 -O2 -Wall -Wextra -Werror -o lane '{source}'")).ExpectExitCode(0);
        return program;
    }

    public Task<Finished> RunAsync(string lane, params string[] arguments) => RunSampleAsync(lane, "Doctor", arguments);

    public Task<Finished> RunSampleAsync(string lane, string sample, params string[] arguments) =>
        SampleProcess.ShellAsync(_folder.Root, $"./lane {lane} '{SampleProcess.DotnetHost()}' '{SampleProcess.AssemblyOf(sample)}' {string.Join(' ', arguments.Select(static argument => $"'{argument}'"))}");

    public void Dispose() => _folder.Dispose();
}
