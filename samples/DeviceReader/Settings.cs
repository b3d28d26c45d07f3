using AsyncCalls;

namespace DeviceReader;

/// <summary>What the command line asked for.</summary>
/// <param name="Device">The path of the device; <c>-</c> for standard input.</param>
/// <param name="Bytes">The most bytes to read; null for all that come.</param>
/// <param name="Deadline">The time for all of it, the opening included; null for none.</param>
/// <param name="Raw">Bytes as they are instead of a dump.</param>
/// <param name="WorkersOnly">No native backend and no attempt on the calling thread.</param>
internal sealed record Settings(string Device, long? Bytes, TimeSpan? Deadline, bool Raw, bool WorkersOnly)
{
    public bool ReadsStandardInput => Device == "-";

    public AsyncCallOptions ToRuntimeOptions() => WorkersOnly
        ? new AsyncCallOptions { Backends = AsyncCallBackends.WorkersOnly, InlineAttempts = false }
        : new AsyncCallOptions();
}
