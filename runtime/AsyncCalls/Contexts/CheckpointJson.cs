using System.Text.Json.Serialization;

namespace AsyncCalls.Contexts;

/// <summary>How a checkpoint is stored. Generated, so that trimming and NativeAOT keep what it needs.</summary>
[JsonSourceGenerationOptions(
    WriteIndented = true,
    UseStringEnumConverter = true,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow)]
[JsonSerializable(typeof(CallCheckpoint))]
internal sealed partial class CheckpointJson : JsonSerializerContext;
