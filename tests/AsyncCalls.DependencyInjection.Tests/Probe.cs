using System.Runtime.CompilerServices;

namespace AsyncCalls.DependencyInjection.Tests;

/// <summary>Bodies that say where they ran and that wait until a test lets them go.</summary>
internal static partial class Probe
{
    /// <summary>Waits for the test without looking at a token: only a drain can wait for it.</summary>
    [AsyncCall]
    internal static int Hold(Gate gate)
    {
        gate.Entered.Set();
        gate.Released.Wait();
        return 42;
    }

    /// <summary>Does nothing, on a worker.</summary>
    [AsyncCall]
    [MethodImpl(MethodImplOptions.NoInlining)]
    internal static int Answer() => 42;
}

/// <summary>The same through a runtime that is given: what a service of the host does.</summary>
internal sealed partial class Held(AsyncCallRuntime calls)
{
    [AsyncCall]
    internal int Hold(Gate gate) => Probe.Hold(gate);
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
