namespace AsyncCalls.Stress.Fixtures;

/// <summary>Error numbers that results are compared with.</summary>
internal static class Errors
{
    /// <summary>ECANCELED.</summary>
    public const int Cancelled = 125;
}
