namespace AsyncCalls;

/// <summary>What cancelling several calls at once has achieved so far.</summary>
/// <param name="Cancelled">Calls that have ended as cancelled without having begun.</param>
/// <param name="InProgress">Calls that were interrupted and end soon.</param>
/// <param name="NotPossible">Calls that cannot be interrupted and complete by themselves.</param>
public readonly record struct CancelSummary(int Cancelled, int InProgress, int NotPossible)
{
    /// <summary>The calls that were found.</summary>
    public int Total => Cancelled + InProgress + NotPossible;

    internal CancelSummary With(CancelOutcome outcome) => outcome switch
    {
        CancelOutcome.Cancelled => this with { Cancelled = Cancelled + 1 },
        CancelOutcome.InProgress => this with { InProgress = InProgress + 1 },
        CancelOutcome.NotPossible => this with { NotPossible = NotPossible + 1 },
        _ => this,
    };
}
