using System.Runtime.InteropServices;

namespace TreeDigest;

/// <summary>
/// Ctrl+C and SIGTERM: the first one cancels, and what has not ended a moment later is left behind; the second one ends the
/// process as if nobody had caught it.
/// </summary>
/// <remarks>The main thread waits here, .NET runs the handler on a thread of its own: neither needs the thread pool, which may be
/// busy for longer than a user wants to wait.</remarks>
internal sealed class Interruption : IDisposable
{
    /// <summary>How often the main thread looks after its bar.</summary>
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(100);

    /// <summary>
    /// What calls get to end after they were cancelled. A read that a disk or a file server holds up cannot be cancelled, and the
    /// user should not have to wait for it: 100 ms in all, half of them for the calls.
    /// </summary>
    private static readonly TimeSpan Grace = TimeSpan.FromMilliseconds(50);

    private readonly CancellationTokenSource _cancellation = new();
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

    /// <summary>Blocks until the work has ended, in whatever way, or was interrupted and has used up its grace.</summary>
    /// <returns>Whether it was interrupted before it had done all of its work.</returns>
    public bool Cuts(Task work, Action meanwhile)
    {
        WaitHandle ended = ((IAsyncResult)work).AsyncWaitHandle;
        WaitHandle[] either = [ended, Token.WaitHandle];
        while (WaitHandle.WaitAny(either, Interval) == WaitHandle.WaitTimeout)
        {
            meanwhile();
        }

        if (Token.IsCancellationRequested)
        {
            ended.WaitOne(Grace);
        }

        return Token.IsCancellationRequested && !work.IsCompletedSuccessfully;
    }

    public void Dispose()
    {
        foreach (PosixSignalRegistration registration in _registrations)
        {
            registration.Dispose();
        }
    }

    private void OnSignal(PosixSignalContext context, int number)
    {
        if (Interlocked.CompareExchange(ref _signal, number, 0) == 0)
        {
            context.Cancel = true;
            _cancellation.Cancel();
        }
    }
}
