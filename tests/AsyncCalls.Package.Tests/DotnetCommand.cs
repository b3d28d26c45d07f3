using System.Diagnostics;
using System.Text;

namespace AsyncCalls.Package.Tests;

/// <summary>What a finished command left behind: both streams, in the order in which they came.</summary>
internal sealed record Finished(string Command, int ExitCode, string Output)
{
    /// <summary>Ends the test with everything that the command said, if it did not end as it should.</summary>
    public Finished ExpectSuccess()
    {
        Assert.True(ExitCode == 0, $"{Command} ended with {ExitCode}:\n{Output}");
        return this;
    }

    /// <summary>The same, and nothing in it was a warning: of the compiler, of NuGet, of the trimmer.</summary>
    public Finished ExpectNoWarning()
    {
        ExpectSuccess();
        Assert.DoesNotContain("warning ", Output, StringComparison.OrdinalIgnoreCase);
        return this;
    }
}

/// <summary>Runs programs beside the test, with the environment of a user's shell.</summary>
internal static class DotnetCommand
{
    /// <summary>The slowest, a native publish, takes a minute alone on the machine; a machine that does other things takes longer.</summary>
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(8);

    public static string Host => Environment.GetEnvironmentVariable("DOTNET_HOST_PATH") ?? "dotnet";

    public static Task<Finished> RunAsync(string folder, params string[] arguments) => RunProgramAsync(Host, folder, arguments);

    public static async Task<Finished> RunProgramAsync(string program, string folder, params string[] arguments)
    {
        var start = new ProcessStartInfo(program, arguments)
        {
            WorkingDirectory = folder,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        Clean(start.Environment);
        var output = new StringBuilder();
        using var process = new Process { StartInfo = start };
        process.OutputDataReceived += (_, line) => Append(output, line.Data);
        process.ErrorDataReceived += (_, line) => Append(output, line.Data);
        process.Start();
        process.StandardInput.Close();
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();

        using var limit = new CancellationTokenSource(Limit);
        try
        {
            await process.WaitForExitAsync(limit.Token);
        }
        catch (OperationCanceledException)
        {
            process.Kill(entireProcessTree: true);
            throw new TimeoutException($"{program} {string.Join(' ', arguments)} did not end within {Limit}:\n{output}");
        }

        lock (output)
        {
            return new Finished($"{program} {string.Join(' ', arguments)}", process.ExitCode, output.ToString());
        }
    }

    private static void Append(StringBuilder output, string? line)
    {
        if (line is not null)
        {
            lock (output)
            {
                output.AppendLine(line);
            }
        }
    }

    /// <summary>Takes out what the build and the runner of these tests left for their own children, and keeps servers from outliving the test.</summary>
    private static void Clean(IDictionary<string, string?> environment)
    {
        string[] inherited =
        [
            .. environment.Keys.Where(key =>
                key.StartsWith("MSBuild", StringComparison.OrdinalIgnoreCase)
                || key.StartsWith("VSTEST", StringComparison.OrdinalIgnoreCase)
                || key.StartsWith("TESTINGPLATFORM", StringComparison.OrdinalIgnoreCase)
                || key is "Configuration" or "Platform" or "TargetFramework" or "CI"),
        ];
        foreach (string key in inherited)
        {
            environment.Remove(key);
        }

        environment["MSBUILDDISABLENODEREUSE"] = "1";
        environment["MSBUILDTERMINALLOGGER"] = "off";
        environment["UseSharedCompilation"] = "false";
        environment["DOTNET_NOLOGO"] = "1";
        environment["DOTNET_CLI_TELEMETRY_OPTOUT"] = "1";
        environment["DOTNET_CLI_UI_LANGUAGE"] = "en";
    }
}
