using System.Diagnostics;
using System.Runtime.InteropServices;
using System.Text;
using Xunit;

namespace AsyncCalls.Samples.Tests;

/// <summary>What a finished process left behind.</summary>
internal sealed record Finished(int ExitCode, string Output, string Error)
{
    public string[] Lines => Output.Split('\n', StringSplitOptions.RemoveEmptyEntries);

    /// <summary>Ends the test with everything that the process said, if it did not end as expected.</summary>
    public Finished ExpectExitCode(int expected)
    {
        Assert.True(expected == ExitCode, $"Exit code {ExitCode} instead of {expected}.\n{Error}\n{Output}");
        return this;
    }
}

/// <summary>A program that runs beside the test: the built sample, or a tool of the system to hold it against.</summary>
internal sealed class SampleProcess : IDisposable
{
    /// <summary>Nothing here takes seconds; a machine that does other things may.</summary>
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(2);

    private readonly Process _process;
    private readonly TaskCompletionSource _begun = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource<string> _firstLine = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Task<string> _output;
    private readonly Task<string> _error;

    private SampleProcess(ProcessStartInfo start)
    {
        start.RedirectStandardInput = true;
        start.RedirectStandardOutput = true;
        start.RedirectStandardError = true;
        _process = Process.Start(start)!;
        _process.StandardInput.Close();
        _output = ReadOutputAsync();
        _error = _process.StandardError.ReadToEndAsync();
    }

    public int Id => _process.Id;

    /// <summary>Completes when the process has written something to standard output, or closed it.</summary>
    public Task Begun => _begun.Task;

    /// <summary>The first line of standard output; all that there was, if it has none.</summary>
    public Task<string> FirstLine => _firstLine.Task;

    /// <remarks>
    /// A shell lets what it starts in the background ignore Ctrl+C, and all that is started there inherits it, down to these tests
    /// and the sample: <c>env</c> sets it right.
    /// </remarks>
    public static SampleProcess Start(string sample, params string[] arguments)
        => new(new ProcessStartInfo("env", ["--default-signal=INT,TERM", DotnetHost(), AssemblyOf(sample), .. arguments]));

    /// <summary>Starts it in a session of its own, with a terminal for its input and its messages, and for its output too if that is asked for.</summary>
    public static SampleProcess StartOn(PseudoTerminal terminal, bool output, string sample, params string[] arguments)
    {
        string redirections = output ? "<$0 >$0 2>$0" : "<$0 2>$0";
        return new(new ProcessStartInfo(
            "bash",
            ["-c", $"exec setsid --ctty env --default-signal=INT,TERM TERM=xterm \"$@\" {redirections}", terminal.Path, DotnetHost(), AssemblyOf(sample), .. arguments]));
    }

    public static SampleProcess StartTreeDigest(params string[] arguments) => Start("TreeDigest", arguments);

    public static async Task<Finished> RunAsync(string sample, params string[] arguments)
    {
        using SampleProcess process = Start(sample, arguments);
        return await process.EndAsync();
    }

    public static async Task<Finished> TreeDigestAsync(params string[] arguments)
    {
        using SampleProcess process = StartTreeDigest(arguments);
        return await process.EndAsync();
    }

    public static async Task<Finished> ShellAsync(string folder, string script)
    {
        using var process = new SampleProcess(new ProcessStartInfo("bash", ["-c", script]) { WorkingDirectory = folder });
        return await process.EndAsync();
    }

    public async Task<Finished> EndAsync()
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        limit.CancelAfter(Limit);
        await _process.WaitForExitAsync(limit.Token);
        return new Finished(_process.ExitCode, await _output, await _error);
    }

    public void Signal(int number) => Assert.Equal(0, Kill(_process.Id, number));

    public void Dispose()
    {
        if (!_process.HasExited)
        {
            _process.Kill();
        }

        _process.Dispose();
    }

    private async Task<string> ReadOutputAsync()
    {
        var output = new StringBuilder();
        char[] buffer = new char[4_096];
        int read;
        while ((read = await _process.StandardOutput.ReadAsync(buffer, CancellationToken.None)) > 0)
        {
            output.Append(buffer, 0, read);
            _begun.TrySetResult();
            if (buffer.AsSpan(0, read).Contains('\n') && !_firstLine.Task.IsCompleted)
            {
                _firstLine.SetResult(output.ToString().Split('\n')[0]);
            }
        }

        _begun.TrySetResult();
        _firstLine.TrySetResult(output.ToString());
        return output.ToString();
    }

    public static string DotnetHost() => Environment.GetEnvironmentVariable("DOTNET_HOST_PATH") ?? "dotnet";

    /// <summary>The sample's output in the same configuration as this test's.</summary>
    public static string AssemblyOf(string sample)
    {
        var own = new DirectoryInfo(AppContext.BaseDirectory.TrimEnd(Path.DirectorySeparatorChar));
        string configuration = own.Parent!.Name;
        DirectoryInfo root = own.Parent!.Parent!.Parent!.Parent!.Parent!;
        string path = Path.Combine(root.FullName, "samples", sample, "bin", configuration, own.Name, sample + ".dll");
        Assert.True(File.Exists(path), $"The sample is not built: {path}");
        return path;
    }

    [DllImport("libc", EntryPoint = "kill", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int Kill(int process, int signal);
}
