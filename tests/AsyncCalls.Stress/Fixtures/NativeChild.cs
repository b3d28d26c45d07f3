using System.ComponentModel;
using System.Diagnostics;
using System.Runtime.InteropServices;
using System.Text;

namespace AsyncCalls.Stress.Fixtures;

/// <summary>Children that C makes: by fork(2) without exec, and by posix_spawn(3). Compiled in the run by the machine's compiler.</summary>
internal sealed unsafe class NativeChild : IDisposable
{
    private const int OutputMax = 1 << 20;

    private static readonly TimeSpan CompileTimeout = TimeSpan.FromMinutes(1);

    private readonly nint _library;
    private readonly delegate* unmanaged<byte*, nint, nint> _fork;
    private readonly delegate* unmanaged<byte*, nint, nint> _spawn;

    private NativeChild(nint library)
    {
        _library = library;
        _fork = (delegate* unmanaged<byte*, nint, nint>)NativeLibrary.GetExport(library, "child_fork");
        _spawn = (delegate* unmanaged<byte*, nint, nint>)NativeLibrary.GetExport(library, "child_spawn");
    }

    /// <summary>Null, and the reason: there is no compiler.</summary>
    public static NativeChild? TryCompile(out string reason)
    {
        string library = Path.Combine(Path.GetTempPath(), $"{ScratchFolder.Mark}{Environment.ProcessId}-{Guid.NewGuid():n}.so");
        try
        {
            using Process compiler = Process.Start(new ProcessStartInfo(
                "cc", ["-O2", "-Wall", "-Wextra", "-Werror", "-shared", "-fPIC", "-o", library, Path.Combine(AppContext.BaseDirectory, "native", "child.c")])
            {
                RedirectStandardError = true,
            })!;
            string errors = compiler.StandardError.ReadToEnd();
            if (!compiler.WaitForExit(CompileTimeout) || compiler.ExitCode != 0)
            {
                throw new InvalidOperationException($"cc: {errors}");
            }

            reason = "";
            return new NativeChild(NativeLibrary.Load(library));
        }
        catch (Win32Exception exception)
        {
            reason = $"no C compiler: cc: {exception.Message}";
            return null;
        }
        finally
        {
            // The loader has it mapped: the name is not needed any more.
            File.Delete(library);
        }
    }

    /// <summary>The mappings of a child that was forked and runs no other program.</summary>
    public string MappingsOfFork() => Text(_fork, "fork");

    /// <summary>The descriptors of a child that was spawned, as ls shows them.</summary>
    public string DescriptorsOfSpawned() => Text(_spawn, "posix_spawn");

    public void Dispose() => NativeLibrary.Free(_library);

    private static string Text(delegate* unmanaged<byte*, nint, nint> child, string what)
    {
        byte[] output = new byte[OutputMax];
        fixed (byte* start = output)
        {
            nint bytes = child(start, output.Length);
            return bytes > 0
                ? Encoding.UTF8.GetString(output, 0, (int)bytes)
                : throw new InvalidOperationException($"{what}: {Marshal.GetPInvokeErrorMessage((int)-bytes)}");
        }
    }
}
