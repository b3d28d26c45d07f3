using System.Runtime.InteropServices;
using AsyncCalls.Backends;
using AsyncCalls.Backends.Epoll;
using AsyncCalls.Backends.IoUring;
using AsyncCalls.Backends.LinuxAio;
using AsyncCalls.Calls;
using AsyncCalls.Diagnostics;
using AsyncCalls.Interop.Linux;
using AsyncCalls.Routing;

namespace AsyncCalls.Contexts;

/// <summary>The backends of a runtime: which there are and why, which serves a call, how it gets there, and what becomes of the calls of one that fails.</summary>
internal sealed partial class CallEngine
{
    /// <summary>
    /// Which backend serves a call now: the first of the route that is used here, has the operation and whose form of it can say all that the block says. Workers always can.
    /// </summary>
    /// <param name="route">The row of the routing table.</param>
    /// <param name="block">What the call does.</param>
    /// <param name="facts">What is known of its handle, where the way depends on it.</param>
    public Backend Choose(in Route route, in Iocb block, HandleFacts? facts = null)
    {
        if (facts is { OnWorkersOnly: true })
        {
            return Backend.Workers;
        }

        bool native = (route.First == Backend.IoUring || (_nativeFirst && route.MayBeNative))
            && _ioUring is { IsBroken: false }
            && OperationTable.Of(block.Operation).Native is { } form
            && _ioUring.Supports(form.Opcode)
            && form.Fits(block)
            && (facts is { MayBeSocket: false } || !form.IsTimeLimited(block));
        bool device = !native && route.Includes(Backend.LinuxAio) && _linuxAio is { IsBroken: false } && facts is not { RefusesNoWait: true };
        bool waits = !native && route.Includes(Backend.Epoll)
            && _epoll is { IsBroken: false }
            && facts is not { RefusesNoWait: true }
            && OperationTable.Of(block.Operation).Readiness is not null
            && ReadinessForm.Fits(block);
        bool polled = native && _polled is { IsBroken: false } && PolledBackend.Serves(block.Operation, facts);
        return polled ? Backend.Polled : native ? Backend.IoUring : device ? Backend.LinuxAio : waits ? Backend.Epoll : Backend.Workers;
    }

    /// <summary>Makes a backend look at what was started. Workers are woken as they are given calls.</summary>
    public void Wake(Backend backend)
    {
        if (backend is Backend.IoUring or Backend.LinuxAio or Backend.Epoll)
        {
            _dispatcher.Wake();
        }
    }

    /// <summary>Hands a call that its taker has (Running) to a carrier.</summary>
    public void HandOver(Call call, ICallCarrier carrier)
    {
        call.Carrier = carrier;
        if (call is { Deadline: not 0, Timer: null } && carrier != _ioUring)
        {
            KeepDeadline(call);
        }

        long epoch = call.Epoch;
        call.HandBack();
        Carry(call, carrier, epoch);
        if (carrier != _workers)
        {
            _dispatcher.Wake();
        }
    }

    /// <summary>Takes back a call (Running) whose device cannot be polled: it goes the ordinary way.</summary>
    private void RefusePolled(Call call) => HandOver(call, _ioUring is { IsBroken: false } ? _ioUring : _workers);

    /// <summary>Registers an open file with io_uring; null: it is not used, or does not take it.</summary>
    public Registration? RegisterFile(int fd) => _ioUring is { IsBroken: false } ring ? ring.RegisterFile(fd) : null;

    /// <summary>The same of pinned memory.</summary>
    public unsafe Registration? RegisterBuffer(byte* address, long length) => _ioUring is { IsBroken: false } ring ? ring.RegisterBuffer(address, length) : null;

    public void Reroute(Call call) => HandOver(call, _workers);

