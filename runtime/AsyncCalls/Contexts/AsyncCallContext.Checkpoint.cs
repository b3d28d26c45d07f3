using System.Runtime.InteropServices;
using System.Text;
using AsyncCalls.Contexts;

namespace AsyncCalls;

/// <summary>Checkpoint and restore.</summary>
public sealed partial class AsyncCallContext
{
    /// <summary>
    /// Brings the context to rest and describes what it had not finished. Calls that may wait for ever are cancelled, the others are waited for; when the time is up, they are cancelled too. Each has its
    /// completion here as always; the checkpoint has those that completed as cancelled, and those that still run.
    /// </summary>
    /// <param name="timeout">How long to wait for calls that end by themselves.</param>
    /// <param name="cancellationToken">Ends the wait; calls are cancelled all the same.</param>
    /// <remarks>
    /// Stop submitting first: what is submitted meanwhile is not in the checkpoint. Only control blocks with leased handles and pinned buffers can be restored; bodies, awaited twins, bare descriptors and
    /// addresses are listed as what they are.
    /// </remarks>
    /// <exception cref="ArgumentOutOfRangeException">The timeout is negative, or longer than 49 days.</exception>
    public Task<CallCheckpoint> CheckpointAsync(TimeSpan timeout, CancellationToken cancellationToken = default)
    {
        ThrowIfDead();
        CallScope.RequireTimeout(timeout);
        return new Checkpointing(_engine, this).MakeAsync(timeout, cancellationToken);
    }

    /// <summary>Submits the calls of a checkpoint again, with handles opened anew.</summary>
    /// <param name="checkpoint">The checkpoint; of this process or another.</param>
    /// <param name="open">
    /// Opens a file again; null: its calls are not submitted. Called once for each handle that is needed. The handles are the caller's to dispose; calls in flight keep them open.
    /// </param>
    /// <param name="withEffects">Whether to submit those, too, that may have done a part of their work.</param>
    /// <returns>Every call of the checkpoint: its new id and buffer, or why it was not submitted. Completions come as always, with the cookies of before.</returns>
    /// <exception cref="ObjectDisposedException">The context or the runtime was disposed.</exception>
    public IReadOnlyList<RestoredCall> Restore(CallCheckpoint checkpoint, Func<CheckpointedHandle, SafeHandle?> open, bool withEffects = false)
    {
        ArgumentNullException.ThrowIfNull(checkpoint);
        ArgumentNullException.ThrowIfNull(open);
        ThrowIfDead();
        CheckpointedCall[] wanted = [.. checkpoint.Calls.Where(call => IsWanted(call, withEffects))];
        var leases = new Dictionary<int, HandleLease?>();
        try
        {
            // All handles first: where one fails to open, nothing has been submitted.
            foreach (CheckpointedHandle handle in checkpoint.Handles)
            {
                if (wanted.Any(call => call.Handle == handle.Number))
                {
                    leases.Add(handle.Number, open(handle) is { } opened ? Lease(opened) : null);
                }
            }

            return [.. checkpoint.Calls.Select(call =>
                !IsWanted(call, withEffects) ? new RestoredCall(call, default, default, call.Reason ?? "its status says so")
                : call.Handle is { } number && leases[number] is null ? new RestoredCall(call, default, default, "its handle was not opened again")
                : SubmitAgain(call, call.Handle is { } named ? leases[named] : null))];
        }
        finally
        {
            // Calls in flight hold what they need.
            foreach (HandleLease? lease in leases.Values)
            {
                lease?.Dispose();
            }
        }
    }

    private static bool IsWanted(CheckpointedCall call, bool withEffects) =>
        call.Status == CheckpointStatus.Restorable || (call.Status == CheckpointStatus.MayHaveHadEffects && withEffects);

    private RestoredCall SubmitAgain(CheckpointedCall call, HandleLease? lease)
    {
        Memory<byte> memory = call.Operation switch
        {
            CallOperation.Read or CallOperation.ReadAt => new byte[call.Length],
            CallOperation.Write or CallOperation.WriteAt => call.Data,
            CallOperation.OpenAt => Encoding.UTF8.GetBytes(call.Path + '\0'),
            _ => default,
        };
        using BufferLease buffer = Pin(memory);
        CallId id = Submit(Iocb.Restored(call.Operation, call.Cookie, lease, buffer, call.Offset, call.Length, call.OperationFlags, call.Mode));
        return new RestoredCall(call, id, memory, id.Value == 0 ? "every slot of the runtime is taken" : null);
    }
}
