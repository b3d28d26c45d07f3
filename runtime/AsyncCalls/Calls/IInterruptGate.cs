namespace AsyncCalls.Calls;

/// <summary>The gate around a system call on a worker: only between the two may a signal interrupt the thread.</summary>
internal interface IInterruptGate
{
    /// <summary>Opens the gate for a call. False: the call was cancelled already and must not be made.</summary>
    bool Enter(Call call);

    /// <summary>Closes the gate. After it no signal of ours reaches the thread.</summary>
    void Leave();
}
