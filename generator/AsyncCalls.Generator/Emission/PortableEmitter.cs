using AsyncCalls.Generator.Models;

namespace AsyncCalls.Generator.Emission;

/// <summary>Writes what a native import does on a runtime that makes no system call of its own: a worker calls the import.</summary>
internal static class PortableEmitter
{
    /// <summary>Keeps the runtime in a variable, since it is asked first whether it is portable. Answers what the native call is made through.</summary>
    public static string WriteRuntime(CodeWriter writer, TwinModel twin, PortableCall? portable)
    {
        string runtime = RuntimeText.Of(twin);
        if (portable is null)
        {
            return runtime;
        }

        writer.Line($"{KnownNames.Runtime} {portable.Runtime} = {runtime};");
        return portable.Runtime;
    }

    /// <summary>Writes the call of the import, where <paramref name="condition"/> tells that the runtime is portable.</summary>
    public static void WriteImport(CodeWriter writer, TwinModel twin, PortableCall portable, string condition)
    {
        writer.Line($"if ({condition})");
        writer.Open();
        WorkerEmitter.WriteReturn(writer, twin, portable.Import, portable.Runtime);
        writer.Close();
        writer.Line();
    }
}
