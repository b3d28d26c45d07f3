using System.Reflection;
using Xunit.Sdk;
using Xunit.v3;

namespace AsyncCalls.Integration.Tests;

/// <summary>Runs a theory of one parameter on every <see cref="Lane"/>.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class CombinatorialLanesAttribute : DataAttribute
{
    public override ValueTask<IReadOnlyCollection<ITheoryDataRow>> GetData(MethodInfo testMethod, DisposalTracker disposalTracker) =>
        new([.. Enum.GetValues<Lane>().Select(lane => new TheoryDataRow<Lane>(lane))]);

    public override bool SupportsDiscoveryEnumeration() => true;
}
