using System.Runtime.InteropServices;

namespace AsyncCalls.Benchmarks.Ratios;

/// <summary>What the whole process has used so far, all its threads together, the kernel's io-wq threads included.</summary>
/// <param name="CpuNs">User and system time.</param>
/// <param name="Switches">Context switches, voluntary and not.</param>
/// <param name="AllocatedBytes">Managed memory allocated on any thread.</param>
internal readonly partial record struct ProcessUsage(double CpuNs, long Switches, long AllocatedBytes)
{
    public static ProcessUsage Now()
    {
        const int self = 0;
        if (GetResourceUsage(self, out ResourceUsage usage) != 0)
        {
            throw new InvalidOperationException($"getrusage failed: {Marshal.GetLastPInvokeErrorMessage()}");
        }

        return new ProcessUsage(
            usage.UserTime.Nanoseconds + usage.SystemTime.Nanoseconds,
            usage.VoluntarySwitches + usage.InvoluntarySwitches,
            GC.GetTotalAllocatedBytes(precise: true));
    }

    public static ProcessUsage operator -(ProcessUsage later, ProcessUsage earlier) => new(
        later.CpuNs - earlier.CpuNs,
        later.Switches - earlier.Switches,
        later.AllocatedBytes - earlier.AllocatedBytes);

    [LibraryImport("libc", EntryPoint = "getrusage", SetLastError = true)]
    private static partial int GetResourceUsage(int who, out ResourceUsage usage);

    [StructLayout(LayoutKind.Sequential)]
    private readonly struct TimeValue
    {
        private readonly nint _seconds;
        private readonly nint _microseconds;

        public double Nanoseconds => (_seconds * 1e9) + (_microseconds * 1e3);
    }

    /// <summary>struct rusage: two times, then fourteen longs.</summary>
    [StructLayout(LayoutKind.Sequential)]
    private readonly struct ResourceUsage
    {
        public readonly TimeValue UserTime;
        public readonly TimeValue SystemTime;
        private readonly TwelveLongs _others;
        public readonly nint VoluntarySwitches;
        public readonly nint InvoluntarySwitches;
    }

    [System.Runtime.CompilerServices.InlineArray(12)]
    private struct TwelveLongs
    {
        private nint _first;
    }
}
