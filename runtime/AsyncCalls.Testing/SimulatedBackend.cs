using System.Diagnostics;
using AsyncCalls.Backends;
using AsyncCalls.Calls;
using AsyncCalls.Interop.Linux;

namespace AsyncCalls.Testing;

/// <summary>
/// The backend of one runtime in a simulation. A call begins after a seeded delay and ends after another; what it does, it does when it ends, on the thread that steps.
/// </summary>
/// <remarks>
/// <code>
///   Enqueue ─► begin (taken: Running) ─► end: the system call, with its faults ─► settled, published ─► dispatched
///                                         │ ▲
///                        stream not ready │ │ ready, interrupted, or its handle was disposed
///                                         ▼ │
///                                        parked
/// </code>
/// <para>Whoever steps owns a call from its beginning to its end. <see cref="_flights"/> and <see cref="_parked"/> are under <see cref="_gate"/>; no call is made, settled or resumed
/// under it. Cancelling is the runtime's own: it flags the call and asks <see cref="Cancel"/>, which takes a call that has not begun and interrupts one that has. Whether an interruption
/// comes in time is drawn from the seed, as it is a matter of luck elsewhere.</para>
/// </remarks>
internal sealed class SimulatedBackend(Agenda agenda, CallFaults faults, ISimulatedHost host, Func<int> nextNumber, Action drain) : ISimulatedBackend, IInterruptGate
{
    /// <summary>A stream that is ready to be written takes at least this much without waiting (PIPE_BUF).</summary>
    private const int ReadyBytes = 4_096;

    private readonly Lock _gate = new();
    private readonly Dictionary<CallUse, Flight> _flights = [];
    private readonly List<Flight> _parked = [];
    private readonly HashSet<CallUse> _deadlines = [];
    private volatile bool _stopped;

    public string Name => "simulation";

    public bool HasWork => false;

    public bool RefusesSlot() => agenda.Chance(faults.Refusals);

    public void Enqueue(Call call, long epoch) => agenda.AddDelayed(() => Begin(call, epoch));

    public void AddDeadline(Call call)
    {
        var use = new CallUse(call, call.Epoch);
        call.Timer = this;
        lock (_gate)
        {
            _deadlines.Add(use);
        }

        agenda.AddAfter(call.Timeout.Ticks, () => Expire(use), () => HasDeadline(use));
    }

    public void Remove(Call call)
    {
        lock (_gate)
        {
            _deadlines.Remove(new CallUse(call, call.Epoch));
        }
    }

    public CancelOutcome Cancel(Call call, long epoch)
    {
        if (call.TryTake(epoch))
        {
            call.Settle(-Errno.ECANCELED, cancelled: true);
            Publish(call);
            return CancelOutcome.Cancelled;
        }

        if (!CanInterrupt(call))
        {
            return CancelOutcome.NotPossible;
        }

        Interrupt(new CallUse(call, epoch));
        return CancelOutcome.InProgress;
    }

    public bool CanInterrupt(Call call) => call.Interruption != Interruption.None;

    public void Wake()
    {
        if (_stopped)
        {
            DispatchTheRest();
            return;
        }

        agenda.AddAfter(agenda.Chance(faults.LostWakeUps) ? Agenda.LookAgainTicks : 0, Dispatch);
    }

    public bool Stop(TimeSpan timeout)
    {
        _stopped = true;
        DispatchTheRest();
        return true;
    }

    public void Drain() => drain();

    /// <summary>Looks at the calls that are parked, and lets those go on that can. Before each step.</summary>
    public void LookAtParked()
    {
        Flight[] parked;
        lock (_gate)
        {
            if (_parked.Count == 0)
            {
                return;
            }

            parked = [.. _parked];
        }

        foreach (Flight flight in parked)
        {
            if (flight.Call.Handle is { } handle && HandleState.IsDisposed(handle))
            {
                flight.Use.RequestCancel(CancelReason.HandleClosed);
            }
            else if (IsReady((IoCall)flight.Call))
            {
                Unpark(flight);
            }
        }
    }

    bool IInterruptGate.Enter(Call call) => !call.IsCancelRequested;

    void IInterruptGate.Leave()
    {
    }

    private void Begin(Call call, long epoch)
    {
        if (!call.TryTake(epoch))
        {
            return;
        }

        var flight = new Flight(call, epoch, nextNumber());
        if (call.IsCancelRequested)
        {
            agenda.Note($"{flight}: cancelled before it began");
            call.Settle(-Errno.ECANCELED, cancelled: true);
            Publish(call);
            return;
        }

        lock (_gate)
        {
            _flights.Add(flight.Use, flight);
        }

        agenda.Note($"{flight}: begins");
        agenda.AddDelayed(() => End(flight));
    }

