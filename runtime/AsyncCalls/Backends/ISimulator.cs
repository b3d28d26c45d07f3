using AsyncCalls.Calls;

namespace AsyncCalls.Backends;

/// <summary>Who resumes the awaiters of a runtime.</summary>
internal interface IDispatcher
{
    /// <summary>Whether a thread that would sleep has something to do.</summary>
    bool HasWork { get; }

    /// <summary>Makes sure that what was queued or published is looked at. Any thread.</summary>
    void Wake();

    /// <summary>Ends the dispatching when nothing is in flight. False: not within the time.</summary>
    bool Stop(TimeSpan timeout);
}

/// <summary>
/// Takes the place of every backend, the dispatcher and the timer of the runtimes that are built on it (<c>AsyncCalls.Testing</c>): it decides when, in which order and how
/// well each call is carried out. Everything above stays the real thing: table, admission, records, pins, leases, contexts, awaiters.
/// </summary>
internal interface ISimulator
{
    /// <summary>The backend of one runtime. Called once, when that is made.</summary>
    ISimulatedBackend Attach(ISimulatedHost host);
}

/// <summary>What a simulated backend needs of its engine.</summary>
internal interface ISimulatedHost : IBackendHost
{
    /// <summary>Takes one event and runs its continuation here, or, if <paramref name="elsewhere"/>, has the thread pool run it. False: there was none.</summary>
    bool DispatchOne(bool elsewhere);
}

/// <summary>The simulated backend of one runtime. It keeps deadlines in its own time, and looks after handles that are disposed under its calls.</summary>
internal interface ISimulatedBackend : ICallCarrier, IDeadlineKeeper, IDispatcher
{
    /// <summary>Whether the next call finds every slot of the table taken, whatever is there.</summary>
    bool RefusesSlot();

    /// <summary>Takes an accepted call.</summary>
    void Enqueue(Call call, long epoch);

    /// <summary>Keeps the deadline of a call that is about to start, or to wait for a slot.</summary>
    void AddDeadline(Call call);

    /// <summary>Goes on until there is nothing to do, for a teardown that waits.</summary>
    void Drain();
}
