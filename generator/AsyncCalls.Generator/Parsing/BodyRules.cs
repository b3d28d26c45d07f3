using AsyncCalls.Generator.Diagnostics;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.Operations;

namespace AsyncCalls.Generator.Parsing;

/// <summary>
/// What in the body of a method that runs on a worker cannot be ended from outside. Such a body is never signalled; and if it were, the class library
/// would start its system call again (EINTR), so that only a token can end it.
/// </summary>
internal static class BodyRules
{
    /// <summary>A wait of a constant time up to this one is an end by itself: the watchdog of a hung program is far slower.</summary>
    private const int ShortWaitMsMax = 100;

    private const string TakeToken = "use its overload that takes the token";
    private const string Sleep = "wait on the token's WaitHandle with that time";
    private const string Import = "annotate an import of the system call, which can be interrupted, or use the asynchronous method";
    private const string Asynchronous = "use its asynchronous method, which takes a token";

    /// <summary>By declaring type: what to do instead, and the methods.</summary>
    private static readonly Dictionary<string, (string Instead, string[] Methods)> Unbounded = new()
    {
        ["System.Threading.Thread"] = (Sleep, ["Sleep", "Join"]),
        ["System.Threading.WaitHandle"] = ("wait for the token's WaitHandle too, with WaitAny", ["WaitOne", "WaitAll", "WaitAny", "SignalAndWait"]),
        ["System.Threading.Monitor"] = ("use SemaphoreSlim, whose Wait takes a token", ["Wait"]),
        ["System.Threading.SemaphoreSlim"] = (TakeToken, ["Wait"]),
        ["System.Threading.ManualResetEventSlim"] = (TakeToken, ["Wait"]),
        ["System.Threading.CountdownEvent"] = (TakeToken, ["Wait"]),
        ["System.Threading.Barrier"] = (TakeToken, ["SignalAndWait"]),
        ["System.Threading.Tasks.Task"] = (TakeToken, ["Wait", "WaitAll", "WaitAny"]),
        ["System.Collections.Concurrent.BlockingCollection"] = (TakeToken, ["Take", "Add", "GetConsumingEnumerable"]),
        ["System.Diagnostics.Process"] = ("use WaitForExitAsync, which takes a token", ["WaitForExit", "WaitForInputIdle"]),
        ["System.Console"] = (Import, ["Read", "ReadLine", "ReadKey"]),
        ["System.Net.Sockets.Socket"] =
            (Import, ["Accept", "Connect", "Receive", "ReceiveFrom", "ReceiveMessageFrom", "Send", "SendTo", "SendFile", "Poll", "Select"]),
        ["System.Net.Sockets.TcpListener"] = (Asynchronous, ["AcceptSocket", "AcceptTcpClient"]),
        ["System.Net.Sockets.TcpClient"] = (Asynchronous, ["Connect"]),
        ["System.Net.Sockets.UdpClient"] = (Asynchronous, ["Receive", "Send"]),
        ["System.IO.Pipes.NamedPipeServerStream"] = (Asynchronous, ["WaitForConnection"]),
        ["System.IO.Pipes.NamedPipeClientStream"] = (Asynchronous, ["Connect"]),
        ["System.IO.FileSystemWatcher"] = ("handle its events", ["WaitForChanged"]),
    };

    /// <summary>Streams whose other end may never answer; of any other stream nothing is known.</summary>
    private static readonly HashSet<string> StreamsOfPeers =
        ["System.IO.Pipes.PipeStream", "System.Net.Sockets.NetworkStream", "System.Net.Security.SslStream"];

    private static readonly HashSet<string> StreamMethods =
        ["Read", "ReadByte", "ReadExactly", "ReadAtLeast", "Write", "WriteByte", "Flush", "CopyTo"];

    /// <summary>Reports what the body calls, each method once, at the name of the annotated method.</summary>
    public static void Check(ParseContext context)
    {
        if (!context.IsReporting || context.SemanticModel.GetOperation(context.Syntax, context.CancellationToken) is not { } body)
        {
            return;
        }

        var seen = new HashSet<string>();
        foreach (IInvocationOperation call in Calls(body))
        {
            if (Instead(call) is { } instead)
            {
                string name = call.TargetMethod.ContainingType.Name + "." + call.TargetMethod.Name;
                if (seen.Add(name))
                {
                    context.Report(
                        UsageRules.NotInterruptible, context.Identifier, [call.Syntax.GetLocation()], context.Method.Name, name, instead);
                }
            }
        }
    }

    /// <summary>What to do in the place of a call that may wait without end; null for every other call.</summary>
    private static string? Instead(IInvocationOperation call)
    {
        IMethodSymbol method = call.TargetMethod;
        if (method.ContainingType is not { } type
            || call.Arguments.Any(argument => argument.Parameter is { } parameter && TypeFacts.IsCancellationToken(parameter.Type) && !argument.IsImplicit)
            || WaitsShortly(call))
        {
            return null;
        }

        if (StreamMethods.Contains(method.Name) && call.Instance?.Type is { } receiver && BasesOf(receiver).Any(StreamsOfPeers.Contains))
        {
            return Asynchronous;
        }

        foreach (string name in BasesOf(type))
        {
            if (Unbounded.TryGetValue(name, out (string Instead, string[] Methods) known) && known.Methods.Contains(method.Name))
            {
                return IsBlockingWait(call) ? known.Instead : null;
            }
        }

        return null;
    }

    // A wait for the handle of a token, alone or among others, is what the rule asks for.
    private static bool IsBlockingWait(IInvocationOperation call)
        => !call.DescendantsAndSelf().Any(operation =>
            operation is IPropertyReferenceOperation { Property: { Name: "WaitHandle", ContainingType: { } owner } } && TypeFacts.IsCancellationToken(owner));

    private static bool WaitsShortly(IInvocationOperation call)
        => call.Arguments.Any(argument =>
            argument.Parameter?.Name is "millisecondsTimeout" or "milliseconds" or "timeout"
            && argument.Value.ConstantValue is { HasValue: true, Value: int and >= 0 and <= ShortWaitMsMax });

    private static IEnumerable<string> BasesOf(ITypeSymbol type)
    {
        for (ITypeSymbol? level = type; level is not null; level = level.BaseType)
        {
            yield return level.ContainingNamespace?.ToDisplayString() + "." + level.Name;
        }
    }

    /// <summary>The calls that the body makes itself; those of a lambda or a local function may be made by others.</summary>
    private static IEnumerable<IInvocationOperation> Calls(IOperation operation)
    {
        if (operation is IAnonymousFunctionOperation or ILocalFunctionOperation)
        {
            yield break;
        }

        if (operation is IInvocationOperation call)
        {
            yield return call;
        }

        foreach (IInvocationOperation inner in operation.ChildOperations.SelectMany(Calls))
        {
            yield return inner;
        }
    }
}
