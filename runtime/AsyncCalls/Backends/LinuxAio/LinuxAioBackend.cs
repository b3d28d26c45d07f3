using System.Diagnostics;
using System.Runtime.InteropServices;
using AsyncCalls.Backends.Epoll;
using AsyncCalls.Calls;
using AsyncCalls.Interop.Linux;

namespace AsyncCalls.Backends.LinuxAio;

/// <summary>
/// Reads and writes of files with O_DIRECT by Linux AIO (io_submit(2)), where io_uring is not used: they wait for the device in the kernel, and no thread waits with them.
/// </summary>
/// <remarks>
/// <para><b>One thread</b>, the one that pumps, submits and reaps; users' threads only push. Completions signal <see cref="_signal"/>, on which that thread waits in epoll with all else.</para>
/// <para><b>Never blocks the pump.</b> io_submit(2) itself waits where a file system has to read or allocate something first, or the device takes no more: every request says RWF_NOWAIT. What
/// the kernel refuses then (EAGAIN), and whatever it does not take at all, a worker makes as the plain system call, whose answer is the right one in any case.</para>
/// <para><b>The budget</b> of the machine (fs.aio-max-nr) is asked for when the first call comes, once for <see cref="RequestsMax"/>. More calls than that wait in the backlog.</para>
/// <para><b>Cancel.</b> What waits here is taken back. What the kernel has it does not give back (io_cancel(2) knows no file): it ends when the device answers.</para>
/// </remarks>
internal sealed unsafe class LinuxAioBackend : ICallCarrier, IPumped
{
    /// <summary>The most that a device is given at once; the kernel keeps 32 bytes of ring for each.</summary>
    public const int RequestsMax = 256;

    private const int BatchMax = 32;

    private readonly EpollPump _pump;
    private readonly IBackendHost _host;
    private readonly Action<int> _onBroken;
    private readonly CompletionBatch _batch;
    private readonly SubmissionStack _submitted = new();
    private readonly IoCall[] _offered = new IoCall[BatchMax];
    private readonly Syscalls.AioBlock* _blocks;
    private readonly Syscalls.AioBlock** _pointers;
    private readonly Syscalls.AioEvent* _events;
    private nuint _context;
    private int _signal = -1;
    private int _inKernel;
    private int _cancels;

    // Calls that the kernel has no place for yet, by their links.
    private Call? _backlog;
    private Call? _backlogLast;
    private volatile bool _broken;

    public LinuxAioBackend(EpollPump pump, IBackendHost host, Action<int> onBroken)
    {
        _pump = pump;
        _host = host;
        _onBroken = onBroken;
        _batch = new CompletionBatch(host, CompletionPath.LinuxAio);
        _blocks = (Syscalls.AioBlock*)NativeMemory.AllocZeroed(BatchMax, (nuint)sizeof(Syscalls.AioBlock));
        _events = (Syscalls.AioEvent*)NativeMemory.Alloc(BatchMax, (nuint)sizeof(Syscalls.AioEvent));
        _pointers = (Syscalls.AioBlock**)NativeMemory.Alloc(BatchMax, (nuint)sizeof(nint));
        for (int i = 0; i < BatchMax; i++)
        {
            _pointers[i] = _blocks + i;
        }

        pump.Add(this);
    }

    public string Name => "Linux AIO";

    /// <summary>Whether no context could be made when one was needed. Calls are then routed elsewhere.</summary>
    public bool IsBroken => _broken;

    public bool HasQueued => !_submitted.IsEmpty || Volatile.Read(ref _cancels) != 0;

    public bool HasCompletions => _batch.Count > 0;

    /// <summary>Whether it has an operation.</summary>
    public static bool Has(CallOperation operation) => OpcodeOf(operation) is not null;

