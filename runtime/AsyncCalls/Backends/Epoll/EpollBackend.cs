using System.Collections.Concurrent;
using System.Diagnostics;
using AsyncCalls.Calls;
using AsyncCalls.Interop.Linux;

namespace AsyncCalls.Backends.Epoll;

/// <summary>
/// Calls that wait for a pipe, a socket, a terminal or an event descriptor, where io_uring is not used: each is attempted without waiting; one that would wait is parked until epoll says that its
/// handle is ready, and attempted again. No thread waits with it.
/// </summary>
/// <remarks>
/// <para><b>One thread.</b> Everything but the two queues belongs to the thread that pumps, one at a time: it takes calls (Queued → Running), attempts, parks, settles. Users' threads only push.
/// So readiness and cancel never race for a call: whichever the pump comes to first settles it, and the other finds it gone.</para>
/// <para><b>The user's descriptor</b> keeps its flags: O_NONBLOCK is shared with everybody who has the file open. What cannot be attempted without waiting by a flag of its own goes to a worker,
/// when the kernel says so (EOPNOTSUPP: terminals, some devices; EPERM of epoll: files that are always ready).</para>
/// <para><b>Registrations</b> tell once (EPOLLONESHOT) and are then armed again for those that still wait. The last call that waits for a descriptor has it deregistered before it settles, since
/// settling gives its lease back, and the number may then be another file's.</para>
/// <para><b>Cancel.</b> As on io_uring: the flag is set, the call goes to <see cref="_cancels"/>, the pump acts on what it finds there by then.</para>
/// </remarks>
internal sealed class EpollBackend : ICallCarrier, IPumped
{
    private const uint AlwaysTold = Syscalls.EpollError | Syscalls.EpollHangUp;

    /// <summary>A handle that is said to be ready so often in a row, and is not, may never be (an error queue of a socket): a worker waits instead.</summary>
    private const int FutileMax = 16;

    /// <summary>The parts of one write that are made in one go, while its reader keeps up; then others have their turn. A part of a pipe has 64 KiB.</summary>
    private const int PartsMax = 16;

    private readonly EpollPump _pump;
    private readonly IBackendHost _host;
    private readonly Action<int> _onBroken;
    private readonly CompletionBatch _batch;
    private readonly SubmissionStack _submitted = new();
    private readonly ConcurrentQueue<Call> _cancels = new();
    private readonly Dictionary<int, Interest> _interests = [];
    private readonly Stack<Interest> _spare = new();
    private volatile bool _broken;

    public EpollBackend(EpollPump pump, IBackendHost host, Action<int> onBroken)
    {
        _pump = pump;
        _host = host;
        _onBroken = onBroken;
        _batch = new CompletionBatch(host, CompletionPath.Epoll);
        pump.Add(this);
    }

    public string Name => "epoll";

    /// <summary>Whether no instance could be made when one was needed. Calls are then routed elsewhere.</summary>
    public bool IsBroken => _broken;

    public bool HasQueued => !_submitted.IsEmpty || !_cancels.IsEmpty;

    public bool HasCompletions => _batch.Count > 0;

    /// <summary>Queues an accepted call. The caller wakes the pump, unless it is the pump's own thread.</summary>
    public void Enqueue(Call call) => _submitted.Push(call);

    public CancelOutcome Cancel(Call call, long epoch)
    {
        _cancels.Enqueue(call);
        _pump.Wake();
        return CancelOutcome.InProgress;
    }

    public bool CanInterrupt(Call call) => true;

    public void Collect()
    {
        for (Call? call = _submitted.TakeAll(out _); call is not null;)
        {
            Call? next = call.Next;
            call.Next = null;
            Begin((IoCall)call);
            call = next;
        }

        while (_cancels.TryDequeue(out Call? call))
        {
            // Whoever flagged it meant the use that it had then. Should it be another one by now, it is flagged too, or not ours.
            if (call is IoCall cancelled && call.Carrier == this && call.IsRunning && call.IsCancelRequested)
            {
                EndParked(cancelled);
            }
        }
    }

    public void OnEvents(int fd, uint events)
    {
        if (!_interests.TryGetValue(fd, out Interest? interest))
        {
            // Of a bare descriptor that was closed under its call, while another number keeps the file open.
            return;
        }

        interest.Armed = 0;
        uint exhausted = 0;
        for (int i = 0; i < interest.Count;)
        {
            Waiter waiter = interest[i];
            if ((events & (waiter.Events | AlwaysTold)) == 0 || (waiter.Form.IsOrdered && (waiter.Events & exhausted) != 0))
            {
                i++;
                continue;
            }

            long before = waiter.Call.BytesTransferred;
            if (TryAdvance(waiter.Call, waiter.Form, interest))
            {
                interest.RemoveAt(i);
                continue;
            }

            exhausted |= waiter.Form.Events;
            int futile = waiter.Call.BytesTransferred > before ? 0 : waiter.Futile + 1;
            if (futile < FutileMax)
            {
                interest[i++].Futile = futile;
            }
            else
            {
                HandOn(waiter.Call, interest);
                interest.RemoveAt(i);
            }
        }

        Arm(interest);
    }

    public void Flush() => _batch.Flush();

    public void Close() => Debug.Assert(_interests.Count == 0, "The pump is closed when nothing is in flight.");

