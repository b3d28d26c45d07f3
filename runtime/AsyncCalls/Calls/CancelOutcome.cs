namespace AsyncCalls;

/// <summary>
/// What asking to cancel a call has achieved so far. It is not the call's result: each accepted call completes once, and its own completion says what happened; one that
/// was asked to cancel may still complete in full.
/// </summary>
public enum CancelOutcome
{
    /// <summary>No such call is in flight: it has completed, or there never was one.</summary>
    NotFound = 0,

    /// <summary>The call has ended as cancelled, without having begun.</summary>
    Cancelled = 1,

    /// <summary>The call has begun. It was interrupted, and ends soon, in whatever way; asking again changes nothing.</summary>
    InProgress = 2,

    /// <summary>
    /// The call has begun and cannot be interrupted: close(2), a body that takes no token, an import that is not known to be safe to interrupt, a system without a signal to
    /// spare. It completes by itself.
    /// </summary>
    NotPossible = 3,
}
