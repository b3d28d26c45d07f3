using System.Reflection;
using Xunit.Sdk;
using Xunit.v3;

namespace AsyncCalls.Integration.Tests;

/// <summary>Runs a theory of one parameter on every <see cref="Lane"/>.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class CombinatorialLanesAttribute : DataAttribute
{
    /// <summary>Whether the behaviour is also that of a portable runtime, which makes no system call of its own: no stream, no interruption, no path in an import's exception. Default: true.</summary>
    public bool Portable { get; init; } = true;

    public override ValueTask<IReadOnlyCollection<ITheoryDataRow>> GetData(MethodInfo testMethod, DisposalTracker disposalTracker) =>
        new([.. Enum.GetValues<Lane>().Where(lane => Portable || lane != Lane.Portable).Select(lane => new TheoryDataRow<Lane>(lane))]);

    public override bool SupportsDiscoveryEnumeration() => true;
}
