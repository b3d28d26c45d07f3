namespace Doctor;

/// <summary>What the process says when it ends.</summary>
internal static class ExitCode
{
    public const int Success = 0;

    /// <summary>With <c>--require</c>: io_uring is not available. The message says why, and what to change.</summary>
    public const int Missing = 1;

    public const int Usage = 2;
}
