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

        PortableCall portable = call.Portable!;
        string runtime = PortableEmitter.WriteRuntime(writer, twin, portable);
        string operation = $"{KnownNames.Operation}.{call.Operation}";
        string[] arguments = [runtime, SymbolDisplay.FormatLiteral(twin.DisplayName, quote: true), call.Errors, operation, twin.TokenName];
        writer.List($"{KnownNames.CompilerServices}.LibcCall {portable.Described} = {KnownNames.CompilerServices}.LibcCall.Begin", arguments, "");
        writer.Indent();
        for (int i = 0; i < call.Steps.Count; i++)
        {
            writer.Line("." + call.Steps[i] + (i < call.Steps.Count - 1 ? "" : ";"));
        }

        writer.Unindent();
        PortableEmitter.WriteImport(writer, twin, portable, portable.Described + ".IsPortable()");
        writer.Line($"return {portable.Described}.Start(){call.Conversion};");
        writer.Close();
    }
}
