using System.Text.Json;
using System.Text.Json.Serialization;
using AsyncCalls;
using Doctor.Machine;

namespace Doctor;

/// <summary>All that is printed, in either form.</summary>
/// <param name="Facts">What the machine says of itself.</param>
/// <param name="Backends">What the runtime found when it tried.</param>
/// <param name="Routes">Where each operation goes here, and why.</param>
/// <param name="Advice">What could be changed; empty when nothing needs to be.</param>
internal sealed record Report(IReadOnlyList<Fact> Facts, IReadOnlyList<BackendCapability> Backends, IReadOnlyList<CallRoute> Routes, IReadOnlyList<string> Advice)
{
    public static Report Make(AsyncCallCapabilities capabilities, IReadOnlyList<Fact> facts) =>
        new(facts, capabilities.All, capabilities.Routes, [.. Doctor.Advice.Find(capabilities, facts)]);

    public string ToJson() => JsonSerializer.Serialize(this, ReportJson.Default.Report);
}

[JsonSourceGenerationOptions(WriteIndented = true, PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, UseStringEnumConverter = true)]
[JsonSerializable(typeof(Report))]
internal sealed partial class ReportJson : JsonSerializerContext;
