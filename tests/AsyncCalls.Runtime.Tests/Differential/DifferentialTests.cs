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
[Collection("differential")]
public sealed class DifferentialTests
{
    private const int Shown = 12;

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
            Comparison comparison = Comparison.Of(one, subject, runtime, context);
            native += comparison.Backend == Backend.IoUring ? 1 : 0;
            waiting += comparison.Backend == Backend.Epoll ? 1 : 0;
            device += comparison.Backend == Backend.LinuxAio ? 1 : 0;
            if (comparison.Difference is { } difference)
            {
                differences.Add(difference);
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
}
