namespace TreeDigest;

/// <summary>What the process says when it ends. An interrupted one says 128 and the number of the signal, as shells do.</summary>
internal static class ExitCode
{
    public const int Success = 0;

    /// <summary>Everything else was digested; what could not be read was listed.</summary>
    public const int SomethingUnreadable = 1;

    /// <summary>Wrong arguments, or the folder does not exist.</summary>
    public const int Usage = 2;

    /// <summary>Two ways of reading the same files gave different digests.</summary>
    public const int DigestsDiffer = 3;

    public const int Interrupted = 128;
}
