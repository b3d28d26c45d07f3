using AsyncCalls.Backends;
using AsyncCalls.Calls;
using AsyncCalls.Routing;

namespace AsyncCalls.Runtime.Tests.Differential;

/// <summary>A call that was made plainly in one scene and by the runtime in another that was made alike.</summary>
/// <param name="Backend">Where the runtime made it.</param>
/// <param name="Difference">What differs; null: nothing.</param>
internal readonly record struct Comparison(Backend Backend, string? Difference)
{
    /// <summary>No answer of a kernel.</summary>
    private const long Refused = long.MinValue;

    public static Comparison Of(Case one, Subject subject, AsyncCallRuntime runtime, AsyncCallContext context)
    {
        using var plainScene = new Scene();
        (long expected, string expectedEffects) = Outcome(plainScene, one, prepared => Raw.Answer(prepared.Plain()));
        using var scene = new Scene();
        Route route = default;
        Backend backend = default;
        (long actual, string effects) = Outcome(scene, one, prepared =>
        {
            HandleKind kind = RoutingTable.DependsOnKind(one.Operation) ? HandleFacts.Probe((int)prepared.Block.Handle).Kind : HandleKind.Any;
            route = RoutingTable.Find(one.Operation, kind);
            backend = runtime.Engine.Choose(route, prepared.Block);
            return Make(context, one, prepared.Block, subject);
        });

        // A negative count is refused as a block: that must hide no success. Where two things are wrong at once, io_uring may name the other one in what the routing table
        // does not give to it.
        bool agree = actual == Refused || (backend == Backend.IoUring && route.First == Backend.Workers && actual < 0) ? expected < 0 : actual == expected;
        return new Comparison(backend, agree && effects == expectedEffects ? null : $"{one}\n  expected {expected} {expectedEffects}\n  got      {actual} {effects}");
    }

    private static long Make(AsyncCallContext context, Case one, Iocb block, Subject subject)
    {
        try
        {
            if (subject == Subject.AtOnce)
            {
                return context.Call(block);
            }

            Assert.Equal(1, context.Submit([block]));
        }
        catch (ArgumentException exception) when (exception.Message.Contains("not negative", StringComparison.Ordinal))
        {
            return Refused;
        }

        var completion = new CompletionEvent[1];
        Assert.True(context.Reap(completion, 1, Bounded.Limit) == 1, $"{one} never completed: {string.Join(", ", context.PendingCalls)}");
        return completion[0].Result;
    }

    private static (long Result, string Effects) Outcome(Scene scene, Case one, Func<Prepared, long> make)
    {
        Prepared prepared = one.Prepare(scene);
        long result = make(prepared);
        bool opened = result >= 0 && OperationTable.Of(one.Operation).Result == ResultKind.Descriptor;
        string effects = (opened ? scene.DescribeOpened((int)result) : "") + "\n" + scene.Describe();

        // The number of a descriptor differs; what it is open for does not.
        return (opened ? 0 : result, effects);
    }
}
