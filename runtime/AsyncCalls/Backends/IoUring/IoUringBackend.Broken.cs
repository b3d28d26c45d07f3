using AsyncCalls.Calls;
using AsyncCalls.Interop.Linux;

namespace AsyncCalls.Backends.IoUring;

/// <summary>
/// A ring that gets no more calls. Either the kernel refuses to be entered: then what it has not taken goes to the workers, and what it has completes through memory. Or it lost completions
/// (EBADR, when it had no memory to keep what found the queue full): then it is entered as before, until nothing but the lost ones is left; their calls end with EIO, since nobody knows their results.
/// </summary>
internal sealed unsafe partial class IoUringBackend
{
    private bool _lossy;

    /// <summary>Whether any request gave, or may have given, more than one completion: then lost completions are not lost calls, and nobody is ended for them.</summary>
    private bool _givesMore;

    /// <summary>The kernel refuses to be entered: what it has not taken goes to the workers, what it has still completes through memory.</summary>
    private void Break(int errno)
    {
        if (_broken)
        {
            return;
        }

        // Told before any call goes on elsewhere: who awaited one finds the reason.
        _broken = true;
        _onBroken(errno);

        // Where a thread of the kernel takes the entries, it does so all the same.
        if (!_queues.IsPolled)
        {
            _queues.Withdraw(Undo);
        }

        // Ends the read of the wake descriptor, if the kernel still has it.
        _wake.Signal();
    }

    private void Undo(ulong id)
    {
        _inKernel--;
        if (id == WakeTag)
        {
            _wakeArmed = false;
        }
        else if (id >= CancelTags && _host.InFlight.Find(id) is { } call)
        {
            _host.Reroute(call);
        }
    }

    /// <summary>Completions were lost: those of calls that have ended in the kernel, which nobody can name.</summary>
    private void BreakLossy()
    {
        if (!_lossy)
        {
            _lossy = true;
            _broken = true;
            _onBroken(Errno.EBADR);

            // Ends the read of the wake descriptor, which counts as one more that the kernel has.
            _wake.Signal();
        }
    }

    /// <summary>Ends the calls whose completions were lost, once no other is left in the kernel: all that it has not told.</summary>
    private void EndLost()
    {
        if (!_lossy || _givesMore || _inKernel == 0 || _inKernel > _queues.Lost)
        {
            return;
        }

        foreach ((Call call, ulong _) in _host.InFlight.Snapshot())
        {
            if (call.Carrier == this && call.IsRunning)
            {
                Finish(call, -Errno.EIO);
            }
        }

        // The read of the wake descriptor may be among them: its memory stays the kernel's, as far as anybody knows.
        _inKernel = 0;
        _batch.Flush();
    }

    private void PumpBroken(bool mayWait)
    {
        if (_lossy)
        {
            TakeCancels();
            _ = _queues.Enter(minComplete: 0);
        }
        else
        {
            // Nothing can be asked of the kernel any more.
            _cancels.Clear();
        }

        TakeSubmissions();
        while (_backlog is { } call)
        {
            _backlog = call.Next;
            call.Next = null;
            if (call.TryTake(call.Epoch))
            {
                _host.Reroute(call);
            }
        }

        Harvest();
        EndLost();
        if (!mayWait)
        {
            return;
        }

        if (_inKernel > 0)
        {
            // Also while the read of the wake descriptor is there: it would take the wake-up that this thread waits for.
            Thread.Sleep(1);
            return;
        }

        Interlocked.Exchange(ref _sleeping, 1);
        if (_submitted.IsEmpty && !_host.HasWork)
        {
            ulong value;
            _ = Syscalls.Read(_wake.Fd, (byte*)&value, sizeof(ulong));
        }

        Volatile.Write(ref _sleeping, 0);
    }
}
