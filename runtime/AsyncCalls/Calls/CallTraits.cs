using AsyncCalls.Calls;

namespace AsyncCalls;

/// <summary>How far a call of an operation can be cancelled. Every call can be taken back as long as it has not begun, but for close(2).</summary>
public enum CallCancellation
{
    /// <summary>Never: close(2), which is neither interrupted nor taken back, because nobody would know whether the descriptor is gone.</summary>
    Never = 0,

    /// <summary>Until it begins. One that runs completes by itself.</summary>
    UntilItBegins = 1,

    /// <summary>Also while it runs, where what it waits for can be interrupted: a peer, a terminal, a lock, a timer, a device or file system that allows it. A local disk does not.</summary>
    WhileItRuns = 2,

    /// <summary>Also while it runs, as far as the method looks at its token.</summary>
    ByItsToken = 3,
}

/// <summary>What is known of an operation before it is called.</summary>
/// <param name="Cancellation">How far a call can be cancelled.</param>
/// <param name="MayLeaveEffects">
/// Whether a call that ended as cancelled may have done a part of its work: a write that had begun (its exception has the bytes, where they are known), a file that was
/// created or extended. False: a cancelled call has done nothing.
/// </param>
public readonly record struct CallTraits(CallCancellation Cancellation, bool MayLeaveEffects)
{
    /// <summary>The traits of an operation. A body is taken for one that looks at its token; <see cref="PendingCall.Traits"/> tells what a certain call does.</summary>
    /// <exception cref="ArgumentOutOfRangeException">There is no such operation.</exception>
    public static CallTraits Of(CallOperation operation) => operation switch
    {
        CallOperation.Body => new(CallCancellation.ByItsToken, true),
        CallOperation.Import => new(CallCancellation.WhileItRuns, true),
        _ => OperationTable.Find(operation)?.Traits ?? throw new ArgumentOutOfRangeException(nameof(operation), operation, "There is no such operation."),
    };
}