    /// <summary>Whether this machine lets a context be made: true, with what is left of the budget; or why not.</summary>
    public static bool Try(out string reason)
    {
        if (!OperatingSystem.IsLinux() || RuntimeInformation.ProcessArchitecture is not (Architecture.X64 or Architecture.Arm64))
        {
            reason = "Linux AIO needs Linux on x86-64 or arm64";
            return false;
        }

        int result = Syscalls.IoSetup(RequestsMax, out nuint context);
        string budget = AioBudget.Describe();
        if (result < 0)
        {
            reason = result == -Errno.EAGAIN
                ? $"{budget}, and a context takes {RequestsMax}: raise fs.aio-max-nr"
                : $"io_setup failed with errno {-result} ({Marshal.GetPInvokeErrorMessage(-result)})";
            return false;
        }

        Syscalls.IoDestroy(context);
        reason = $"reads and writes with O_DIRECT wait in it; a context of {RequestsMax} requests is made when the first of them comes, and {budget}";
        return true;
    }

    /// <summary>Queues an accepted call. The caller wakes the pump, unless it is the pump's own thread.</summary>
    public void Enqueue(Call call) => _submitted.Push(call);

    public CancelOutcome Cancel(Call call, long epoch)
    {
        if (!call.IsQueued(epoch))
        {
            return CancelOutcome.NotPossible;
        }

        Volatile.Write(ref _cancels, 1);
        _pump.Wake();
        return CancelOutcome.InProgress;
    }

    public bool CanInterrupt(Call call) => false;

    public void Collect()
    {
        for (Call? call = _submitted.TakeAll(out _); call is not null;)
        {
            Call? next = call.Next;
            call.Next = null;
            Wait(call);
            call = next;
        }

        if (Interlocked.Exchange(ref _cancels, 0) != 0)
        {
            EndCancelled();
        }

        if (_backlog is not null && (_broken || !TryOpen()))
        {
            HandOnAll();
        }

        Submit();
    }

    public void OnEvents(int fd, uint events)
    {
        // Each completion is a signal of its own, and the registration tells of each: nobody has to read the counter.
        Reap();
        Submit();
    }

    public void Flush() => _batch.Flush();

    public void Close()
    {
        Debug.Assert(_inKernel == 0 && _backlog is null, "The pump is closed when nothing is in flight.");
        if (_signal >= 0)
        {
            Syscalls.IoDestroy(_context);
            _ = Syscalls.Close(_signal);
        }

        NativeMemory.Free(_blocks);
        NativeMemory.Free(_pointers);
        NativeMemory.Free(_events);
    }

    private static ushort? OpcodeOf(CallOperation operation) => operation switch
    {
        CallOperation.ReadAt => Syscalls.AioPRead,
        CallOperation.WriteAt => Syscalls.AioPWrite,
        CallOperation.ReadVectoredAt => Syscalls.AioPReadV,
        CallOperation.WriteVectoredAt => Syscalls.AioPWriteV,
        _ => null,
    };

    /// <summary>Makes the context and its signal. False: there are none to be had, now and later.</summary>
    private bool TryOpen()
    {
        if (_signal >= 0)
        {
            return true;
        }

        int result = Syscalls.IoSetup(RequestsMax, out nuint context);
        if (result >= 0)
        {
            int signal = Syscalls.EventFd(nonBlocking: true);
            result = signal < 0 ? signal : _pump.Control(this, Syscalls.EpollAdd, signal, Syscalls.EpollIn | Syscalls.EpollEdge);
            if (result >= 0)
            {
                (_context, _signal) = (context, signal);
                return true;
            }

            Syscalls.IoDestroy(context);
            if (signal >= 0)
            {
                _ = Syscalls.Close(signal);
            }
        }

        // Told before any call goes on elsewhere: who awaited one finds the reason.
        _broken = true;
        _onBroken(-result);
        return false;
    }

    /// <summary>Gives the kernel as much of the backlog as it may have.</summary>
    private void Submit()
    {
        while (_backlog is not null && _inKernel < RequestsMax)
        {
            int count = 0;
            while (count < BatchMax && _inKernel + count < RequestsMax && _backlog is not null)
            {
                IoCall call = TakeFirst();
                if (call.IsCancelRequested)
                {
                    Finish(call, -Errno.ECANCELED);
                    continue;
                }

                Describe(call, ref _blocks[count]);
                _offered[count++] = call;
            }

            Offer(count);
        }
    }