    private void End(Flight flight)
    {
        if (flight.Call is IoCall io)
        {
            Attempt(flight, io);
            return;
        }

        agenda.Note($"{flight}: runs");
        flight.Call.Gate = this;
        flight.Call.Execute(this);
        Leave(flight);
    }

    /// <summary>One system call of the simulated kernel.</summary>
    private void Attempt(Flight flight, IoCall io)
    {
        long result;
        bool goesOn = true;
        bool waits = !IsReady(io);
        if (io is { IsCancelRequested: true, IsCancellable: true } && flight.Interrupted && (waits || agenda.Chance(0.5)))
        {
            result = -Errno.ECANCELED;
        }
        else if (waits)
        {
            agenda.Note($"{flight}: waits");
            Park(flight);
            return;
        }
        else
        {
            result = WithFaults(io, ref goesOn);
        }

        agenda.Note($"{flight}: {result}");
        if (!io.TryFinish(result, goesOn))
        {
            agenda.AddDelayed(() => Attempt(flight, io));
            return;
        }

        Leave(flight);
    }

    private long WithFaults(IoCall io, ref bool goesOn)
    {
        // Drawn in any case, so that a call draws the same whatever comes of it.
        bool fails = agenda.Chance(faults.Errors);
        bool isInterrupted = agenda.Chance(faults.Interruptions);
        bool isShort = agenda.Chance(faults.ShortTransfers);
        if (io.Operation is CallOperation.Nop or CallOperation.Close)
        {
            return IoCall.Perform(io.Iocb);
        }

        if (fails)
        {
            return -faults.ErrorNumbers[(int)agenda.Below(faults.ErrorNumbers.Count)];
        }

        if (isInterrupted)
        {
            return -Errno.EINTR;
        }

        Iocb part = io.Iocb;
        if (IsTransfer(io.Operation))
        {
            if (io.IsUnbounded && IsWrite(io.Operation))
            {
                part.Length = Math.Min(part.Length, ReadyBytes);
            }

            if (isShort && part.Length > 1)
            {
                part.Length = 1 + agenda.Below(part.Length - 1);
                goesOn = io.GoesOn;
            }
        }

        return IoCall.Perform(part);
    }

    private void Leave(Flight flight)
    {
        lock (_gate)
        {
            _flights.Remove(flight.Use);
        }

        Publish(flight.Call);
    }

    private void Publish(Call call)
    {
        Debug.Assert(call.IsSettled, "What is published has ended.");
        host.Counters.AddSettled(call, CompletionPath.Workers);
        call.Owner.Publish(call, dispatchHere: false);
    }

    private void Dispatch()
    {
        while (host.DispatchOne(elsewhere: false))
        {
        }
    }

    private void DispatchTheRest()
    {
        while (host.DispatchOne(elsewhere: true))
        {
        }
    }

    /// <summary>An interruption that is lost is sent again, as the runtime's own backends do.</summary>
    private void Interrupt(CallUse use)
    {
        if (agenda.Chance(faults.LostWakeUps))
        {
            agenda.AddAfter(Agenda.LookAgainTicks, () => Interrupt(use));
            return;
        }

        Flight? flight;
        lock (_gate)
        {
            if (!_flights.TryGetValue(use, out flight))
            {
                return;
            }

            flight.Interrupted = true;
        }

        Unpark(flight);
    }

    private void Park(Flight flight)
    {
        lock (_gate)
        {
            flight.Parked = true;
            _parked.Add(flight);
        }

        // An interruption that came before it was parked finds it so now.
        if (flight.Interrupted)
        {
            Unpark(flight);
        }
    }

    private void Unpark(Flight flight)
    {
        lock (_gate)
        {
            if (!flight.Parked)
            {
                return;
            }

            flight.Parked = false;
            _parked.Remove(flight);
        }

        agenda.AddAfter(agenda.Chance(faults.LostWakeUps) ? Agenda.LookAgainTicks : 0, () => End(flight));
    }

    private bool HasDeadline(CallUse use)
    {
        lock (_gate)
        {
            return _deadlines.Contains(use);
        }
    }

    private void Expire(CallUse use)
    {
        lock (_gate)
        {
            _deadlines.Remove(use);
        }

        use.RequestCancel(CancelReason.TimedOut);
    }

    private static bool IsReady(IoCall io) =>
        !io.IsUnbounded || !IsTransfer(io.Operation) || Syscalls.IsReady((int)io.Iocb.Handle, IsWrite(io.Operation));

    private static bool IsTransfer(CallOperation operation) =>
        operation is CallOperation.Read or CallOperation.ReadAt or CallOperation.Write or CallOperation.WriteAt;

    private static bool IsWrite(CallOperation operation) => operation is CallOperation.Write or CallOperation.WriteAt;
}
