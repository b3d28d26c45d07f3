using AsyncCalls.Calls;
using AsyncCalls.Interop.Linux;

namespace AsyncCalls.Backends.IoUring;

/// <summary>Cancels: what others asked for becomes requests of the pump, repeated by the watchdog while the kernel cannot carry them out.</summary>
internal sealed unsafe partial class IoUringBackend
{
    public CancelOutcome Cancel(Call call, long epoch)
    {
        _cancels.Enqueue(call);
        Wake();
        return CancelOutcome.InProgress;
    }

    /// <summary>Repeats cancels that the kernel could not carry out yet. By the watchdog.</summary>
    public bool Tick()
    {
        if (Volatile.Read(ref _repeatCancels) != 1)
        {
            return false;
        }

        Volatile.Write(ref _repeatCancels, 2);
        Wake();
        return true;
    }

    private void TakeCancels()
    {
        if (Volatile.Read(ref _repeatCancels) == 2)
        {
            Volatile.Write(ref _repeatCancels, 0);
            Call[] again = [.. _unanswered];
            _unanswered.Clear();
            foreach (Call call in again)
            {
                SubmitCancel(call);
            }
        }

        while (_cancels.TryDequeue(out Call? call))
        {
            SubmitCancel(call);
        }
    }

    private void SubmitCancel(Call call)
    {
        // A call that still waits in the backlog is not running: it ends when the pump comes to it.
        if (call.Carrier != this || !call.IsRunning || !call.IsToEnd || ((IoCall)call).Kept is not null)
        {
            // One whose result is there waits for its memory only: nothing ends that.
            return;
        }

        IoUringSqe* sqe = NextSqe();
        if (sqe is null)
        {
            RepeatLater(call);
            return;
        }

        sqe->Opcode = IoUringConstants.OpAsyncCancel;
        sqe->Fd = -1;
        sqe->Address = call.Id;
        sqe->UserData = (ulong)new CallId(call.Id).Slot;
        _inKernel++;
    }

    private void RepeatLater(Call call)
    {
        if (!_unanswered.Contains(call))
        {
            _unanswered.Add(call);
        }

        Volatile.Write(ref _repeatCancels, 1);
        _watchdog.Arm();
    }
}
