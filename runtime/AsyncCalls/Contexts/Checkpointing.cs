using System.Diagnostics;
using System.Runtime.InteropServices;
using AsyncCalls.Calls;
using AsyncCalls.Interop.Linux;

namespace AsyncCalls.Contexts;

/// <summary>Makes a checkpoint: describes each call of an owner while it is in flight, ends it, and keeps the descriptions of those that ended without having done their work.</summary>
/// <remarks>
/// A description is taken before its call is cancelled, and counts only if the call is under way afterwards: the memory that it is read from belonged to the call then. What the call's end says
/// decides: completed, in full or in part, is not in the checkpoint, for its completion tells.
/// </remarks>
internal sealed class Checkpointing(CallEngine engine, AsyncCallContext owner)
{
    /// <summary>How long a call that was cancelled because time was up may take to end.</summary>
    private static readonly TimeSpan LastGrace = TimeSpan.FromSeconds(1);

    private readonly Dictionary<SafeHandle, CheckpointedHandle> _handles = [];
    private readonly List<Captured> _captured = [];

    public async Task<CallCheckpoint> MakeAsync(TimeSpan timeout, CancellationToken cancellationToken)
    {
        long start = Stopwatch.GetTimestamp();
        foreach ((CallUse use, ulong _) in engine.UnderWay())
        {
            if (use.Call.Owner == owner && Describe(use) is { } description && CallObservers.Observe(use) is { } end)
            {
                _captured.Add(new Captured(use, description, end));
            }
        }

        Cancel(static call => call.IsUnbounded);
        if (!await EndAsync(timeout, cancellationToken).ConfigureAwait(false))
        {
            Cancel(static _ => true);
            await EndAsync(LastGrace, CancellationToken.None).ConfigureAwait(false);
        }

        CheckpointedCall[] calls = [.. _captured.Select(static captured => captured.Outcome()).OfType<CheckpointedCall>()];
        HashSet<int> named = [.. calls.Select(static call => call.Handle).OfType<int>()];
        return new CallCheckpoint { Handles = [.. _handles.Values.Where(handle => named.Contains(handle.Number)).OrderBy(static handle => handle.Number)], Calls = calls };
    }

    private void Cancel(Func<Call, bool> condition)
    {
        foreach (Captured captured in _captured)
        {
            if (condition(captured.Use.Call))
            {
                captured.WasTakenBack |= captured.Use.RequestCancel(CancelReason.Requested) == CancelOutcome.Cancelled;
            }
        }
    }

    private async Task<bool> EndAsync(TimeSpan timeout, CancellationToken cancellationToken)
    {
        try
        {
            await Task.WhenAll(_captured.Select(static captured => captured.End)).WaitAsync(timeout, cancellationToken).ConfigureAwait(false);
            return true;
        }
        catch (TimeoutException)
        {
            return false;
        }
    }

    /// <summary>Describes a use. Null: it has ended.</summary>
    private CheckpointedCall? Describe(CallUse use)
    {
        Call call = use.Call;
        CheckpointedCall description = call is IoCall { IsSubmitted: true } block
            ? Describe(block)
            : new CheckpointedCall
            {
                Status = CheckpointStatus.NotRestorable,
                Reason = "it is awaited by code of its process",
                Operation = call.Operation,
                Method = call.Method,
            };
        return call.IsStillUnderWay(use.Epoch) ? description : null;
    }

    private CheckpointedCall Describe(IoCall call)
    {
        Iocb block = call.Iocb;
        byte[]? data = null;
        string? path = null;
        string? reason =
            block.Operation == CallOperation.Syscall ? "the arguments of a raw system call may be addresses and descriptors of its process"
            : !CallCheckpoint.CanRestore(block.Operation) ? $"{OperationTable.Of(block.Operation).Page} is not among the operations that are submitted again"
            : (block.Flags & IocbFlags.UnsafeHandle) != 0 ? "its descriptor is only a number of its process"
            : (block.Flags & IocbFlags.UnsafeMemory) != 0 ? "its memory is an address of its process"
            : null;
        if (reason is null && block.Operation is CallOperation.Write or CallOperation.WriteAt)
        {
            data = call.CopyData();
        }
        else if (reason is null && block.Operation == CallOperation.OpenAt)
        {
            path = call.CopyPath();
        }

        return new CheckpointedCall
        {
            Status = reason is null ? CheckpointStatus.Restorable : CheckpointStatus.NotRestorable,
            Reason = reason,
            Operation = block.Operation,
            Method = call.Method,
            Cookie = block.Cookie,
            Handle = reason is null && call.Handle is { } handle ? Number(handle, (int)block.Handle) : null,
            Offset = block.Offset,
            Length = block.Length,
            OperationFlags = block.OperationFlags,
            Mode = block.Mode,
            Path = path,
            Data = data,
        };
    }

    private int Number(SafeHandle handle, int fd)
    {
        if (!_handles.TryGetValue(handle, out CheckpointedHandle? known))
        {
            int flags = Math.Max(0, Syscalls.GetFlags(fd));
            FileAccess access = (flags & 3) switch
            {
                0 => FileAccess.Read,
                1 => FileAccess.Write,
                _ => FileAccess.ReadWrite,
            };
            string? path = FileErrors.PathOf(fd);
            known = new CheckpointedHandle(_handles.Count, path is not null && Path.Exists(path) ? path : null, access, (flags & Syscalls.Direct) != 0);
            _handles.Add(handle, known);
        }

        return known.Number;
    }

    private sealed class Captured(CallUse use, CheckpointedCall description, Task<CallEnd> end)
    {
        public CallUse Use { get; } = use;

        public Task<CallEnd> End { get; } = end;

        /// <summary>Whether it was cancelled before it began.</summary>
        public bool WasTakenBack { get; set; }

        /// <summary>The call as the checkpoint has it; null: it completed.</summary>
        public CheckpointedCall? Outcome()
        {
            if (!End.IsCompletedSuccessfully)
            {
                return description with { Status = CheckpointStatus.NotRestorable, Reason = "it cannot be interrupted and still runs" };
            }

            if (!End.Result.WasCancelled)
            {
                return null;
            }

            // A transfer that was cut short would have ended with what it transferred; to synchronise twice harms nobody.
            bool mayHaveHadEffects = description.Status == CheckpointStatus.Restorable && !WasTakenBack
                && description.Operation is CallOperation.Truncate or CallOperation.Allocate or CallOperation.OpenAt;
            return mayHaveHadEffects
                ? description with { Status = CheckpointStatus.MayHaveHadEffects, Reason = "it had begun when it was cancelled" }
                : description;
        }
    }
}
