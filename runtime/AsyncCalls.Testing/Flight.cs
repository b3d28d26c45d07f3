using AsyncCalls.Calls;

namespace AsyncCalls.Testing;

/// <summary>A call that has begun in the simulation and has not ended.</summary>
internal sealed class Flight(Call call, long epoch, int number)
{
    public Call Call { get; } = call;

    public CallUse Use { get; } = new(call, epoch);

    /// <summary>Counts the calls of a simulation, for its trace.</summary>
    public int Number { get; } = number;

    /// <summary>Whether an interruption has reached the call.</summary>
    public bool Interrupted { get; set; }

    /// <summary>Whether the call waits for its stream to be ready.</summary>
    public bool Parked { get; set; }

    public override string ToString() => $"#{Number} {Call.Method} ({Call.Operation})";
}
