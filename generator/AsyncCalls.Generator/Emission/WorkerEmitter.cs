using AsyncCalls.Generator.Models;
using Microsoft.CodeAnalysis.CSharp;

namespace AsyncCalls.Generator.Emission;

/// <summary>
/// Writes the body of a twin that a worker runs: the arguments travel as a tuple and the lambda is static, so that nothing is
/// allocated for a closure.
/// </summary>
internal static class WorkerEmitter
{
    public static void WriteBody(CodeWriter writer, TwinModel twin, WorkerCall call)
    {
        writer.Open();
        WriteReturn(writer, twin, call, RuntimeText.Of(twin));
        writer.Close();
    }

    /// <summary>Writes the statement that starts the call on a runtime.</summary>
    public static void WriteReturn(CodeWriter writer, TwinModel twin, WorkerCall call, string runtime)
    {
        var arguments = new List<string> { runtime, SymbolDisplay.FormatLiteral(twin.DisplayName, quote: true) };
        if (call.Import is { } import)
        {
            if (import.Errors is not null && !import.GivesErrno)
            {
                arguments.Add(import.Errors);
            }

            arguments.Add("interruptible: " + (import.Interruptible ? "true" : "false"));
        }

        arguments.Add(State(call));
        arguments.Add(Lambda(call));
        arguments.Add(twin.TokenName);
        if (call.Handle is { } handle)
        {
            arguments.Add("handle: " + handle);
        }

        if (call.Import is not null && call.Outs.Count > 0)
        {
            // The result has more in it than what the import returned.
            arguments.Add("hasFailed: static " + (call.ReturnsVoid ? "_ => false" : $"result => {KnownNames.CompilerServices}.WorkerCalls.HasFailed(result.Item1)"));
        }

        string target = call.Import switch
        {
            null => "Run",
            { GivesErrno: true } => "RunImportForResult",
            _ => "RunImport",
        };
        writer.List($"return {KnownNames.CompilerServices}.WorkerCalls.{target}", arguments, ";");
    }

    private static string State(WorkerCall call) => call.State.Count switch
    {
        0 => "0",
        1 => call.State[0].Value,
        _ => "(" + string.Join(", ", call.State.Select(Element)) + ")",
    };

    private static string Element(StateElement element) => element.Name == element.Value ? element.Value : $"{element.Name}: {element.Value}";

    private static string Lambda(WorkerCall call)
    {
        string head = "static " + (call.LambdaToken is null ? call.LambdaState : $"({call.LambdaState}, {call.LambdaToken})") + " =>";
        string invocation = $"{Receiver(call)}{call.Callee}({string.Join(", ", call.Arguments.Select(argument => Argument(call, argument)))})";
        if (call.Outs.Count == 0)
        {
            return $"{head} {invocation}";
        }

        string outs = string.Join(", ", call.Outs);
        if (!call.ReturnsVoid)
        {
            // From left to right: the variables are filled when they are read.
            return $"{head} ({invocation}, {outs})";
        }

        return $"{head}\n{{\n    {invocation};\n    return {(call.Outs.Count == 1 ? outs : $"({outs})")};\n}}";
    }

    private static string Receiver(WorkerCall call)
    {
        if (call.State.Count == 0 || call.State[0].Value != "this")
        {
            return "";
        }

        string self = Access(call, call.State[0].Name);
        return call.Receiver is null ? self + "." : $"(({call.Receiver}){self}).";
    }

    private static string Argument(WorkerCall call, WorkerArgument argument)
        => argument.Variable ?? (argument.Element is { } element ? argument.Modifier + Access(call, element) + argument.Suffix : call.LambdaToken!);

    private static string Access(WorkerCall call, string element) => call.State.Count == 1 ? call.LambdaState : call.LambdaState + "." + element;
}
