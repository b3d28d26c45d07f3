using AsyncCalls.Generator.Models;
using AsyncCalls.Routing;

namespace AsyncCalls.Generator.Emission;

/// <summary>Writes the documentation of a twin: the original's own, and the way of the call from the routing table.</summary>
internal static class Remarks
{
    public static void Write(CodeWriter writer, TwinModel twin)
    {
        writer.Line($"/// <inheritdoc cref=\"{twin.Cref}\"/>");
        writer.Line("/// <remarks>");
        WriteWays(writer, twin);
        if (Cancellation(twin.Call) is { } cancellation)
        {
            writer.Line($"/// <para>{cancellation}</para>");
        }

        if (twin.Runtime.ParameterName is not null)
        {
            writer.Line($"/// <para>Runs on <see cref=\"{KnownNames.SharedRuntime}\"/>.</para>");
        }

        writer.Line("/// </remarks>");
    }

    /// <summary>The overload that takes a runtime differs in nothing else.</summary>
    public static void WriteForRuntimeOverload(CodeWriter writer, TwinModel twin)
    {
        writer.Line($"/// <inheritdoc cref=\"{twin.Cref}\"/>");
        writer.Line("/// <remarks>");
        string runtime = $"<paramref name=\"{twin.Runtime.ParameterName}\"/>";
        writer.Line($"/// As the overload without {runtime}, which is where this one runs unless it is null.");
        writer.Line("/// </remarks>");
    }

    private static void WriteWays(CodeWriter writer, TwinModel twin)
    {
        CallOperation operation = twin.Call switch
        {
            DescriptorCall descriptor => descriptor.Operation,
            WorkerCall { Import: not null } => CallOperation.Import,
            _ => CallOperation.Body,
        };
        string[] ways = [.. RoutingTable.Describe(operation)];
        if (ways.Length == 1)
        {
            writer.Line($"/// <para>Asynchronous twin of <see cref=\"{twin.Cref}\"/>. Where it runs: {ways[0]}</para>");
        }
        else
        {
            writer.Line($"/// <para>Asynchronous twin of <see cref=\"{twin.Cref}\"/>. Where it runs:</para>");
            writer.Line("/// <list type=\"bullet\">");
            foreach (string way in ways)
            {
                writer.Line($"/// <item><description>{way}</description></item>");
            }

            writer.Line("/// </list>");
        }
    }

    private static string? Cancellation(TwinCall call) => call switch
    {
        WorkerCall { Import.Interruptible: true } => "Cancelling interrupts the call also while it is blocked.",
        WorkerCall { Import: not null } => "Cancelling takes the call back until it starts; a call that runs is not interrupted.",
        WorkerCall { LambdaToken: not null } => "Cancelling is up to the body, which gets the token.",
        WorkerCall => "Cancelling takes the call back until it starts; a body that runs does not see the token.",
        _ => null,
    };
}
