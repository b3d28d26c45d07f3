namespace AsyncCalls.Testing;

/// <summary>Where code that runs in a simulation resumes: on the thread that steps, in the order in which it was posted.</summary>
internal sealed class SimulationContext(Agenda agenda) : SynchronizationContext
{
    public override void Post(SendOrPostCallback d, object? state) => agenda.AddNext(() => d(state));

    public override void Send(SendOrPostCallback d, object? state)
    {
        if (Current != this)
        {
            throw new NotSupportedException("Only the thread that steps runs code of the simulation: post to it.");
        }

        d(state);
    }

    public override SynchronizationContext CreateCopy() => this;
}
