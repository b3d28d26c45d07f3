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

    /// <summary>Compiles a text that includes the project's headers, for a kind of processor (-m32) if one is given. Skips where the compiler has nothing for that kind.</summary>
    public static CProgram Compile(string source, string? machine = null)
    {
        if (machine is not null)
        {
            using var empty = new CProgram();
            File.WriteAllText(empty.Source, "#include <stdio.h>\nint main(void) { return puts(\"\") < 0; }\n");
            string errors = empty.Compiler(empty.Source, [machine]);
            Assert.SkipUnless(errors.Length == 0, $"The compiler has no C library for {machine}: {errors.Split('\n')[0]}");
        }

        var program = new CProgram();
        File.WriteAllText(program.Source, source);
        return program.Build(program.Source, machine is null ? [] : [machine]);
    }

    /// <summary>Compiles a file of the project, with libraries beside the C library.</summary>
    public static CProgram CompileFile(string path, params string[] libraries) => new CProgram().Build(System.IO.Path.Combine(Root, path), [.. libraries.Select(static library => "-l" + library)]);

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

    private string Source => System.IO.Path.Combine(_folder, "program.c");

    private CProgram Build(string source, params string[] options)
    {
        Assert.Equal("", Compiler(source, options));
        return this;
    }

    /// <summary>Runs the compiler. What it has to say; nothing if all is well.</summary>
    private string Compiler(string source, string[] options)
    {
        string[] arguments =
        [
            "-std=gnu11", "-O2", "-Wall", "-Wextra", "-Werror", "-I", System.IO.Path.Combine(Root, "runtime", "include"), "-o", Path, source, .. options,
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
            Assert.True(compiler.WaitForExit(CompileTimeout), "The compiler did not end.");
            return compiler.ExitCode == 0 ? "" : errors.Length > 0 ? errors : $"exit code {compiler.ExitCode}";
        }
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
