using System.Runtime.InteropServices;

namespace AsyncCalls.Benchmarks.Metrics;

/// <summary>
/// The work that is handed over in the offload metrics: two short system calls, about half a microsecond. It goes into the
/// kernel, as blocking work does, and is short enough for the hand-over to be most of what is measured.
/// </summary>
internal static partial class ShortBody
{
    public static int Run() => GetParentProcessId() + GetParentProcessId();

    [LibraryImport("libc", EntryPoint = "getppid")]
    private static partial int GetParentProcessId();
}
