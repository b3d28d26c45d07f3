namespace AsyncCalls.Stress.Proofs;

/// <summary>Who cancels a call.</summary>
internal enum CancelWay
{
    /// <summary>A different one for each call.</summary>
    Mixed,

    /// <summary>The token of its twin.</summary>
    Token,

    /// <summary><see cref="AsyncCallContext.Cancel(CallId)"/>.</summary>
    Id,

    /// <summary><see cref="AsyncCallContext.Cancel(CallId, TimeSpan)"/>, which waits for the end.</summary>
    IdAndWait,

    /// <summary><see cref="AsyncCallRuntime.Cancel(System.Runtime.InteropServices.SafeHandle)"/>.</summary>
    Handle,

    /// <summary><see cref="AsyncCallContext.CancelAll"/>.</summary>
    Context,

    /// <summary>Nobody: what happens to the others must not happen to it.</summary>
    Nobody,
}
