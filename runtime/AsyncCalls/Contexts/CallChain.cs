using AsyncCalls.Backends;
using AsyncCalls.Calls;

namespace AsyncCalls.Contexts;

/// <summary>
/// Blocks that were submitted as one: each begins when the one before has ended. All have slots and ids from the beginning; those that wait are Queued, with the chain as their carrier, so that
/// they are listed and can be cancelled.
/// </summary>
/// <remarks>
/// <para><b>Turns.</b> <see cref="_current"/> is the place whose end is awaited. Under <see cref="_gate"/>: an end is noted; then, unless another thread is at it
/// (<see cref="_advancing"/>: it looks again before it leaves), turns are given: the next call is taken (Queued → Running) and handed to its backend, or, once the chain is broken, settled as
/// cancelled. One whose canceller took it first ends by that, and its turn passes when it has. No call is handed on or settled under the lock, and a long chain that breaks is no recursion.</para>
/// <para><b>Broken</b>: a call failed, or transferred less than it was to, and its link is a soft one. Everything after it ends with −ECANCELED, hard links or not, as the kernel has it.</para>
/// </remarks>
internal sealed class CallChain : ICallCarrier, ICallChain
{
    private readonly Lock _gate = new();
    private readonly CallEngine _engine;
    private readonly DrainGate? _drain;
    private readonly Member[] _members;
    private int _count;
    private int _current;
    private int _given = -1;
    private bool _broken;

    /// <summary>Until <see cref="Begin"/> nobody gives turns.</summary>
    private bool _advancing = true;

    public CallChain(CallEngine engine, DrainGate? drain, int length, bool drains)
    {
        _engine = engine;
        _drain = drain;
        _members = new Member[length];
        Drains = drains;
    }

    public string Name => "none";

    /// <summary>Whether it begins when all before it have ended, and nothing after it begins before it has ended.</summary>
    public bool Drains { get; }

    /// <summary>How many of its calls have not ended. Under the lock of the drain gate.</summary>
    public int Left { get; set; }

    /// <summary>Whether it waits at the drain gate. Under the lock of the gate.</summary>
    public bool IsHeld { get; set; }

    /// <summary>Enters a prepared call.</summary>
    public void Add(IoCall call, Backend backend, bool isSoft, TimeSpan sleep, long wholeBytes)
    {
        call.Join(this, _count, wholeBytes);
        _members[_count++] = new Member { Call = call, Epoch = call.Epoch, Backend = backend, IsSoft = isSoft, Sleep = sleep };
    }

    /// <summary>Gives back what was prepared: the chain is refused before anyone has seen it.</summary>
    public void Abandon()
    {
        for (int i = 0; i < _count; i++)
        {
            _members[i].Call.Abandon();
        }
    }

    /// <summary>Gives all calls their slots, or none.</summary>
    /// <returns>
    /// How many were accepted: all; or none, because slots are wanting; or, should somebody have cancelled calls in the moment between, those up to the last of these.
    /// </returns>
    /// <exception cref="ObjectDisposedException">Nothing was accepted: the context or the runtime was disposed.</exception>
    public int TryStart(Span<CallId> ids)
    {
        int started = 0;
        bool dead = false;
        try
        {
            while (started < _count && _engine.TryStart(_members[started].Call, this, CancellationToken.None, out ulong id))
            {
                _members[started++].Id = id;
            }
        }
        catch (ObjectDisposedException)
        {
            dead = true;
        }

        int accepted = started;
        if (started < _count)
        {
            // One that could not be started because of a dispose was given back already.
            for (int i = started + (dead ? 1 : 0); i < _count; i++)
            {
                _members[i].Call.Abandon();
            }

            while (accepted > 0 && _engine.TryWithdraw(_members[accepted - 1].Call, _members[accepted - 1].Epoch))
            {
                accepted--;
            }

            _count = accepted;
            ObjectDisposedException.ThrowIf(dead && accepted == 0, typeof(AsyncCallContext));
        }

        for (int i = 0; i < accepted && !ids.IsEmpty; i++)
        {
            ids[i] = new CallId(_members[i].Id);
        }

        Left = accepted;
        return accepted;
    }

    /// <summary>Gives the first turn.</summary>
    public void Begin() => GiveTurns();

    public CancelOutcome Cancel(Call call, long epoch)
    {
        if (!call.TryTake(epoch))
        {
            // Its turn has come at this moment: the flag is seen when it is handed over.
            return CancelOutcome.InProgress;
        }

        _engine.EndUnrun(call);
        return CancelOutcome.Cancelled;
    }

    public bool CanInterrupt(Call call) => true;

    public void Ending() => _drain?.Ending(this);

    public void Ended(int place, bool failed)
    {
        lock (_gate)
        {
            _members[place].HasEnded = true;
            _members[place].HasFailed = failed;
            if (_advancing)
            {
                return;
            }

            _advancing = true;
        }

        GiveTurns();
    }

    private void GiveTurns()
    {
        while (true)
        {
            int place;
            bool broken;
            lock (_gate)
            {
                while (_current < _count && _members[_current].HasEnded)
                {
                    _broken |= _members[_current].HasFailed && _members[_current].IsSoft;
                    _current++;
                }

                if (_current == _count || _given == _current)
                {
                    _advancing = false;
                    return;
                }

                _given = place = _current;
                broken = _broken;
            }

            GiveTurn(_members[place], broken);
        }
    }

    private void GiveTurn(in Member member, bool broken)
    {
        if (!member.Call.TryTake(member.Epoch))
        {
            // Its canceller has it.
            return;
        }

        if (broken)
        {
            _engine.EndUnrun(member.Call);
            return;
        }

        if (member.Call.Operation == CallOperation.Sleep)
        {
            member.Call.BeginSleep(member.Sleep);
        }

        _engine.HandOn(member.Call, member.Backend);
    }

    private struct Member
    {
        public IoCall Call;
        public long Epoch;
        public ulong Id;
        public Backend Backend;
        public TimeSpan Sleep;
        public bool IsSoft;
        public bool HasEnded;
        public bool HasFailed;
    }
}
