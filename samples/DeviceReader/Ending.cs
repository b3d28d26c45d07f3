using System.Runtime.InteropServices;

namespace DeviceReader;

/// <summary>Why the reading ended.</summary>
internal enum EndReason
{
    None,
    EndOfData,
    ByteLimit,
    Deadline,
    Key,
    Signal,
}

/// <summary>
/// How a user ends the program: a key, Ctrl+C, or SIGTERM. The first of them cancels the calls that are under way; a second signal ends the process as if nobody had caught
/// it.
/// </summary>
internal sealed class Ending : IDisposable
{
    private readonly CancellationTokenSource _cancellation = new();
    private readonly PosixSignalRegistration[] _registrations;
    private int _reason;
    private int _signal;

    public Ending() => _registrations =
    [
        PosixSignalRegistration.Create(PosixSignal.SIGINT, context => OnSignal(context, 2)),
        PosixSignalRegistration.Create(PosixSignal.SIGTERM, context => OnSignal(context, 15)),
    ];

    public CancellationToken Token => _cancellation.Token;

    /// <summary>Why the token fired.</summary>
    public EndReason Reason => (EndReason)Volatile.Read(ref _reason);

    /// <summary>128 and the number of the signal.</summary>
    public int SignalExitCode => ExitCode.Interrupted + Volatile.Read(ref _signal);

    /// <summary>Cancels. The first reason stays.</summary>
    /// <returns>Whether this was the first.</returns>
    public bool End(EndReason reason)
    {
        bool first = Interlocked.CompareExchange(ref _reason, (int)reason, (int)EndReason.None) == (int)EndReason.None;
        if (first)
        {
            _cancellation.Cancel();
        }

        return first;
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
            End(EndReason.Signal);
        }
    }
}
