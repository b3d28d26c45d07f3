using System.Text;
using AsyncCalls.Backends;
using AsyncCalls.Calls;
using AsyncCalls.Routing;

namespace AsyncCalls.Runtime.Tests;

/// <summary>
/// <c>docs/routing.md</c> is what the tables say. After a change that is meant, <c>ASYNCCALLS_UPDATE_ROUTING=1</c> rewrites it: read the difference before you commit it.
/// </summary>
public sealed class RoutingPageTests
{
    [Fact]
    public void The_page_is_what_the_tables_say()
    {
        string path = Path.Combine(CProgram.Root, "docs", "routing.md");
        string expected = Page();
        if (Environment.GetEnvironmentVariable("ASYNCCALLS_UPDATE_ROUTING") == "1")
        {
            File.WriteAllText(path, expected);
        }

        Assert.Equal(expected, File.ReadAllText(path));
    }

    [Fact]
    public void Every_operation_has_a_way_on_every_kind_of_handle()
    {
        foreach (CallOperation operation in Enum.GetValues<CallOperation>())
        {
            foreach (HandleKind kind in Enum.GetValues<HandleKind>())
            {
                if (kind != HandleKind.Any || !RoutingTable.DependsOnKind(operation))
                {
                    Route route = RoutingTable.Find(operation, kind);
                    Assert.Equal(operation, route.Operation);
                    Assert.NotEqual(Backend.None, route.First);
                    Assert.True(route.First == Backend.Workers || OperationTable.Of(operation).Native is not null, $"{operation} has no form in io_uring.");
                    Assert.True(!route.Includes(Backend.Epoll) || OperationTable.Of(operation).Readiness is not null, $"{operation} has no form in epoll.");
                    Assert.True(route.Includes(Backend.Workers), $"{operation} has no way that is always there.");
                }
            }
        }
    }

    private static string Page()
    {
        var page = new StringBuilder();
        page.Append(
            """
            # Routing

            Which way each operation takes, as the tables of the runtime have it (`Routing/RoutingTable`, `Calls/Operations`). This page is written by a test from them.

            - **at once**: what the calling thread does before it hands a call over. `RWF_NOWAIT`, `MSG_DONTWAIT`: the kernel answers at once or says "not now". plain: the call itself, which waits
              for nobody. A socket or stream that has `O_NONBLOCK` is always asked plainly, and answers EAGAIN.
            - **then**: the backends, in order. io_uring is passed over where it is not available, where this kernel's has not the operation, and where its form of the operation cannot say
              what the call says (*limits*). epoll serves where io_uring is not used: the call is attempted without waiting, and again when its handle is ready; what cannot be attempted so
              (a terminal, MSG_WAITALL, an address to send to, a socket with a time limit of its own) goes on to workers. Linux AIO serves where io_uring is not used too; what it cannot take without
              waiting goes on to workers. Workers make the plain system call, and can make every call.
            - **after a signal**: retry: calls of the class library are made again, imports give EINTR as they do; goes on: with the time that is left; awaits the connection: then asks how it
              went; EINTR: it is the result; never: nothing interrupts it.


            """);
        page.Append("| operation | system call | handle | at once | then | io_uring's limits | cancelled while it runs | may leave effects | after a signal | why |\n");
        page.Append("|---|---|---|---|---|---|---|---|---|---|\n");
        foreach (Route route in RoutingTable.All)
        {
            OperationRow? row = OperationTable.Find(route.Operation);
            CallTraits traits = CallTraits.Of(route.Operation);
            string[] cells =
            [
                route.Operation.ToString(),
                row?.Page ?? (route.Operation == CallOperation.Body ? "the method's own body" : "any import without a native path"),
                KindInWords(route.Kind),
                AttemptInWords(route.Attempt),
                string.Join(", ", ((Backend[])[route.First, route.Second, route.Third]).Where(backend => backend != Backend.None).Select(BackendInWords)),
                row?.Native is { } form ? LimitsInWords(form) : "has none",
                CancellationInWords(traits.Cancellation),
                traits.MayLeaveEffects ? "yes" : "no",
                row is null ? "" : InterruptedInWords(row.Interrupted),
                route.Because ?? "",
            ];
            page.Append("| ").AppendJoin(" | ", cells).Append(" |\n");
        }

        return page.ToString();
    }

    private static string KindInWords(HandleKind kind) => kind switch
    {
        HandleKind.Any => "any, or none",
        HandleKind.File => "file",
        HandleKind.DirectFile => "file with `O_DIRECT`",
        HandleKind.MemoryFile => "file in memory",
        _ => "stream",
    };

    private static string AttemptInWords(Attempt attempt) => attempt switch
    {
        Attempt.None => "",
        Attempt.NoWait => "`RWF_NOWAIT`",
        Attempt.DoNotWait => "`MSG_DONTWAIT`",
        _ => "plain",
    };

    private static string BackendInWords(Backend backend) => backend switch
    {
        Backend.IoUring => "io_uring",
        Backend.LinuxAio => "Linux AIO",
        Backend.Epoll => "epoll",
        _ => "workers",
    };

    private static string CancellationInWords(CallCancellation cancellation) => cancellation switch
    {
        CallCancellation.WhileItRuns => "yes",
        CallCancellation.ByItsToken => "by its token",
        CallCancellation.UntilItBegins => "no",
        _ => "never",
    };

    private static string InterruptedInWords(InterruptRule rule) => rule switch
    {
        InterruptRule.Retry => "retry",
        InterruptRule.GoOn => "goes on",
        InterruptRule.AwaitConnection => "awaits the connection",
        InterruptRule.Deliver => "EINTR",
        _ => "never",
    };

    private static string LimitsInWords(NativeForm form)
    {
        var limits = new List<string>();
        if (form.LengthIsTransfer || form.Limits.HasFlag(NativeLimits.SomeBytes))
        {
            limits.Add("some bytes");
        }

        if (form.Limits.HasFlag(NativeLimits.OffsetNotNegative))
        {
            limits.Add("no negative offset");
        }

        if (form.Limits.HasFlag(NativeLimits.LengthOf32Bits))
        {
            limits.Add("lengths of 32 bits");
        }

        if (form.Limits.HasFlag(NativeLimits.NoAddress))
        {
            limits.Add("no address");
        }

        if (form.Limits.HasFlag(NativeLimits.NoTimeLimit))
        {
            limits.Add("no socket with a time limit of its own");
        }

        if (form.Limits.HasFlag(NativeLimits.NoTimeout))
        {
            limits.Add("no timeout of its own");
        }

        if (form.Limits.HasFlag(NativeLimits.BlockingHandle))
        {
            limits.Add("no `O_NONBLOCK`");
        }

        if (form.Limits.HasFlag(NativeLimits.AddressLength))
        {
            limits.Add("an address of at most 128 bytes");
        }

        if (form.Limits.HasFlag(NativeLimits.SocketFlags))
        {
            limits.Add("no unknown flags");
        }

        if (form.Limits.HasFlag(NativeLimits.NoPolling))
        {
            limits.Add("no `RWF_HIPRI`");
        }

        if (form.Limits.HasFlag(NativeLimits.Path))
        {
            limits.Add("a path");
        }

        return string.Join(", ", limits);
    }
}
