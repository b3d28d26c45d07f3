namespace AsyncCalls.Calls;

/// <summary>Whose ring a call completes through.</summary>
internal interface ICallOwner
{
    /// <summary>Whether new calls are refused, because the owner is being disposed.</summary>
    bool IsEnding { get; }

    /// <summary>
    /// Whether completed calls are dispatched whatever their user does. Not those of a context: its user reaps, and may be waiting for a handle of such a call to be let go.
    /// </summary>
    bool DispatchesByItself { get; }

    /// <summary>Takes account of a call that is about to start and that whoever ends the owner can find already.</summary>
    /// <exception cref="ObjectDisposedException">The owner takes no new calls.</exception>
    void Starting();

    /// <summary>Takes it back: the call was refused after all.</summary>
    void Refused();

    /// <summary>Announces a settled call: its awaiter resumes, by its event in the ring or at once.</summary>
    /// <param name="call">The call. It may be used again before this returns.</param>
    /// <param name="dispatchHere">
    /// Whether the calling thread, one of the runtime's own, may run the continuation of the call, which has an id; otherwise whoever dispatches is woken.
    /// </param>
    void Publish(Call call, bool dispatchHere);

    /// <summary>
    /// Announces what a call in flight has given before its end. By the thread that pumps, which dispatches the runtime's own events by itself; before the event of the call's end.
    /// </summary>
    void PublishShot(in CompletionEvent shot);

    /// <summary>Runs the continuation of a call whose completion was dispatched before anyone awaited it.</summary>
    void Resume(Call call);
}

/// <summary>What a backend needs of the engine that it belongs to.</summary>
internal interface IBackendHost : ICallOwner
{
    /// <summary>The calls in flight, by id.</summary>
    InFlightTable InFlight { get; }

    /// <summary>What has been completed, and how.</summary>
    CallCounters Counters { get; }

    /// <summary>Whether the thread that would sleep has something to do: events to dispatch, or to stop.</summary>
    bool HasWork { get; }

    /// <summary>Announces calls of the host's own that one backend thread settled together, in order. That thread dispatches them.</summary>
    void Publish(ReadOnlySpan<CompletionEvent> events);

    /// <summary>Takes back a call (Running) that its backend cannot serve, and hands it to the workers.</summary>
    void Reroute(Call call);
}

/// <summary>A backend, as a call sees it.</summary>
internal interface ICallCarrier
{
    /// <summary>Its name in reports.</summary>
    string Name { get; }

    /// <summary>
    /// Does what can be done to end a call whose cancel flag was just set. Any thread; never blocks. A request is never dropped: it is repeated
    /// until the call ends or can no longer be interrupted.
    /// </summary>
    CancelOutcome Cancel(Call call, long epoch);

    /// <summary>Whether a call of this carrier can be interrupted while it runs.</summary>
    bool CanInterrupt(Call call);
}
