using AsyncCalls.Generator.Models;
using Microsoft.CodeAnalysis.CSharp;

namespace AsyncCalls.Generator.Emission;

/// <summary>Writes the body of a twin that is one native descriptor.</summary>
internal static class DescriptorEmitter
{
    public static void WriteBody(CodeWriter writer, TwinModel twin, DescriptorCall call)
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

        string runtime = PortableEmitter.WriteRuntime(writer, twin, call.Portable);
        if (call.Portable is { } portable)
        {
            string condition = $"{KnownNames.CompilerServices}.LibcCalls.IsPortable({portable.Runtime}, {call.Owned}, {call.Count})";
            PortableEmitter.WriteImport(writer, twin, portable, condition);
        }

        if (call.Owned is not null)
        {
            writer.Line($"// From here to the completion the memory of {call.Owned} belongs to the call.");
        }

        string[] arguments = [runtime, SymbolDisplay.FormatLiteral(twin.DisplayName, quote: true), .. call.Arguments, twin.TokenName];
        writer.List($"return {KnownNames.CompilerServices}.{call.Target}", arguments, call.Conversion + ";");
        writer.Close();
    }
}
