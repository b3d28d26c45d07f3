namespace AsyncCalls;

/// <summary>
/// The options of one call, or of all calls of a view of the runtime (<see cref="AsyncCallRuntime.With"/>). The default says nothing, and leaves everything as it is.
/// </summary>
public readonly record struct CallOptions
{
    /// <summary>
    /// The time that the call has, from when it is made; afterwards it is cancelled and throws <see cref="AsyncCallTimeoutException"/>. More than zero and at most 49 days;
    /// <see cref="System.Threading.Timeout.InfiniteTimeSpan"/> for no limit; null to leave it as it is.
    /// </summary>
    public TimeSpan? Timeout { get; init; }

    /// <summary>What the call is to be made with, and where the results of that are told; null to leave it as it is.</summary>
    public CallAttributes? Attributes { get; init; }

    /// <summary>
    /// Native backends without which the call is not made: where one of them is not available it throws <see cref="NotSupportedException"/> at once, with the reason. They say
    /// nothing about the way that a call takes where they are available, which is the routing's.
    /// </summary>
    public AsyncCallBackends RequiredBackends { get; init; }
}
