using System.Reflection;
using Xunit.Sdk;
using Xunit.v3;

namespace AsyncCalls.Runtime.Tests;

/// <summary>Runs a theory on every <see cref="StreamLane"/> and, where it has a second parameter, with that false and true.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class StreamLanesAttribute : DataAttribute
{
    public override ValueTask<IReadOnlyCollection<ITheoryDataRow>> GetData(MethodInfo testMethod, DisposalTracker disposalTracker)
    {
        bool two = testMethod.GetParameters().Length == 2;
        return new([.. Enum.GetValues<StreamLane>().SelectMany(lane => two
            ? new ITheoryDataRow[] { new TheoryDataRow<StreamLane, bool>(lane, false), new TheoryDataRow<StreamLane, bool>(lane, true) }
            : [new TheoryDataRow<StreamLane>(lane)])]);
    }

    public override bool SupportsDiscoveryEnumeration() => true;
}
