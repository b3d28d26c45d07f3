using System.Diagnostics;
using System.Diagnostics.CodeAnalysis;
using AsyncCalls.Backends;
using AsyncCalls.Calls;

namespace AsyncCalls.Contexts;

/// <summary>What a dispatcher serves.</summary>
internal interface IDispatchSource
{
    /// <summary>Takes one event and runs its continuation here, or, if <paramref name="elsewhere"/>, has the thread pool run it. False: there was none.</summary>
    bool DispatchOne(bool elsewhere);

    /// <summary>How many events wait, at least.</summary>
    int Waiting { get; }

    /// <summary>Whether any call is in flight.</summary>
    bool HasCallsInFlight { get; }
}

/// <summary>
/// Leader and followers: the thread that reaps also runs the continuations, so that a completion costs no hand-over; when one of them blocks,
/// another thread takes the lead and everybody else's completions go on.
/// </summary>
/// <remarks>
/// <para><b>The lead</b> is one word, <see cref="_lead"/>: the leader's number and whether it dispatches or pumps.</para>
/// <code>
///   (T, Dispatching) ──T, by swap──► (T, Pumping) ──T──► (T, Dispatching)
///          │
///          └──watchdog, by swap, when T made no progress for a whole tick──► (F, Dispatching)
/// </code>
/// <para>Only the leader pumps (enters the kernel, publishes what completed), so one thread at a time does. Dispatching needs no lead: the
/// ring has any number of consumers, and each event reaches one of them. A leader that blocks in a continuation holds
/// nothing but that continuation: the events after it are still in the ring. When it comes back it finds the lead gone and waits
/// among the followers.</para>
/// <para><b>Progress.</b> <see cref="Member.Progress"/> is written by its thread after each continuation and each pump. The watchdog compares it with
/// what it saw a tick before. A spurious takeover is harmless.</para>
/// <para><b>Helpers.</b> Where continuations compute (20 µs or more each, measured over the last batch) and several wait, the leader wakes followers, which
/// dispatch from the ring until it is empty.</para>
/// <para><b>Limit.</b> When all <see cref="MembersMax"/> threads are blocked in continuations, the last one keeps pumping and gives continuations
/// to the thread pool instead: reaping never stops.</para>
/// </remarks>
internal sealed class Dispatcher : IDispatcher, IWatched
{
    private const int MembersMax = 64;
    private const long Dispatching = 1;

    /// <summary>A hand-over to a thread that sleeps costs 20 to 50 µs: below that the leader is quicker alone.</summary>
    private static readonly long HeavyTicks = Stopwatch.Frequency * 20 / 1_000_000;

    private readonly RuntimeName _name;
    private readonly IDispatchSource _source;
    private readonly IPump _pump;
    private readonly Watchdog _watchdog;
    private readonly Lock _membership = new();
    private readonly Stack<Member> _followers = new();
    private readonly ManualResetEventSlim _ended = new(initialState: false);
    private int _members;
    private int _helping;
    private int _started;
    private long _lead;
    private volatile bool _stopping;
    private volatile bool _exhausted;

    // The watchdog's own: what it saw in the last tick.
    private long _leadSeen;
    private long _progressSeen;
    private Member? _leader;

    [ThreadStatic]
    private static Member? _current;

    public Dispatcher(RuntimeName name, IDispatchSource source, IPump pump, Watchdog watchdog)
    {
        _name = name;
        _source = source;
        _pump = pump;
        _watchdog = watchdog;
        watchdog.Watch(this);
    }

    /// <summary>Whether the leader, before it sleeps, has something to do.</summary>
    public bool HasWork => _stopping || _source.Waiting > 0;

    /// <summary>
    /// Makes sure that what was queued or published is looked at. The leader's own thread looks by itself when its continuation returns.
    /// </summary>
    public void Wake()
    {
        if (_current is { } member && member.Owner == this && Volatile.Read(ref _lead) == member.Lead)
        {
            return;
        }

        if (Volatile.Read(ref _started) == 0 && Interlocked.Exchange(ref _started, 1) == 0)
        {
            lock (_membership)
            {
                if (TryAddMember(out Member? first))
                {
                    Lead(first);
                    first.Chosen.Set();
                }
                else
                {
                    // No thread to be had: the next call tries again.
                    Volatile.Write(ref _started, 0);
                }
            }
        }

        _pump.Wake();
        if (_ended.IsSet)
        {
            DispatchTheRest();
        }
    }

    /// <summary>Ends the threads when nothing is in flight, and waits for the pump to be closed. False: not within the time.</summary>
    public bool Stop(TimeSpan timeout)
    {
        _stopping = true;
        if (Interlocked.Exchange(ref _started, 1) == 0)
        {
            _pump.Dispose();
            _ended.Set();
            DispatchTheRest();
            return true;
        }

        _pump.Wake();
        _watchdog.Arm();
        return _ended.Wait(timeout);
    }

    public bool Tick()
    {
        long lead = Volatile.Read(ref _lead);
        if ((lead & Dispatching) == 0)
        {
            _leadSeen = 0;
            return false;
        }

        Member? leader = _leader;
        if (leader is null || leader.Lead != lead)
        {
            return true;
        }

        long progress = Volatile.Read(ref leader.Progress);
        if (_leadSeen == lead && _progressSeen == progress)
        {
            Replace(lead);
            _leadSeen = 0;
            return true;
        }

        _leadSeen = lead;
        _progressSeen = progress;
        return true;
    }

