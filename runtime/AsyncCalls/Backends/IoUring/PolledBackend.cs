using System.Diagnostics;
using AsyncCalls.Calls;
using AsyncCalls.Interop.Linux;

namespace AsyncCalls.Backends.IoUring;

/// <summary>
/// Reads and writes at offsets of files with O_DIRECT whose completions are polled for (IORING_SETUP_IOPOLL), where a host asks for it: no interrupt of the device, and a thread that looks for
/// completions as long as there are any to come. A ring of its own, since such a ring takes nothing that waits for something else than a device.
/// </summary>
/// <remarks>
/// <para><b>One thread</b>, started by the first call, submits and polls; users' threads push and wake it. It waits while the kernel has nothing, and ends when it is told to and nobody is left.</para>
/// <para><b>Refusal.</b> A device without polled queues, or a file system that knows no polling, says EOPNOTSUPP: the handle is not asked again, and the call goes the way that it would have gone.</para>
/// <para><b>Cancel.</b> What waits here is taken back by the thread. What the device has ends when it answers.</para>
/// </remarks>
internal sealed unsafe class PolledBackend : ICallCarrier
{
    private readonly RuntimeName _runtime;
    private readonly IoUringQueues _queues;
    private readonly IBackendHost _host;
    private readonly Action<Call> _refuse;
    private readonly SubmissionStack _submitted = new();
    private readonly ManualResetEventSlim _work = new(initialState: false, spinCount: 0);
    private readonly Lock _starting = new();
    private bool _started;
    private volatile bool _stopping;
    private volatile bool _broken;

    // The thread's own.
    private readonly Queue<IoCall> _backlog = new();
    private int _inKernel;

    private PolledBackend(RuntimeName runtime, IoUringQueues queues, IBackendHost host, Action<Call> refuse)
    {
        _runtime = runtime;
        _queues = queues;
        _host = host;
        _refuse = refuse;
    }

    public string Name => "io_uring, polled";

    /// <summary>Whether the kernel stopped taking requests: calls then go another way.</summary>
    public bool IsBroken => _broken;

    /// <summary>Null: there is no such ring here, for the <paramref name="reason"/>. What it does not take is given to <paramref name="refuse"/> (Running).</summary>
    public static PolledBackend? TryCreate(RuntimeName runtime, IoUringRequest request, IBackendHost host, Action<Call> refuse, out string reason) =>
        IoUringSetup.TryCreate(request with { CompletionPolling = true, Polling = null, UserMemory = false }, out _, out reason) is { } queues
            ? new PolledBackend(runtime, queues, host, refuse)
            : null;

    /// <summary>Whether it is for such calls.</summary>
    public static bool Serves(CallOperation operation, HandleFacts? facts) =>
        facts is { Kind: HandleKind.DirectFile, RefusesPolling: false, OnWorkersOnly: false }
        && operation is CallOperation.ReadAt or CallOperation.WriteAt or CallOperation.ReadVectoredAt or CallOperation.WriteVectoredAt;

    /// <summary>Queues an accepted call, and wakes the thread. Any thread.</summary>
    public void Enqueue(Call call)
    {
        if (!Volatile.Read(ref _started) && !TryStart())
        {
            if (call.TryTake(call.Epoch))
            {
                _refuse(call);
            }

            return;
        }

        _submitted.Push(call);
        _work.Set();
    }

    public CancelOutcome Cancel(Call call, long epoch)
    {
        if (!call.IsQueued(epoch))
        {
            return CancelOutcome.NotPossible;
        }

        _work.Set();
        return CancelOutcome.InProgress;
    }

    public bool CanInterrupt(Call call) => false;

    /// <summary>Ends the thread, or frees the ring if there is none. Nobody adds a call any more, and none is in flight.</summary>
    public void Stop()
    {
        lock (_starting)
        {
            _stopping = true;
            if (!_started)
            {
                _queues.Dispose();
            }
        }

        if (_started)
        {
            _work.Set();
        }
    }

    /// <summary>False: the system has no thread to give.</summary>
    private bool TryStart()
    {
        lock (_starting)
        {
            try
            {
                if (!_started)
                {
                    RuntimeThread.Start(_runtime, "poller", number: 0, Run);
                    Volatile.Write(ref _started, true);
                }
            }
            catch (OutOfMemoryException)
            {
                _broken = true;
            }

            return _started;
        }
    }

    private void Run()
    {
        while (true)
        {
            for (Call? call = _submitted.TakeAll(out _); call is not null;)
            {
                Call? next = call.Next;
                call.Next = null;
                _backlog.Enqueue((IoCall)call);
                call = next;
            }

            Fill();
            if (_inKernel > 0)
            {
                // Asks the device for its completions, without sleep, until it has one.
                Enter();
                Harvest();
            }
            else if (_stopping && _submitted.IsEmpty)
            {
                break;
            }
            else if (_backlog.Count == 0)
            {
                // Whoever sets this has pushed before: what was pushed is seen after the reset.
                _work.Wait();
                _work.Reset();
            }
        }

        _queues.Dispose();
    }

    private void Fill()
    {
        while (_backlog.Count > 0 && (_broken || _queues.Free > 0))
        {
            IoCall call = _backlog.Dequeue();
            bool taken = call.TryTake(call.Epoch);
            Debug.Assert(taken, "Only this thread takes a call that is queued here.");
            if (call.IsCancelRequested)
            {
                Finish(call, -Errno.ECANCELED);
            }
            else if (_broken)
            {
                _refuse(call);
            }
            else
            {
                NativeForm form = OperationTable.Of(call.Operation).Native!;
                form.Write(call.Iocb, call.Id, _queues.TryNextSqe());
                _inKernel++;
            }
        }
    }

    private void Enter()
    {
        int result = _queues.Enter(minComplete: 1);
        if (result is < 0 and not (-Errno.EINTR or -Errno.EAGAIN or -Errno.EBUSY or -Errno.ENOMEM))
        {
            // What the kernel has not taken goes another way; what it has completes when it is looked at.
            _broken = true;
            _queues.Withdraw(id =>
            {
                _inKernel--;
                if (_host.InFlight.Find(id) is { } call)
                {
                    _refuse(call);
                }
            });
            Thread.Sleep(1);
        }
    }

    private void Harvest()
    {
        while (_queues.TryTakeCompletion(out IoUringCqe completion))
        {
            _inKernel--;
            if (_host.InFlight.Find(completion.UserData) is IoCall call)
            {
                Finish(call, completion.Result);
            }
        }
    }

    private void Finish(IoCall call, int result)
    {
        if (result is -Errno.EOPNOTSUPP or -Errno.EAGAIN)
        {
            if (result == -Errno.EOPNOTSUPP && call.Handle is { } handle)
            {
                HandleFacts.Of(handle, (int)call.Iocb.Handle).RefusesPolling = true;
            }

            _refuse(call);
        }
        else if (!call.TryFinish(result, goesOn: true))
        {
            // As a blocking write does, one that transferred a part goes on with the rest.
            call.HandBack();
            _backlog.Enqueue(call);
        }
        else
        {
            _host.Counters.Add(call.WasCancelled ? CompletionPath.Cancelled : CompletionPath.IoUring);
            call.Owner.Publish(call, dispatchHere: false);
        }
    }
}
