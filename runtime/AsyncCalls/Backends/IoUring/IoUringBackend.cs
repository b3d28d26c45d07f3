using System.Collections.Concurrent;
using System.Diagnostics;
using System.Runtime.InteropServices;
using AsyncCalls.Calls;
using AsyncCalls.Interop.Linux;

namespace AsyncCalls.Backends.IoUring;

/// <summary>
/// The io_uring backend of one context. Any thread queues; one thread at a time, the dispatcher's leader, enters the kernel.
/// </summary>
/// <remarks>
/// <para><b>Why only the leader.</b> The kernel cancels a request when the thread that submitted it exits, and threads that call us may exit; the
/// dispatcher's do not while calls are in flight.</para>
/// <para><b>Submission.</b> <see cref="_submitted"/> is a stack that any thread pushes onto; the pump takes it whole and reverses it into
/// <see cref="_backlog"/>, then fills the kernel's queue. A call on the stack or in the backlog is Queued, and only the pump takes it,
/// so its link stays its own.</para>
/// <para><b>Cancel</b> (<c>IoUringBackend.Cancel.cs</c>). <see cref="_cancels"/> holds calls whose flag was set. A call may have been pooled and used again before the pump comes to its entry, so
/// the pump acts on what it finds then: a call that runs here and is flagged. Should that be another use by now, or one that its submitter is about to end, the
/// kernel finds nothing. A cancel that the
/// kernel answers with "not found" or "already running" is repeated by the watchdog until the call completes.</para>
/// <para><b>Sleep.</b> The pump sets <see cref="_sleeping"/>, full fence, looks at what others queue and at the ring again, then waits in the kernel. Others queue, full
/// fence, then read the flag and signal <see cref="_wake"/>, of which one read is always in flight while the pump sleeps.</para>
/// </remarks>
internal sealed unsafe partial class IoUringBackend : ICallCarrier, IPump, IWatched
{
    /// <summary>User data of the read of the wake descriptor. No id: the last generation is never used.</summary>
    private const ulong WakeTag = ulong.MaxValue;

    /// <summary>User data of linked timeouts, whose own completions mean nothing. No id either.</summary>
    private const ulong TimeoutTag = ulong.MaxValue - 1;

    /// <summary>User data below this is the slot of a call, on the completion of its cancel request. No id: generations begin at 1.</summary>
    private const ulong CancelTags = CallId.MaxSlots;

    private const int PollAlwaysTold = 0x38; // POLLERR | POLLHUP | POLLNVAL
    private const int RestartFirst = 512; // ERESTARTSYS
    private const int RestartLast = 516; // ERESTART_RESTARTBLOCK

    private const int TransientRetriesMax = 1_000;

    private readonly IoUringQueues _queues;
    private readonly long _enteredToTry;
    private readonly IoUringOperations _operations;
    private readonly IBackendHost _host;
    private readonly Watchdog _watchdog;
    private readonly Action<int> _onBroken;
    private readonly CompletionBatch _batch;
    private readonly WakeDescriptor _wake;
    private readonly ulong* _wakeValue;

    // Any thread pushes, the pump takes.
    private readonly SubmissionStack _submitted = new();
    private readonly ConcurrentQueue<Call> _cancels = new();
    private int _sleeping;
    private int _repeatCancels;

    // The pump's own.
    private Call? _backlog;
    private Call? _backlogLast;
    private readonly List<Call> _unanswered = [];
    private int _inKernel;
    private int _transientFailures;
    private bool _wakeArmed;
    private volatile bool _broken;

    // Whoever registers, and the end.
    private readonly Lock _registering = new();
    private bool _isClosed;

    private IoUringBackend(IoUringQueues queues, IoUringOperations operations, int wakeFd, IBackendHost host, Watchdog watchdog, Action<int> onBroken)
    {
        _queues = queues;
        queues.BelongToRuntime();
        _enteredToTry = queues.Entered;
        _operations = operations;
        _wake = new WakeDescriptor(wakeFd);
        _host = host;
        _batch = new CompletionBatch(host, CompletionPath.IoUring);
        _watchdog = watchdog;
        _onBroken = onBroken;
        _wakeValue = (ulong*)NativeMemory.AlignedAlloc(sizeof(ulong), sizeof(ulong));
        watchdog.Watch(this);
    }

