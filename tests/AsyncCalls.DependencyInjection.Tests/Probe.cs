namespace AsyncCalls.DependencyInjection.Tests;

/// <summary>A static method: its twin runs on the shared runtime.</summary>
internal static partial class Probe
{
    /// <summary>Does nothing, on a worker.</summary>
    [AsyncCall]
    internal static int Answer() => 42;
}

/// <summary>Waits for the test through a runtime that is given, without looking at a token: only a drain can wait for it.</summary>
internal sealed partial class Held(AsyncCallRuntime calls)
{
    private readonly int _answer = 42;

    [AsyncCall]
    internal int Hold(Gate gate)
    {
        gate.Entered.Set();
        gate.Released.Wait();
        return _answer;
    }
}

/// <summary>Two events: the body is inside; the body may leave.</summary>
internal sealed class Gate : IDisposable
{
    public ManualResetEventSlim Entered { get; } = new();

    public ManualResetEventSlim Released { get; } = new();

    public void Dispose()
    {
        Entered.Dispose();
        Released.Dispose();
    }
}