    /// <summary>The native backends that the options name and this machine offers, and where the dispatcher waits for them.</summary>
    private IPump MakeBackends(
        AsyncCallOptions options,
        out IoUringBackend? ioUring,
        out PolledBackend? polled,
        out LinuxAioBackend? linuxAio,
        out EpollBackend? epoll,
        out BackendCapability ioUringFound,
        out BackendCapability linuxAioFound,
        out BackendCapability epollFound)
    {
        string unused = _simulated is not null ? "calls are simulated"
            : IsPortable ? "the runtime is portable"
            : $"{nameof(AsyncCallOptions)}.{nameof(options.Backends)} does not name it";
        AsyncCallBackends wanted = _simulated is null && !IsPortable ? options.Backends : AsyncCallBackends.WorkersOnly;
        string reason = unused;
        ioUring = wanted.HasFlag(AsyncCallBackends.IoUring) ? IoUringBackend.TryCreate(RequestOf(options), this, _watchdog, OnIoUringBroken, out reason) : null;
        polled = null;
        if (ioUring is not null && options.IoUringCompletionPolling)
        {
            polled = PolledBackend.TryCreate(ThreadName, RequestOf(options), this, RefusePolled, out string why);
            reason += polled is not null ? "; files with O_DIRECT are polled for, if their device can be" : $"; polling for completions could not be had ({why})";
        }

        ioUringFound = new BackendCapability("io_uring", ioUring is not null, reason);

        // Both wait in epoll.
        bool others = ioUring is null && (wanted & (AsyncCallBackends.LinuxAio | AsyncCallBackends.Epoll)) != 0;
        string missing = ioUring is not null ? "io_uring serves what it would serve" : others ? EpollPump.Try() : "";
        EpollPump? pump = others && missing.Length == 0 ? new EpollPump(this) : null;

        reason = wanted.HasFlag(AsyncCallBackends.LinuxAio) ? missing : unused;
        linuxAio = pump is not null && reason.Length == 0 && LinuxAioBackend.Try(out reason) ? new LinuxAioBackend(pump, this, OnLinuxAioBroken) : null;
        linuxAioFound = new BackendCapability("Linux AIO", linuxAio is not null, reason);

        reason = wanted.HasFlag(AsyncCallBackends.Epoll) ? missing : unused;
        epoll = pump is not null && reason.Length == 0 ? new EpollBackend(pump, this, OnEpollBroken) : null;
        epollFound = new BackendCapability(
            "epoll", epoll is not null, epoll is null ? reason : "calls on pipes, sockets and event descriptors wait in it; it is opened when the first of them does");
        return ioUring is not null ? ioUring : pump is not null ? pump : new EventPump();
    }

    private ICallCarrier Carrier(Backend backend) => _simulated is not null ? _simulated : backend switch
    {
        Backend.IoUring => _ioUring!,
        Backend.Polled => _polled!,
        Backend.LinuxAio => _linuxAio!,
        Backend.Epoll => _epoll!,
        _ => _workers,
    };

    private void Carry(Call call, ICallCarrier carrier, long epoch)
    {
        if (call.IsCancelRequested)
        {
            // Whoever flagged it may have taken it meanwhile, and then it is not ours to hand on.
            if (call.TryTake(epoch))
            {
                EndUnrun(call);
            }
        }
        else if (carrier is CallChain)
        {
            // It waits for its turn.
        }
        else if (_simulated is not null)
        {
            _simulated.Enqueue(call, epoch);
        }
        else if (carrier == _workers)
        {
            _workers.Enqueue(call, epoch);
        }
        else if (carrier == _polled)
        {
            _polled.Enqueue(call);
        }
        else if (carrier == _linuxAio)
        {
            _linuxAio.Enqueue(call);
        }
        else if (carrier == _epoll)
        {
            _epoll.Enqueue(call);
        }
        else
        {
            _ioUring!.Enqueue(call);
        }
    }

    private void OnIoUringBroken(int errno)
    {
        BackendCapability broken;
        if (errno == Errno.EBADR)
        {
            Log.ResultsLost(_logger, Name);
            broken = new BackendCapability(
                _ioUring!.Name, false, "it lost completions: the kernel had no memory to keep what found the queue full (EBADR); calls go to workers, and those whose results are not known end with EIO");
        }
        else
        {
            broken = Broken(_ioUring!, errno, "after it was set up");
        }

        Capabilities = Describe(broken, Capabilities.LinuxAio, Capabilities.Epoll, Capabilities.Workers);
    }

    private void OnLinuxAioBroken(int errno)
    {
        BackendCapability broken = Broken(_linuxAio!, errno, $"when it was needed ({AioBudget.Describe()}; raise fs.aio-max-nr)");
        Capabilities = Describe(Capabilities.IoUring, broken, Capabilities.Epoll, Capabilities.Workers);
    }

    private void OnEpollBroken(int errno)
    {
        BackendCapability broken = Broken(_epoll!, errno, "when it was needed (too many open files? raise RLIMIT_NOFILE)");
        Capabilities = Describe(Capabilities.IoUring, Capabilities.LinuxAio, broken, Capabilities.Workers);
    }

    private BackendCapability Broken(ICallCarrier backend, int errno, string when)
    {
        string reason = $"it failed with errno {errno} ({Marshal.GetPInvokeErrorMessage(errno)}) {when}; calls go to workers";
        Log.BackendFailed(_logger, Name, backend.Name, reason);
        return new BackendCapability(backend.Name, false, reason);
    }
}
