using System.ComponentModel;
using System.Diagnostics;

namespace AsyncCalls.Runtime.Tests;

/// <summary>A program in C that a test compiles. Without a compiler the test is skipped, and counted.</summary>
internal sealed class CProgram : IDisposable
{
    private static readonly TimeSpan CompileTimeout = TimeSpan.FromSeconds(60);

    private readonly string _folder = Directory.CreateTempSubdirectory("asynccalls-c-").FullName;

    private CProgram()
    {
    }

    public static string Root { get; } = FindRoot();

    public string Path => System.IO.Path.Combine(_folder, "program");

    /// <summary>Compiles a text that includes the project's headers.</summary>
    public static CProgram Compile(string source)
    {
        var program = new CProgram();
        string file = System.IO.Path.Combine(program._folder, "program.c");
        File.WriteAllText(file, source);
        return program.Build(file);
    }

    /// <summary>Compiles a file of the project, with libraries beside the C library.</summary>
    public static CProgram CompileFile(string path, params string[] libraries) => new CProgram().Build(System.IO.Path.Combine(Root, path), libraries);

    public Process Start(params string[] arguments) =>
        Process.Start(new ProcessStartInfo(Path, arguments) { RedirectStandardOutput = true, RedirectStandardError = true })!;

    public string Run(params string[] arguments)
    {
        using Process process = Start(arguments);
        string output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        Assert.True(process.ExitCode == 0, $"exit code {process.ExitCode}: {process.StandardError.ReadToEnd()}");
        return output;
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private CProgram Build(string source, params string[] libraries)
    {
        string[] arguments =
        [
            "-std=gnu11", "-O2", "-Wall", "-Wextra", "-Werror", "-I", System.IO.Path.Combine(Root, "runtime", "include"), "-o", Path, source,
            .. libraries.Select(static library => "-l" + library),
        ];
        Process? compiler = null;
        try
        {
            compiler = Process.Start(new ProcessStartInfo("cc", arguments) { RedirectStandardError = true });
        }
        catch (Win32Exception e)
        {
            Dispose();
            Assert.Skip($"There is no C compiler: cc: {e.Message}");
        }

        using (compiler)
        {
            string errors = compiler!.StandardError.ReadToEnd();
            Assert.True(compiler.WaitForExit(CompileTimeout) && compiler.ExitCode == 0, errors);
        }

        return this;
    }

    private static string FindRoot()
    {
        for (DirectoryInfo? folder = new(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (File.Exists(System.IO.Path.Combine(folder.FullName, "AsyncCalls.sln")))
            {
                return folder.FullName;
            }
        }

        throw new InvalidOperationException("AsyncCalls.sln is in no folder above the test assembly.");
    }
}
