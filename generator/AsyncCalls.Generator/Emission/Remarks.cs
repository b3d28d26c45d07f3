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
        if (twin.ItemType is not null)
        {
            writer.Line("/// <para>A stream: one multishot request of io_uring gives all items where the kernel has such requests; elsewhere each item is a call.</para>");
            writer.Line("/// <para>The token ends it, after what had come before.</para>");
        }
        else if (Cancellation(twin.Call) is { } cancellation)
        {
            writer.Line($"/// <para>{cancellation}</para>");
        }

        WriteLimits(writer, twin);
        if (twin.Runtime.ParameterName is not null || twin.Runtime.Expression == KnownNames.SharedRuntime)
        {
            writer.Line($"/// <para>Runs on <see cref=\"{KnownNames.SharedRuntime}\"/>.</para>");
        }

        writer.Line("/// </remarks>");
    }

    /// <summary>An overload differs in nothing but its last parameter.</summary>
    public static void WriteForOverload(CodeWriter writer, TwinModel twin, string added)
    {
        writer.Line($"/// <inheritdoc cref=\"{twin.Cref}\"/>");
        writer.Line("/// <remarks>");
        string parameter = $"<paramref name=\"{added}\"/>";
        writer.Line(added == twin.Runtime.OptionsName
            ? $"/// As the overload without {parameter}, which are those of this call."
            : $"/// As the overload without {parameter}, which is where this one runs unless it is null.");
        writer.Line("/// </remarks>");
    }

    private static void WriteLimits(CodeWriter writer, TwinModel twin)
    {
        if (twin.IsFallback)
        {
            writer.Line("/// <para>This is what runs where an implementation has no twin of its own: the method itself, on a worker thread.</para>");
        }

        if (twin.Limits.TimeoutMs > 0)
        {
            writer.Line($"/// <para>A call has {twin.Limits.TimeoutMs} ms, unless the caller chose another time.</para>");
        }

        if (twin.Limits.RequiredBackends is { } backends)
        {
            writer.Line($"/// <para>Requires <see cref=\"{backends}\"/>, and throws <see cref=\"global::System.NotSupportedException\"/> where that is not available.</para>");
        }

        if (twin.Call is WorkerCall { Import.GivesErrno: true } or NativeCall && twin.ReturnType?.StartsWith(KnownNames.Result, StringComparison.Ordinal) == true)
        {
            writer.Line("/// <para>The error number is in the result.</para>");
        }
    }

    private static void WriteWays(CodeWriter writer, TwinModel twin)
    {
        CallOperation operation = twin.Call switch
        {
            NativeCall native => native.Operation,
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
        NativeCall { Operation: CallOperation.Close } => "A close is not cancelled: nobody would know whether the descriptor is gone.",
        NativeCall native => $"Cancelling takes the call back until it starts; for one that runs, see <see cref=\"{KnownNames.Traits}.Of\"/> of <see cref=\"{KnownNames.Operation}.{native.Operation}\"/>.",
        _ => null,
    };
}
