using System.Diagnostics.CodeAnalysis;

namespace AsyncCalls;

/// <summary>A call ended as cancelled. <see cref="OperationCanceledException.CancellationToken"/> is the twin's token, if that is what fired.</summary>
[SuppressMessage("Design", "CA1032:Implement standard exception constructors", Justification = "Made by the runtime alone, from a call that it describes.")]
public sealed class AsyncCallCanceledException : OperationCanceledException
{
    internal AsyncCallCanceledException(
        string message, Exception? inner, CallOperation operation, CancelReason reason, CallTraits traits, long bytesTransferred, CancellationToken token)
        : base(message, inner, token)
    {
        Operation = operation;
        Reason = reason;
        MayHaveLeftEffects = traits.MayLeaveEffects;
        BytesTransferred = bytesTransferred;
    }

    /// <summary>What the call was to do.</summary>
    public CallOperation Operation { get; }

    /// <summary>Why it was cancelled.</summary>
    public CancelReason Reason { get; }

    /// <summary>Whether it may have done a part of its work. <see cref="CallTraits.MayLeaveEffects"/> of its operation.</summary>
    public bool MayHaveLeftEffects { get; }

    /// <summary>
    /// Bytes that a write transferred before it was cancelled; 0 where none were, and where it is not known. A read that transferred something ends with its bytes instead.
    /// </summary>
    public long BytesTransferred { get; }
}
