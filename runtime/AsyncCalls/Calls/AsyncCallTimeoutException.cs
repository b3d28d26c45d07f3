using System.Diagnostics.CodeAnalysis;

namespace AsyncCalls;

/// <summary>A call was cancelled because the time that it was given has passed (<see cref="AsyncCallRuntime.WithTimeout"/>).</summary>
[SuppressMessage("Design", "CA1032:Implement standard exception constructors", Justification = "Made by the runtime alone, from a call that it describes.")]
public sealed class AsyncCallTimeoutException : TimeoutException
{
    internal AsyncCallTimeoutException(string message, Exception? inner, CallOperation operation, CallTraits traits, long bytesTransferred)
        : base(message, inner)
    {
        Operation = operation;
        MayHaveLeftEffects = traits.MayLeaveEffects;
        BytesTransferred = bytesTransferred;
    }

    /// <inheritdoc cref="AsyncCallCanceledException.Operation"/>
    public CallOperation Operation { get; }

    /// <inheritdoc cref="AsyncCallCanceledException.MayHaveLeftEffects"/>
    public bool MayHaveLeftEffects { get; }

    /// <inheritdoc cref="AsyncCallCanceledException.BytesTransferred"/>
    public long BytesTransferred { get; }
}