    /// <summary>Gives the lead of a thread that makes no progress to a follower, or to a new thread.</summary>
    private void Replace(long lead)
    {
        lock (_membership)
        {
            Member? next;
            bool isNew = !_followers.TryPop(out next);
            if (isNew && !TryAddMember(out next))
            {
                return;
            }

            // The last one that could lead must not block: nobody would be left to replace it.
            _exhausted = _members == MembersMax && _followers.Count == 0;
            if (Interlocked.CompareExchange(ref _lead, next!.Lead, lead) == lead)
            {
                _leader = next;
                next.Chosen.Set();
            }
            else if (!isNew)
            {
                _followers.Push(next);
                _exhausted = false;
            }
        }
    }

    /// <summary>
    /// Starts another thread, which becomes a follower unless it is chosen before the lock is left. False: there are as many as there may be, or the
    /// system has no thread to give; the next tick tries again.
    /// </summary>
    private bool TryAddMember([NotNullWhen(true)] out Member? member)
    {
        member = null;
        if (_members == MembersMax)
        {
            return false;
        }

        int number = _members + 1;
        var added = new Member(this, number);
        try
        {
            RuntimeThread.Start(_name, "dispatcher", number, () => Run(added));
        }
        catch (OutOfMemoryException)
        {
            return false;
        }

        _members++;
        member = added;
        return true;
    }

    private void Lead(Member member)
    {
        _leader = member;
        Volatile.Write(ref _lead, member.Lead);
    }

    private void Run(Member member)
    {
        _current = member;
        do
        {
            if (Volatile.Read(ref _lead) == member.Lead)
            {
                if (RunAsLeader(member))
                {
                    return;
                }
            }
            else if (member.IsHelper)
            {
                member.IsHelper = false;
                RunAsHelper();
            }
        }
        while (Follow(member));
    }

    /// <summary>True: the dispatcher has ended.</summary>
    private bool RunAsLeader(Member member)
    {
        bool heavy = false;
        while (true)
        {
            // After the lead says "dispatching": from here on a continuation may block.
            _watchdog.Arm();
            if (heavy && HasWaiting)
            {
                CallHelpers();
            }

            // Two readings of the clock cost as much as a tenth of a no-op: only where there is more than one to help with.
            long start = _source.Waiting > 1 ? Stopwatch.GetTimestamp() : 0;
            int count = 0;
            while (_source.DispatchOne(elsewhere: _exhausted))
            {
                count++;
                Volatile.Write(ref member.Progress, member.Progress + 1);
                if (Volatile.Read(ref _lead) != member.Lead)
                {
                    return false;
                }
            }

            heavy = start != 0 && count > 0 && (Stopwatch.GetTimestamp() - start) / count > HeavyTicks;
            // From here until it dispatches again the leader cannot be replaced: it waits in the kernel, not in user code.
            if (Interlocked.CompareExchange(ref _lead, member.Lead & ~Dispatching, member.Lead) != member.Lead)
            {
                return false;
            }

            if (_stopping && !_source.HasCallsInFlight && !HasWaiting)
            {
                End();
                return true;
            }

            _pump.Pump(mayWait: true);
            Volatile.Write(ref member.Progress, member.Progress + 1);
            Volatile.Write(ref _lead, member.Lead);
        }
    }

    private bool HasWaiting => _source.Waiting > 0;

    private void CallHelpers()
    {
        int wanted = Math.Min(_source.Waiting, Environment.ProcessorCount) - 1;
        while (Volatile.Read(ref _helping) < wanted)
        {
            lock (_membership)
            {
                // The last follower of a full house is the one that replaces the leader.
                if (_members == MembersMax && _followers.Count <= 1)
                {
                    return;
                }

                if (!_followers.TryPop(out Member? helper) && (_members >= Environment.ProcessorCount || !TryAddMember(out helper)))
                {
                    return;
                }

                Interlocked.Increment(ref _helping);
                helper!.IsHelper = true;
                helper.Chosen.Set();
            }
        }
    }

    private void RunAsHelper()
    {
        while (_source.DispatchOne(elsewhere: false))
        {
        }

        Interlocked.Decrement(ref _helping);
    }

    /// <summary>Waits to be chosen, as leader or as helper. False: the dispatcher has ended.</summary>
    private bool Follow(Member member)
    {
        lock (_membership)
        {
            if (_ended.IsSet)
            {
                return false;
            }

            if (member.Chosen.IsSet)
            {
                // Chosen between its start and now.
                member.Chosen.Reset();
                return true;
            }

            _followers.Push(member);
            _exhausted = false;
        }

        member.Chosen.Wait();
        member.Chosen.Reset();
        return !_ended.IsSet;
    }

    private void End()
    {
        _pump.Dispose();
        lock (_membership)
        {
            _ended.Set();
            while (_followers.TryPop(out Member? follower))
            {
                follower.Chosen.Set();
            }
        }

        DispatchTheRest();
    }

    /// <summary>
    /// What comes after the end (an awaiter that was late, a waiting call that was cancelled) goes to the thread pool. Who queues looks at
    /// <see cref="_ended"/> afterwards; the end looks at the queue afterwards.
    /// </summary>
    private void DispatchTheRest()
    {
        while (_source.DispatchOne(elsewhere: true))
        {
        }
    }

    /// <summary>One thread of the dispatcher.</summary>
    private sealed class Member(Dispatcher owner, int number)
    {
        public Dispatcher Owner { get; } = owner;

        /// <summary>The word that says that this thread leads and dispatches.</summary>
        public long Lead { get; } = ((long)number << 1) | Dispatching;

        /// <summary>Set, under the membership lock, when the thread is to lead or to help.</summary>
        public ManualResetEventSlim Chosen { get; } = new(initialState: false);

        /// <summary>Whether it was chosen to help. Written under the membership lock before it begins, then by itself.</summary>
        public bool IsHelper { get; set; }

        public long Progress;
    }
}
