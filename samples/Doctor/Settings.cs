using AsyncCalls;

namespace Doctor;

/// <summary>What the command line asked for.</summary>
/// <param name="Json">One JSON document instead of tables.</param>
/// <param name="WorkersOnly">What a runtime would do without native backends.</param>
/// <param name="Require">Fail where io_uring is not available.</param>
/// <param name="IoUringEntries">Entries of io_uring's submission queue; null for the default.</param>
internal sealed record Settings(bool Json, bool WorkersOnly, bool Require, int? IoUringEntries)
{
    public AsyncCallOptions ToRuntimeOptions()
    {
        var options = new AsyncCallOptions
        {
            Backends = WorkersOnly ? AsyncCallBackends.WorkersOnly : AsyncCallBackends.All,
            RequiredBackends = Require ? AsyncCallBackends.IoUring : AsyncCallBackends.WorkersOnly,
        };
        options.IoUringEntries = IoUringEntries ?? options.IoUringEntries;
        return options;
    }
}
