namespace AsyncCalls;

/// <summary>Why a call was cancelled.</summary>
public enum CancelReason
{
    /// <summary>The token of the twin fired, or someone called a <c>Cancel</c> method.</summary>
    Requested = 0,

    /// <summary>The time that the call was given has passed. Awaiters see a <see cref="TimeoutException"/>, events and records −ETIME.</summary>
    TimedOut = 1,

    /// <summary>The handle that the call works on was disposed or closed.</summary>
    HandleClosed = 2,

    /// <summary>The context or the runtime of the call was disposed.</summary>
    Disposed = 3,
}
