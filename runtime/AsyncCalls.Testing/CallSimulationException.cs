namespace AsyncCalls.Testing;

/// <summary>What was run in a simulation failed, or came to a halt. The message has the seed that makes it happen again, and what happened last.</summary>
public sealed class CallSimulationException : Exception
{
    internal CallSimulationException(string message, Exception? innerException)
        : base(message, innerException)
    {
    }
}
