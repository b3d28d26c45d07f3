using AsyncCalls.Generator.Models;

namespace AsyncCalls.Generator.Emission;

/// <summary>The runtime that a twin's call is made through: the one that was found, with the options of the call and what the attribute says.</summary>
internal static class RuntimeText
{
    private const string Apply = KnownNames.CompilerServices + ".CallSettings.Apply";

    public static string Of(TwinModel twin)
    {
        var arguments = new List<string> { twin.Runtime.Expression };
        if (twin.Runtime.OptionsName is { } options)
        {
            arguments.Add(options);
        }

        if (twin.Limits.TimeoutMs > 0)
        {
            arguments.Add($"timeoutMs: {twin.Limits.TimeoutMs}");
        }

        if (twin.Limits.RequiredBackends is { } backends)
        {
            arguments.Add($"requiredBackends: {backends}");
        }

        return arguments.Count == 1 ? arguments[0] : $"{Apply}({string.Join(", ", arguments)})";
    }
}