    /// <summary>Submits what was described. Of what the kernel refuses a worker finds out why.</summary>
    private void Offer(int count)
    {
        for (int done = 0; done < count;)
        {
            int accepted = Syscalls.IoSubmit(_context, count - done, _pointers + done);
            if (accepted > 0)
            {
                _inKernel += accepted;
                done += accepted;
            }
            else
            {
                Refused(_offered[done], -accepted);
                done++;
            }
        }

        Array.Clear(_offered, 0, count);
    }

    private void Describe(IoCall call, ref Syscalls.AioBlock block)
    {
        ref readonly Iocb iocb = ref call.Iocb;
        bool isVectored = iocb.Operation is CallOperation.ReadVectoredAt or CallOperation.WriteVectoredAt;
        block.Data = call.Id;
        block.Flags = Syscalls.RwfNoWait;
        block.Opcode = OpcodeOf(iocb.Operation) ?? throw new UnreachableException($"{iocb.Operation} is not routed to Linux AIO.");
        block.Fd = (int)iocb.Handle;
        block.Buffer = iocb.Buffer;
        block.Length = (ulong)(isVectored ? iocb.Length : Math.Min(iocb.Length, (long)Syscalls.MaxTransfer));
        block.Offset = iocb.Offset;
        block.BlockFlags = Syscalls.AioSignals;
        block.SignalFd = _signal;
    }

    private void Reap()
    {
        int count;
        do
        {
            count = Syscalls.IoGetEvents(_context, BatchMax, _events);
            for (int i = 0; i < count; i++)
            {
                _inKernel--;
                if (_host.InFlight.Find(_events[i].Data) is IoCall call)
                {
                    Complete(call, _events[i].Result);
                }
            }
        }
        while (count == BatchMax);
    }

    private void Complete(IoCall call, long result)
    {
        if (result is -Errno.EAGAIN or -Errno.EOPNOTSUPP)
        {
            Refused(call, (int)-result);
        }
        else
        {
            Finish(call, result);
        }
    }

    private void Refused(IoCall call, int errno)
    {
        if (errno == Errno.EOPNOTSUPP && call.Handle is { } handle)
        {
            // The file system knows no RWF_NOWAIT: it is not asked again.
            HandleFacts.Of(handle, (int)call.Iocb.Handle).RefusesNoWait = true;
        }

        _host.Reroute(call);
    }

    private void Finish(IoCall call, long result)
    {
        // As a blocking write does, one that transferred a part goes on until all is written.
        if (call.TryFinish(result, goesOn: true))
        {
            _batch.Add(call);
        }
        else
        {
            call.HandBack();
            Wait(call);
        }
    }

    /// <summary>Takes back what waits here and was cancelled.</summary>
    private void EndCancelled()
    {
        Call? call = _backlog;
        (_backlog, _backlogLast) = (null, null);
        while (call is not null)
        {
            Call? next = call.Next;
            call.Next = null;
            if (!call.IsCancelRequested)
            {
                Wait(call);
            }
            else
            {
                Take(call);
                Finish((IoCall)call, -Errno.ECANCELED);
            }

            call = next;
        }
    }

    private void HandOnAll()
    {
        while (_backlog is not null)
        {
            _host.Reroute(TakeFirst());
        }
    }

    /// <summary>Puts a call at the end of the backlog.</summary>
    private void Wait(Call call)
    {
        if (_backlog is null)
        {
            _backlog = call;
        }
        else
        {
            _backlogLast!.Next = call;
        }

        _backlogLast = call;
    }

    private IoCall TakeFirst()
    {
        Call first = _backlog!;
        _backlog = first.Next;
        first.Next = null;
        Take(first);
        return (IoCall)first;
    }

    private static void Take(Call call)
    {
        bool taken = call.TryTake(call.Epoch);
        Debug.Assert(taken, "Only the pump takes a call that is queued here.");
    }
}
