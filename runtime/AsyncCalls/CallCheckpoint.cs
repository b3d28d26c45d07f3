using System.Text.Json;
using AsyncCalls.Contexts;

namespace AsyncCalls;

/// <summary>What can become of a checkpointed call.</summary>
public enum CheckpointStatus
{
    /// <summary>It has done nothing: it can be submitted again.</summary>
    Restorable = 0,

    /// <summary>It had begun and may have done a part of its work. It is submitted again only if one asks for it.</summary>
    MayHaveHadEffects = 1,

    /// <summary>It cannot be submitted in another process; <see cref="CheckpointedCall.Reason"/> says why.</summary>
    NotRestorable = 2,
}

/// <summary>A file that checkpointed calls were about, for whoever opens it again.</summary>
/// <param name="Number">Its number in the checkpoint.</param>
/// <param name="Path">The path that it had, as the kernel told; null for what has none (a pipe, a socket) and for a file that was deleted.</param>
/// <param name="Access">How it was open.</param>
/// <param name="Direct">Whether it was open with <c>O_DIRECT</c>.</param>
public sealed record CheckpointedHandle(int Number, string? Path, FileAccess Access, bool Direct);

/// <summary>A call that had not completed when its context was brought to rest.</summary>
public sealed record CheckpointedCall
{
    /// <summary>What becomes of it.</summary>
    public required CheckpointStatus Status { get; init; }

    /// <summary>Why it is not simply restorable; null if it is.</summary>
    public string? Reason { get; init; }

    /// <summary>What it does.</summary>
    public required CallOperation Operation { get; init; }

    /// <summary>The annotated method, or <c>Submit</c> for a control block.</summary>
    public required string Method { get; init; }

    /// <summary>The cookie of its block.</summary>
    public ulong Cookie { get; init; }

    /// <summary>The number of its handle in <see cref="CallCheckpoint.Handles"/>; null if it has none.</summary>
    public int? Handle { get; init; }

    /// <summary>The offset in the file; −1 for the file's own position.</summary>
    public long Offset { get; init; }

    /// <summary>The bytes that it was to transfer, allocate or truncate to.</summary>
    public long Length { get; init; }

    /// <summary>Flags of openat(2), mode of fallocate(2).</summary>
    public uint OperationFlags { get; init; }

    /// <summary>The mode of a file that openat(2) makes.</summary>
    public uint Mode { get; init; }

    /// <summary>The path of openat(2).</summary>
    public string? Path { get; init; }

    /// <summary>What a write was to write.</summary>
    public byte[]? Data { get; init; }
}

/// <summary>
/// The unfinished calls of a context that was brought to rest: to be stored, and submitted again in this or another process, with handles opened anew.
/// </summary>
/// <remarks>Made by <see cref="AsyncCallContext.CheckpointAsync"/>, submitted by <see cref="AsyncCallContext.Restore"/>. What it holds is data, the contents of writes included: treat it as you treat these.</remarks>
public sealed class CallCheckpoint
{
    private const int FormatVersion = 1;

    /// <summary>The version of the format, 1.</summary>
    public int Version { get; init; } = FormatVersion;

    /// <summary>The files that calls are about.</summary>
    public required IReadOnlyList<CheckpointedHandle> Handles { get; init; }

    /// <summary>The calls, in no order: order is promised by nothing.</summary>
    public required IReadOnlyList<CheckpointedCall> Calls { get; init; }

    /// <summary>Stores the checkpoint, as JSON in UTF-8.</summary>
    public void Save(Stream stream) => JsonSerializer.Serialize(stream, this, CheckpointJson.Default.CallCheckpoint);

    /// <summary>Reads a stored checkpoint.</summary>
    /// <exception cref="InvalidDataException">The stream has no checkpoint, one of another version, or one that contradicts itself.</exception>
    public static CallCheckpoint Load(Stream stream)
    {
        CallCheckpoint? checkpoint;
        try
        {
            checkpoint = JsonSerializer.Deserialize(stream, CheckpointJson.Default.CallCheckpoint);
        }
        catch (JsonException exception)
        {
            throw new InvalidDataException($"This is no stored checkpoint: {exception.Message}", exception);
        }

        if (checkpoint is null)
        {
            throw new InvalidDataException("This is no stored checkpoint: it is null.");
        }

        if (checkpoint.Version != FormatVersion)
        {
            throw new InvalidDataException($"The checkpoint has version {checkpoint.Version}; this library reads version {FormatVersion}.");
        }

        foreach (CheckpointedCall call in checkpoint.Calls)
        {
            Check(checkpoint, call);
        }

        return checkpoint;
    }

    /// <summary>Whether a call of an operation can be described so that another process can make it.</summary>
    internal static bool CanRestore(CallOperation operation) => operation
        is CallOperation.Nop
        or CallOperation.Read or CallOperation.ReadAt or CallOperation.Write or CallOperation.WriteAt
        or CallOperation.Sync or CallOperation.DataSync or CallOperation.Truncate or CallOperation.Allocate
        or CallOperation.OpenAt;

    private static void Check(CallCheckpoint checkpoint, CheckpointedCall call)
    {
        if (call.Handle is { } handle && checkpoint.Handles.Count(known => known.Number == handle) != 1)
        {
            throw new InvalidDataException($"A call of the checkpoint names handle {handle}, which is not in it once.");
        }

        if (call.Status == CheckpointStatus.NotRestorable)
        {
            return;
        }

        bool complete = call.Operation switch
        {
            CallOperation.Nop => true,
            CallOperation.Read or CallOperation.ReadAt => call is { Handle: not null, Length: >= 0 } && call.Length <= Array.MaxLength,
            CallOperation.Write or CallOperation.WriteAt => call is { Handle: not null, Data: not null } && call.Data.Length == call.Length,
            CallOperation.Sync or CallOperation.DataSync or CallOperation.Truncate or CallOperation.Allocate => call.Handle is not null,
            CallOperation.OpenAt => call.Path is not null,
            _ => false,
        };
        if (!complete)
        {
            throw new InvalidDataException($"A call of the checkpoint ({call.Operation}) is said to be restorable and lacks what it needs.");
        }
    }
}

/// <summary>A call of a checkpoint after <see cref="AsyncCallContext.Restore"/>.</summary>
/// <param name="Call">The call.</param>
/// <param name="Id">Its id in this context; 0 if it was not submitted.</param>
/// <param name="Buffer">Where a read puts its data, or what a write writes. It belongs to the call until that has completed.</param>
/// <param name="NotSubmitted">Why it was not submitted; null if it was.</param>
public readonly record struct RestoredCall(CheckpointedCall Call, CallId Id, Memory<byte> Buffer, string? NotSubmitted);
