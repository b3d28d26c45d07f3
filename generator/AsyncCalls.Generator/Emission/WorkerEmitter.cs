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
        var arguments = new List<string> { twin.Runtime.Expression, SymbolDisplay.FormatLiteral(twin.DisplayName, quote: true) };
        if (call.Import is { } import)
        {
            if (import.Errors is not null)
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

        writer.List($"return {KnownNames.CompilerServices}.WorkerCalls.{(call.Import is null ? "Run" : "RunImport")}", arguments, ";");
        writer.Close();
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
        string head = "static " + (call.LambdaToken is null ? call.LambdaState : $"({call.LambdaState}, {call.LambdaToken})");
        string receiver = call.State.Count > 0 && call.State[0].Value == "this" ? Access(call, call.State[0].Name) + "." : "";
        IEnumerable<string> arguments = call.Arguments.Select(argument =>
            argument.Element is { } element ? Access(call, element) + argument.Suffix : call.LambdaToken!);
        return $"{head} => {receiver}{call.Callee}({string.Join(", ", arguments)})";
    }

    private static string Access(WorkerCall call, string element) => call.State.Count == 1 ? call.LambdaState : call.LambdaState + "." + element;
}
