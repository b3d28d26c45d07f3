using AsyncCalls.Generator.Models;
using Microsoft.CodeAnalysis.CSharp;

namespace AsyncCalls.Generator.Emission;

/// <summary>Writes the body of a twin that is one function of libc: a step for each argument.</summary>
internal static class LibcEmitter
{
    public static void WriteBody(CodeWriter writer, TwinModel twin, LibcTwinCall call)
    {
        writer.Open();
        foreach (string count in call.NonNegative)
        {
            writer.Line($"global::System.ArgumentOutOfRangeException.ThrowIfNegative({count});");
        }

        if (call.NonNegative.Count > 0)
        {
            writer.Line();
        }

        if (call.Owned.Count > 0)
        {
            writer.Line($"// From here to the completion the memory of {string.Join(" and ", call.Owned)} belongs to the call.");
        }

        string operation = $"{KnownNames.Operation}.{call.Operation}";
        string[] arguments = [RuntimeText.Of(twin), SymbolDisplay.FormatLiteral(twin.DisplayName, quote: true), call.Errors, operation, twin.TokenName];
        writer.List($"return {KnownNames.CompilerServices}.LibcCall.Begin", arguments, "");
        writer.Indent();
        foreach (string step in call.Steps)
        {
            writer.Line("." + step);
        }

        writer.Line(".Start()" + call.Conversion + ";");
        writer.Unindent();
        writer.Close();
    }
}