    public string Name => "io_uring";

    /// <summary>Whether the kernel stopped accepting submissions. Calls are then routed elsewhere.</summary>
    public bool IsBroken => _broken;

    /// <summary>How often the kernel was entered.</summary>
    public long Entries => _queues.Entered - _enteredToTry;

    /// <summary>Whether this kernel's io_uring has an operation.</summary>
    public bool Supports(byte opcode) => _operations.Has(opcode);

    /// <summary>Null: io_uring cannot be used here, for the <paramref name="reason"/>.</summary>
    public static IoUringBackend? TryCreate(
        IoUringRequest request, IBackendHost host, Watchdog watchdog, Action<int> onBroken, out string reason)
    {
        IoUringQueues? queues = IoUringSetup.TryCreate(request, out IoUringOperations operations, out reason);
        if (queues is null)
        {
            return null;
        }

        int wakeFd = Syscalls.EventFd(nonBlocking: false);
        if (wakeFd < 0)
        {
            reason = $"no event descriptor could be made to wake the ring's thread (errno {-wakeFd}): raise the limit of open files (RLIMIT_NOFILE)";
            queues.Dispose();
            return null;
        }

        return new IoUringBackend(queues, operations, wakeFd, host, watchdog, onBroken);
    }

    /// <summary>io_uring_register(2) with a number, as long as the ring is there. ≥ 0, or −errno. Any thread.</summary>
    public int Register(uint what, uint number)
    {
        lock (_registering)
        {
            return _isClosed ? -Errno.EBADF : Syscalls.IoUringRegister(_queues.Fd, what, null, number);
        }
    }

    /// <summary>Queues an accepted call. The caller wakes the pump, unless it is the pump's own thread.</summary>
    public void Enqueue(Call call) => _submitted.Push(call);

    public bool CanInterrupt(Call call) => true;

    public void Wake()
    {
        Interlocked.MemoryBarrier();
        if (Volatile.Read(ref _sleeping) != 0 && Interlocked.Exchange(ref _sleeping, 0) != 0)
        {
            _wake.Signal();
        }
    }

    public void Pump(bool mayWait)
    {
        if (_broken)
        {
            PumpBroken(mayWait);
            return;
        }

        TakeSubmissions();
        FillQueue();
        TakeCancels();
        if (_broken)
        {
            // Found out while the queue was filled: what is left goes the other way from the next time on.
            Harvest();
            return;
        }

        if (mayWait && _batch.Count == 0 && !_queues.HasCompletions)
        {
            EnterAsleep();
        }
        else if (_queues.Pending > 0 || _queues.NeedsEnter)
        {
            Enter(minComplete: 0);
        }

        Harvest();
    }

    public void Dispose()
    {
        // The read of the wake descriptor is the last request: its buffer must not outlive its completion.
        while (_wakeArmed && !_broken)
        {
            _wake.Signal();
            Enter(minComplete: 1);
            Harvest();
        }

        Debug.Assert(_inKernel == 0 || _broken, "A ring is closed when nothing is in flight.");
        _queues.Withdraw(static _ => { });
        CloseGroups();
        lock (_registering)
        {
            _isClosed = true;
            UnregisterAll();
            _queues.Dispose();
        }

        _wake.Dispose();
        if (!_wakeArmed)
        {
            NativeMemory.AlignedFree(_wakeValue);
        }
    }