    private void Begin(IoCall call)
    {
        bool cancelled = call.IsCancelRequested;
        bool taken = call.TryTake(call.Epoch);
        Debug.Assert(taken, "Only the pump takes a call that is queued here.");
        if (cancelled)
        {
            Settle(call, -Errno.ECANCELED);
            return;
        }

        ReadinessForm form = OperationTable.Of(call.Operation).Readiness ?? throw new UnreachableException($"{call.Operation} is not routed to epoll.");
        int fd = (int)call.Iocb.Handle;
        _interests.TryGetValue(fd, out Interest? interest);
        if (interest?.HasEarlier(form) != true && TryAdvance(call, form, interest: null))
        {
            return;
        }

        if (form.IsOrdered && Syscalls.HasTimeLimit(fd, toSend: form.Events == Syscalls.EpollOut))
        {
            // SO_RCVTIMEO, SO_SNDTIMEO: the kernel keeps that time for those that wait in the call.
            _host.Reroute(call);
            return;
        }

        if (interest is null)
        {
            interest = _spare.TryPop(out Interest? spare) ? spare : new Interest();
            interest.Fd = fd;
            _interests.Add(fd, interest);
        }

        // Asked for again, also where it is armed: a bare number may have been closed under the calls that wait for it, and be another file's by now.
        interest.Armed = 0;
        interest.Add(new Waiter { Call = call, Form = form, Events = form.EventsOf(call.Iocb) });
        Arm(interest);
    }

    /// <summary>
    /// Attempts a call. True: it has been settled or handed on. False: it would wait, or others are to have their turn.
    /// </summary>
    /// <param name="call">The call, Running.</param>
    /// <param name="form">Its form.</param>
    /// <param name="interest">Where it is parked, and stays until the caller removes it; null: nowhere.</param>
    private bool TryAdvance(IoCall call, ReadinessForm form, Interest? interest)
    {
        for (int part = 0; part < PartsMax; part++)
        {
            long result = form.Attempt(call.Iocb);
            switch (-result)
            {
                case Errno.EAGAIN:
                    return false;
                case Errno.EINTR:
                    continue;
                case Errno.EOPNOTSUPP or Errno.ENOSYS:
                    Remember(call, form);
                    HandOn(call, interest);
                    return true;
            }

            BeforeLease(interest);
            if (Settle(call, result))
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>A file that cannot be attempted is not tried again.</summary>
    private static void Remember(IoCall call, ReadinessForm form)
    {
        if (form.Manner == AttemptManner.NoWait && call.Handle is { } handle)
        {
            HandleFacts.Of(handle, (int)call.Iocb.Handle).RefusesNoWait = true;
        }
    }

    /// <summary>False: it wrote a part, and goes on.</summary>
    private bool Settle(IoCall call, long result)
    {
        // As a blocking write does, one that transferred a part goes on until all is written.
        if (!call.TryFinish(result, goesOn: true))
        {
            return false;
        }

        _batch.Add(call);
        return true;
    }

    /// <summary>Has a worker make the call.</summary>
    private void HandOn(IoCall call, Interest? interest)
    {
        BeforeLease(interest);
        _host.Reroute(call);
    }

    private void EndParked(IoCall call)
    {
        if (!_interests.TryGetValue((int)call.Iocb.Handle, out Interest? interest) || interest.IndexOf(call) is not (>= 0 and var index))
        {
            return;
        }

        BeforeLease(interest);
        interest.RemoveAt(index);
        bool ended = Settle(call, -Errno.ECANCELED);
        Debug.Assert(ended, "What was cancelled goes on with nothing.");
        if (interest.Count == 0)
        {
            Retire(interest);
        }
    }

    /// <summary>A call is about to give back its lease: if no other waits for the descriptor, that is not registered any longer.</summary>
    private void BeforeLease(Interest? interest)
    {
        if (interest is { IsRegistered: true, Count: <= 1 })
        {
            // EBADF: a bare descriptor that was closed, and its registration with it.
            _ = _pump.Control(this, Syscalls.EpollDelete, interest.Fd, 0);
            interest.IsRegistered = false;
            interest.Armed = 0;
        }
    }

    /// <summary>Has the kernel tell of what the calls of a descriptor wait for.</summary>
    private void Arm(Interest interest)
    {
        if (interest.Count == 0)
        {
            Retire(interest);
            return;
        }

        uint wanted = interest.Wanted | Syscalls.EpollOneShot;
        if ((interest.Armed & wanted) == wanted)
        {
            return;
        }

        int result = _pump.Control(this, interest.IsRegistered ? Syscalls.EpollModify : Syscalls.EpollAdd, interest.Fd, wanted);
        if (result == -Errno.ENOENT || result == -Errno.EEXIST)
        {
            // A bare descriptor was closed, and its number is another file's, or the same one's again.
            result = _pump.Control(this, result == -Errno.ENOENT ? Syscalls.EpollAdd : Syscalls.EpollModify, interest.Fd, wanted);
        }

        if (result < 0)
        {
            GiveUp(interest, -result);
            return;
        }

        interest.IsRegistered = true;
        interest.Armed = wanted;
    }

    /// <summary>The descriptor cannot be waited for: workers do, who can.</summary>
    private void GiveUp(Interest interest, int errno)
    {
        if (!_pump.IsOpen && !_broken)
        {
            // Told before any call goes on elsewhere: who awaited one finds the reason.
            _broken = true;
            _onBroken(errno);
        }

        while (interest.Count > 0)
        {
            IoCall call = interest[0].Call;
            BeforeLease(interest);
            interest.RemoveAt(0);
            _host.Reroute(call);
        }

        Retire(interest);
    }

    private void Retire(Interest interest)
    {
        Debug.Assert(!interest.IsRegistered, "The last call had the descriptor deregistered.");
        _interests.Remove(interest.Fd);
        _spare.Push(interest);
    }
}
