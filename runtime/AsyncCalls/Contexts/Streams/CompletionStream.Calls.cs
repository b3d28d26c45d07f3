using System.Diagnostics;
using System.Threading.Tasks.Sources;
using AsyncCalls.Backends;
using AsyncCalls.Calls;
using AsyncCalls.Interop.Linux;
using AsyncCalls.Routing;

namespace AsyncCalls.Contexts.Streams;

/// <summary>The calls of a stream: how each begins, and what the end of each means.</summary>
internal abstract partial class CompletionStream<T>
{
    /// <summary>Starts a call, by whoever made the phase Armed.</summary>
    private void Arm()
    {
        Exception? error = null;
        bool starved = false;
        IoCall? call = IoCall.Rent(_runtime.Owner, _method, CallManner.Import, AsyncCallErrors.ReturnValue, _polling ? CallOperation.Poll : _operation);
        try
        {
            HandleState.AddReference(_handle);
            int fd = (int)_handle.DangerousGetHandle();
            HandleFacts? facts = RoutingTable.DependsOnKind(call.Operation) ? HandleFacts.Of(_handle, fd) : null;
            call.SetHandle(fd, _handle, facts?.Kind ?? HandleKind.Any);
            bool onWorkers = facts is { OnWorkersOnly: true };
            IsSingle |= onWorkers;
            starved = !TryDescribeNext(call);
            if (!starved && TryBecomeCall(call))
            {
                call.SetSink(this);
                call.OnCompleted(CallEnded, this, call.Version, ValueTaskSourceOnCompletedFlags.None);
                Backend backend = call.IsMultishot ? Backend.IoUring
                    : onWorkers ? Backend.Workers
                    : Engine.Choose(RoutingTable.Find(call.Operation, facts?.Kind ?? HandleKind.Any), call.Iocb);
                IoCall started = call;
                call = null;
                Engine.Start(started, backend, CancellationToken.None);
                return;
            }
        }
        catch (ObjectDisposedException exception)
        {
            // Disposed while the stream went on: that is its end, as of a call in flight.
            error = _hadCall && HandleState.IsDisposed(_handle) ? HandleClosed() : exception;
        }

        call?.Abandon();
        if (starved)
        {
            Starve();
        }
        else
        {
            Ended(error);
        }
    }

    private bool TryDescribeNext(IoCall call)
    {
        if (!_polling)
        {
            return TryDescribe(call);
        }

        call.Set(IocbSlot.Flags, PollIn);
        return true;
    }

    /// <summary>Makes a described call the stream's. False: the stream is to end.</summary>
    private bool TryBecomeCall(IoCall call)
    {
        lock (_gate)
        {
            if (_ending)
            {
                return false;
            }

            _call = call;
            _use = new CallUse(call, call.Epoch);
            _stopping = false;
            _hadCall = true;
            return true;
        }
    }

    private void Starve()
    {
        bool arm;
        lock (_gate)
        {
            arm = StarveLocked();
        }

        if (arm)
        {
            Arm();
        }
        else
        {
            Settle(elsewhere: true);
        }
    }

    /// <summary>Armed → Starved, or Ended. True: a buffer is free by now, and the caller starts a call.</summary>
    private bool StarveLocked()
    {
        Debug.Assert(_phase == Phase.Armed, "Who has the call finds no buffer for it.");
        if (_ending)
        {
            EndedLocked();
            return false;
        }

        _phase = Phase.Starved;
        if (TryWaitForBuffer())
        {
            return false;
        }

        _phase = Phase.Armed;
        return true;
    }

    /// <summary>No call could be started.</summary>
    private void Ended(Exception? error)
    {
        GiveBack(flags: 0);
        lock (_gate)
        {
            _call = null;
            _error ??= error;
            if (_phase != Phase.Ended)
            {
                EndedLocked();
            }
        }

        Settle(elsewhere: true);
    }

    /// <summary>The end of a call. Where continuations run.</summary>
    private void OnCallEnded()
    {
        ShotEnd end = _call!.TakeEnd();
        if (end.Result <= 0)
        {
            GiveBack(end.Flags);
        }

        bool arm;
        lock (_gate)
        {
            Debug.Assert(_phase == Phase.Armed, "A call is in flight as long as the stream is armed.");
            _call = null;
            _use = default;
            arm = TakeEndLocked(end);
        }

        Settle(elsewhere: false);
        if (arm)
        {
            Arm();
        }
    }

    /// <summary>What the end of a call means. True: the caller starts another one.</summary>
    private bool TakeEndLocked(in ShotEnd end)
    {
        bool over = _ending;
        bool starved = false;
        if (end.Result >= 0 && !_polling)
        {
            if (TryMake(end.Result, end.Flags, out T item))
            {
                AddLocked(item);
            }
            else
            {
                over = true;
            }
        }
        else if (end.Result >= 0)
        {
            _polling = false;
        }
        else
        {
            if (end.Cancellation is not null)
            {
                _error ??= end.Cancellation;
                over = true;
            }
            else if (!over)
            {
                over = !GoesOn((int)-end.Result, ref starved);
            }
        }

        if (over)
        {
            if (!_ending && end.Result <= 0 && HandleState.IsDisposed(_handle))
            {
                // Closing a socket shuts it down first: then its calls end with whatever that gives.
                _error = HandleClosed();
            }

            EndedLocked();
            return false;
        }

        if (starved)
        {
            return StarveLocked();
        }

        _phase = Phase.Idle;
        return TryArmLocked();
    }

    private AsyncCallCanceledException HandleClosed() => Cancelled(" because its handle was closed", CancelReason.HandleClosed, CancellationToken.None);

    private AsyncCallCanceledException Cancelled(string because, CancelReason reason, CancellationToken token) =>
        new($"The stream of {_method} was cancelled{because}.", null, _operation, reason, CallTraits.Of(_operation), 0, token);

    private bool GoesOn(int errno, ref bool starved)
    {
        switch (errno)
        {
            case Errno.ECANCELED or Errno.EINTR:
                // Stopped, or the kernel's own doing.
                return true;
            case Errno.ECONNABORTED when _operation == CallOperation.Accept:
                // The peer was gone before it was accepted.
                return true;
            case Errno.ENOBUFS when !IsSingle:
                starved = true;
                return true;
            case Errno.EINVAL or Errno.EOPNOTSUPP or Errno.EBADFD or Errno.ENOSYS or Errno.EAGAIN when !IsSingle:
                IsSingle = true;
                return true;
            case Errno.EAGAIN when !_polling:
                // O_NONBLOCK: a stream waits all the same.
                _polling = true;
                return true;
            default:
                _error ??= FileErrors.FromErrno(errno, path: null);
                return false;
        }
    }
}