    private void EnterAsleep()
    {
        if (!_wakeArmed)
        {
            IoUringSqe* sqe = NextSqe();
            if (sqe is null)
            {
                Enter(minComplete: 0);
                return;
            }

            sqe->Opcode = IoUringConstants.OpRead;
            sqe->Fd = _wake.Fd;
            sqe->Address = (ulong)_wakeValue;
            sqe->Length = sizeof(ulong);
            sqe->UserData = WakeTag;
            _wakeArmed = true;
            _inKernel++;
        }

        Interlocked.Exchange(ref _sleeping, 1);
        bool anything = !_submitted.IsEmpty
            || _backlog is not null
            || !_cancels.IsEmpty
            || Volatile.Read(ref _repeatCancels) == 2
            || _host.HasWork;
        Enter(minComplete: anything ? 0u : 1u);
        Volatile.Write(ref _sleeping, 0);
    }

    private void Enter(uint minComplete, bool makeRoom = false)
    {
        int result = _queues.Enter(minComplete, makeRoom);
        switch (-result)
        {
            case <= 0:
                _transientFailures = 0;
                break;
            case Errno.EINTR:
                break;
            case Errno.EBADR:
                BreakLossy();
                break;
            case Errno.EAGAIN or Errno.EBUSY or Errno.ENOMEM when ++_transientFailures < TransientRetriesMax:
                // The kernel has no memory for a request, or wants its completions taken first. Entries stay in the queue.
                if (!_queues.HasCompletions)
                {
                    Thread.Sleep(1);
                }

                break;
            default:
                Break(-result);
                break;
        }
    }

    private void TakeSubmissions()
    {
        if (_submitted.TakeAll(out Call? last) is not { } first)
        {
            return;
        }

        if (_backlog is null)
        {
            _backlog = first;
        }
        else
        {
            _backlogLast!.Next = first;
        }

        _backlogLast = last;
    }

    private void FillQueue()
    {
        while (_backlog is { } call)
        {
            if (call.IsCancelRequested)
            {
                _backlog = call.Next;
                call.Next = null;
                bool taken = call.TryTake(call.Epoch);
                Debug.Assert(taken, "Only the pump takes a call that is queued here.");
                Finish(call, -Errno.ECANCELED);
                continue;
            }

            // A timeout and what it is linked to enter the kernel together.
            bool timed = call is { Deadline: not 0, Timer: null };
            IoUringSqe* sqe = NextSqe(timed ? 2 : 1);
            if (sqe is null)
            {
                return;
            }

            _backlog = call.Next;
            call.Next = null;
            bool mine = call.TryTake(call.Epoch);
            Debug.Assert(mine, "Only the pump takes a call that is queued here.");
            Describe((IoCall)call, sqe);
            NameRegistered((IoCall)call, sqe);
            IoUringAttributes.Encode((IoCall)call, sqe, _queues.ProtectionOf(sqe), _queues.HasAttributes);
            _inKernel++;
            if (timed)
            {
                LinkTimeout(call, sqe);
            }
        }
    }

    /// <summary>Has the kernel cancel a request at the deadline of its call.</summary>
    private void LinkTimeout(Call call, IoUringSqe* linked)
    {
        linked->Flags |= IoUringConstants.SqeIoLink;
        IoUringSqe* sqe = _queues.TryNextSqe();
        KernelTimespec* timeout = _queues.TimeoutOf(sqe);

        // The clock of deadlines is the one that the kernel takes unless it is told another: CLOCK_MONOTONIC.
        (timeout->Seconds, timeout->Nanoseconds) = Math.DivRem(call.Deadline, Stopwatch.Frequency);
        sqe->Opcode = IoUringConstants.OpLinkTimeout;
        sqe->Fd = -1;
        sqe->Address = (ulong)timeout;
        sqe->Length = 1;
        sqe->OperationFlags = IoUringConstants.TimeoutAbsolute;
        sqe->UserData = TimeoutTag;
        _inKernel++;
    }

