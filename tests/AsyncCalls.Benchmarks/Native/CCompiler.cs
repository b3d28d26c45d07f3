using System.ComponentModel;
using System.Diagnostics;
using System.Runtime.InteropServices;
using AsyncCalls.Benchmarks.Ratios;

namespace AsyncCalls.Benchmarks.Native;

/// <summary>This machine's compiler, for the references in C.</summary>
internal static class CCompiler
{
    private static readonly TimeSpan Timeout = TimeSpan.FromMinutes(1);

    /// <summary>Where the sources are.</summary>
    public static string Sources => Path.Combine(AppContext.BaseDirectory, "reference");

    /// <exception cref="ReferenceUnavailableException">There is no compiler, or it cannot compile this.</exception>
    public static void Compile(string output, string[] options, params string[] sources)
    {
        var start = new ProcessStartInfo("cc", ["-O2", .. options, "-o", output, .. sources])
        {
            RedirectStandardError = true,
        };
        using Process compiler = Start(start);
        Task<string> errors = compiler.StandardError.ReadToEndAsync();
        if (!compiler.WaitForExit(Timeout))
        {
            compiler.Kill(entireProcessTree: true);
            throw new ReferenceUnavailableException($"cc did not end within {Timeout.TotalSeconds} s");
        }

        if (compiler.ExitCode != 0)
        {
            string first = errors.GetAwaiter().GetResult().Split('\n').FirstOrDefault(line => line.Contains("error", StringComparison.Ordinal)) ?? "no message";
            throw new ReferenceUnavailableException($"cc failed with exit code {compiler.ExitCode}: {first}");
        }
    }

    private static Process Start(ProcessStartInfo start)
    {
        try
        {
            return Process.Start(start) ?? throw new ReferenceUnavailableException("cc did not start");
        }
        catch (Win32Exception e)
        {
            throw new ReferenceUnavailableException($"no C compiler: cc: {Marshal.GetPInvokeErrorMessage(e.NativeErrorCode)}");
        }
    }
}
