using System.Runtime.InteropServices;

namespace AsyncCalls;

/// <summary>Where a call that has not completed stands.</summary>
public enum PendingCallState
{
    /// <summary>Every slot is taken: it waits for one.</summary>
    WaitingForSlot = 0,

    /// <summary>It is queued for its backend.</summary>
    Queued = 1,

    /// <summary>Its backend has it: a worker runs it, or the kernel does.</summary>
    Running = 2,

    /// <summary>It was asked to cancel, and has not ended yet.</summary>
    Cancelling = 3,
}

/// <summary>A call that was accepted and has not completed, as it was seen at one moment.</summary>
/// <param name="Id">Its id; 0 while it waits for a slot.</param>
/// <param name="Operation">What it does.</param>
/// <param name="Method">The annotated method, or <c>Submit</c> for a control block.</param>
/// <param name="Handle">The handle that it is about; null if it is about none, or a bare descriptor.</param>
/// <param name="Offset">The offset in the file where it is at; null where it has none.</param>
/// <param name="Length">The bytes that it has left to transfer, allocate or truncate to; null where it has none.</param>
/// <param name="Age">The time since it was handed over, to about 4 milliseconds.</param>
/// <param name="Backend">The backend that has it: <c>io_uring</c>, <c>epoll</c>, <c>workers</c>, or <c>none</c> while it waits for a slot, or for its turn in a chain.</param>
/// <param name="State">Where it stands.</param>
/// <param name="Traits">Whether it can be cancelled, and what that may leave.</param>
public sealed record PendingCall(
    CallId Id,
    CallOperation Operation,
    string Method,
    SafeHandle? Handle,
    long? Offset,
    long? Length,
    TimeSpan Age,
    string Backend,
    PendingCallState State,
    CallTraits Traits);
