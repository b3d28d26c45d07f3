namespace AsyncCalls.Benchmarks.Counts;

/// <summary>What a call costs in things that can be counted: the same on a fast machine and a slow one, a quiet and a busy one.</summary>
/// <param name="Bytes">Managed memory that one call more allocates, on any thread.</param>
/// <param name="KernelEntries">Calls of io_uring_enter(2).</param>
/// <param name="Switches">Context switches of the process.</param>
internal readonly record struct CallCounts(double Bytes, double KernelEntries, double Switches)
{
    /// <summary>Each of them at its best: what a busy machine adds is not the library's.</summary>
    public static CallCounts Least(CallCounts one, CallCounts other) =>
        new(Math.Min(one.Bytes, other.Bytes), Math.Min(one.KernelEntries, other.KernelEntries), Math.Min(one.Switches, other.Switches));

    /// <summary>What is more than it may be, in words; empty if nothing is.</summary>
    public IEnumerable<string> Beyond(CallCounts limits)
    {
        // Half a byte: a slice allocates a little that is nobody's call.
        if (Bytes > limits.Bytes + 0.5)
        {
            yield return $"{Bytes:f2} bytes a call, at most {limits.Bytes}";
        }

        if (KernelEntries > limits.KernelEntries)
        {
            yield return $"{KernelEntries:f4} entries of the kernel a call, at most {limits.KernelEntries}";
        }

        if (Switches > limits.Switches)
        {
            yield return $"{Switches:f4} context switches a call, at most {limits.Switches}";
        }
    }
}
