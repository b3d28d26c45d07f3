using AsyncCalls.Backends;
using AsyncCalls.Calls;
using AsyncCalls.Routing;

namespace AsyncCalls.Runtime.Tests.Differential;

/// <summary>Who makes the call that is compared with the plain one.</summary>
public enum Subject
{
    /// <summary><see cref="AsyncCallContext.Call"/>.</summary>
    AtOnce,

    /// <summary>A worker.</summary>
    Worker,

    /// <summary>io_uring, also where the routing table prefers a worker.</summary>
    IoUring,

    /// <summary>epoll, where io_uring is not used.</summary>
    Epoll,

    /// <summary>Linux AIO, where io_uring is not used.</summary>
    LinuxAio,
}

internal static class SubjectExtensions
{
    public static AsyncCallBackends Backends(this Subject subject) => subject switch
    {
        Subject.IoUring => AsyncCallBackends.All,
        Subject.Epoll => AsyncCallBackends.Epoll,
        Subject.LinuxAio => AsyncCallBackends.LinuxAio,
        _ => AsyncCallBackends.WorkersOnly,
    };
}

/// <summary>
/// Every operation on everything that can serve it gives the result, the error number and the effects of the plain function of libc, on ordinary and on hostile arguments.
/// </summary>
public sealed class DifferentialTests
{
    private const int Shown = 12;

    /// <summary>No answer of a kernel.</summary>
    private const long Refused = long.MinValue;

    private static readonly Case[] Cases = [.. FileCases.All(), .. PathCases.All(), .. SocketCases.All(), .. WaitingCases.All()];

    public static TheoryData<CallOperation, Subject> Rows
    {
        get
        {
            var rows = new TheoryData<CallOperation, Subject>();
            foreach (OperationRow row in OperationTable.All)
            {
                rows.Add(row.Operation, Subject.AtOnce);
                rows.Add(row.Operation, Subject.Worker);
                if (row.Native is not null)
                {
                    rows.Add(row.Operation, Subject.IoUring);
                }

                if (RoutingTable.All.Any(route => route.Operation == row.Operation && route.Includes(Backend.LinuxAio)))
                {
                    rows.Add(row.Operation, Subject.LinuxAio);
                }

                if (row.Readiness is not null)
                {
                    rows.Add(row.Operation, Subject.Epoll);
                }
            }

            return rows;
        }
    }

    [Theory, MemberData(nameof(Rows))]
    public void An_operation_does_what_the_system_call_does(CallOperation operation, Subject subject)
    {
        using var runtime = new AsyncCallRuntime(new AsyncCallOptions
        {
            Backends = subject.Backends(),
            NativeFirst = true,
        });
        if (subject == Subject.IoUring && !runtime.Capabilities.IoUring.Available)
        {
            Assert.Skip(runtime.Capabilities.IoUring.Reason);
        }

        using AsyncCallContext context = runtime.CreateContext();
        Case[] cases = [.. Cases.Where(candidate => candidate.Operation == operation)];
        Assert.NotEmpty(cases);
        var differences = new List<string>();
        int native = 0;
        int waiting = 0;
        int device = 0;
        foreach (Case one in cases)
        {
            using var plainScene = new Scene();
            (long expected, string expectedEffects) = Outcome(plainScene, one, prepared => Raw.Answer(prepared.Plain()));
            using var scene = new Scene();
            bool isNative = false;
            Route route = default;
            (long actual, string effects) = Outcome(scene, one, prepared =>
            {
                HandleKind kind = RoutingTable.DependsOnKind(operation) ? HandleFacts.Probe((int)prepared.Block.Handle).Kind : HandleKind.Any;
                route = RoutingTable.Find(operation, kind);
                Backend backend = runtime.Engine.Choose(route, prepared.Block);
                isNative = backend == Backend.IoUring;
                waiting += backend == Backend.Epoll ? 1 : 0;
                device += backend == Backend.LinuxAio ? 1 : 0;
                return Make(context, one, prepared.Block, subject);
            });
            native += isNative ? 1 : 0;

            // A negative count is refused as a block: that must hide no success. Where two things are wrong at once, io_uring may name the other one in what the routing table
            // does not give to it.
            bool agree = actual == Refused || (isNative && route.First == Backend.Workers && actual < 0) ? expected < 0 : actual == expected;
            if (!agree || effects != expectedEffects)
            {
                differences.Add($"{one}\n  expected {expected} {expectedEffects}\n  got      {actual} {effects}");
            }
        }

        Assert.Equal(subject == Subject.Epoll, waiting > 0);
        Assert.Equal(subject == Subject.LinuxAio, device > 0);
        if (subject == Subject.IoUring && native == 0)
        {
            Assert.Skip($"This kernel's io_uring does not have {operation}, or the routing table lets none of the cases go there.");
        }

        Assert.True(differences.Count == 0, $"{differences.Count} of {cases.Length} differ:\n{string.Join("\n", differences.Take(Shown))}");
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
