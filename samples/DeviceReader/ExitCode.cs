namespace DeviceReader;

/// <summary>What the process says when it ends. One that a signal ended says 128 and the number of the signal, as shells do.</summary>
internal static class ExitCode
{
    /// <summary>The device had no more data, the bytes that were asked for are there, or a key ended it.</summary>
    public const int Success = 0;

    /// <summary>The device could not be opened or read, or the output could not be written.</summary>
    public const int Failed = 1;

    public const int Usage = 2;

    public const int DeadlinePassed = 3;

    public const int Interrupted = 128;
}