    private void Describe(IoCall call, IoUringSqe* sqe)
    {
        ref readonly Iocb iocb = ref call.Iocb;
        NativeForm form = OperationTable.Of(iocb.Operation).Native ?? throw new UnreachableException($"{iocb.Operation} is not routed to io_uring.");
        form.Write(iocb, call.Id, sqe);
        if (form.Opcode == IoUringConstants.OpTimeout)
        {
            KernelTimespec* moment = _queues.TimeoutOf(sqe);
            (moment->Seconds, moment->Nanoseconds) = (iocb.Length, iocb.Offset);
            sqe->Address = (ulong)moment;
        }

        _givesMore |= call.IsMultishot || form.TellsWhenFree;
        if (call.IsMultishot)
        {
            DescribeMultishot(call, sqe);
        }
    }

    /// <summary>Where io_uring says something else than the system call: what that would say. EAGAIN: make it.</summary>
    private static int AsSystemCall(IoCall call, int result)
    {
        switch (call.Operation)
        {
            case CallOperation.Sleep when result == -Errno.ETIME:
                return 0;
            case CallOperation.Poll when result > 0:
                // The peer's half-close (POLLRDHUP) is always told here. Alone, nobody has asked for it.
                int asked = result & ((int)call.Iocb.OperationFlags | PollAlwaysTold);
                return asked == 0 ? -Errno.EAGAIN : asked;
            default:
                // The kernel's own number for "interrupted, make it again", which no system call lets out.
                return result is <= -RestartFirst and >= -RestartLast ? -Errno.EINTR : result;
        }
    }

    /// <summary>
    /// An entry of the kernel's queue, with room for as many as are <paramref name="wanted"/>; where there is none, what it holds is submitted first. Null: the kernel takes
    /// nothing now.
    /// </summary>
    private IoUringSqe* NextSqe(int wanted = 1)
    {
        var spinner = new SpinWait();
        while (_queues.Free < wanted && !_broken)
        {
            Enter(minComplete: 0, makeRoom: _queues.IsPolled);
            if (!_queues.IsPolled)
            {
                break;
            }

            // Where there is room for one and two are wanted, the kernel's thread is about to take more.
            spinner.SpinOnce(sleep1Threshold: -1);
        }

        // A ring that has lost completions still takes cancels; one that cannot be entered takes nothing.
        return (_broken && !_lossy) || _queues.Free < wanted ? null : _queues.TryNextSqe();
    }

    private void Harvest()
    {
        while (_queues.TryTakeCompletion(out IoUringCqe completion))
        {
            bool more = (completion.Flags & IoUringConstants.CompletionMore) != 0;
            _inKernel -= more ? 0 : 1;
            if (completion.UserData == WakeTag)
            {
                _wakeArmed = false;
            }
            else if (completion.UserData < CancelTags)
            {
                if (completion.Result < 0 && _host.InFlight.InSlot((int)completion.UserData) is { } target
                    && target.Carrier == this && target.IsRunning && target.IsToEnd)
                {
                    RepeatLater(target);
                }
            }
            else if (_host.InFlight.Find(completion.UserData) is { } call)
            {
                Take((IoCall)call, completion, more);
            }
        }

        _batch.Flush();
    }

    /// <summary>Whether io_uring cannot do what the system call can: a file that it can neither poll nor serve from its own workers, memory that the network cannot read itself.</summary>
    private static bool IsRefused(Call call, int result) => result == -Errno.EAGAIN
        || (result is -Errno.EOPNOTSUPP or -Errno.ENOBUFS or -Errno.ENOMEM && call.Operation == CallOperation.SendZeroCopy);

    private void Finish(Call call, int result)
    {
        result = AsSystemCall((IoCall)call, result);
        if (IsRefused(call, result) && !call.IsCancelRequested)
        {
            _host.Reroute(call);
            return;
        }

        if (call.Deadline != 0 && result is -Errno.ECANCELED or -Errno.EINTR && Stopwatch.GetTimestamp() >= call.Deadline)
        {
            call.FlagTimedOut();
        }

        // As a blocking write does, one that transferred a part goes on; the class library's does so until all is written.
        if (!((IoCall)call).TryFinish(result, goesOn: true))
        {
            call.HandBack();
            Enqueue(call);
            return;
        }

        _batch.Add(call);
    }
}
