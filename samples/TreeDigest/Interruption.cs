using System.Runtime.InteropServices;

namespace TreeDigest;

/// <summary>
/// Ctrl+C and SIGTERM: the first one cancels, and what has not ended a moment later is left behind; the second one ends the
/// process as if nobody had caught it.
/// </summary>
internal sealed class Interruption : IDisposable
{
    /// <summary>
    /// What calls get to end after they were cancelled. A read that a disk or a file server holds up cannot be cancelled, and the
    /// user should not have to wait for it: 100 ms in all, half of them for the calls.
    /// </summary>
    private static readonly TimeSpan Grace = TimeSpan.FromMilliseconds(50);

    private readonly CancellationTokenSource _cancellation = new();
    private readonly TaskCompletionSource _graceOver = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly PosixSignalRegistration[] _registrations;
    private int _signal;

    public Interruption() => _registrations =
    [
        PosixSignalRegistration.Create(PosixSignal.SIGINT, context => OnSignal(context, 2)),
        PosixSignalRegistration.Create(PosixSignal.SIGTERM, context => OnSignal(context, 15)),
    ];

    public CancellationToken Token => _cancellation.Token;

    /// <summary>128 and the number of the signal.</summary>
    public int ExitCode => TreeDigest.ExitCode.Interrupted + Volatile.Read(ref _signal);

    /// <summary>Waits until the work has ended, in whatever way, or was interrupted and has used up its grace.</summary>
    public async Task WaitAsync(Task work) => await Task.WhenAny(work, _graceOver.Task);

    public void Dispose()
    {
        foreach (PosixSignalRegistration registration in _registrations)
        {
            registration.Dispose();
        }

        _cancellation.Dispose();
    }

    private void OnSignal(PosixSignalContext context, int number)
    {
        if (Interlocked.CompareExchange(ref _signal, number, 0) != 0)
        {
            return;
        }

        context.Cancel = true;
        _ = CancelAsync();
    }

    private async Task CancelAsync()
    {
        Task grace = Task.Delay(Grace, CancellationToken.None);
        Task cancelled = _cancellation.CancelAsync();
        await grace;
        _graceOver.TrySetResult();
        await cancelled;
    }
}
