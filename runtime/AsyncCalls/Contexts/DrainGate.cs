namespace AsyncCalls.Contexts;

/// <summary>
/// The order that <see cref="IocbFlags.Drain"/> asks for, in one context: what drains begins when everything that was in flight has ended, and what is submitted after it when it has.
/// </summary>
/// <remarks>
/// <para>Chains (of one call, too) wait in <see cref="_waiting"/>, with their slots taken, from the first that drains on; without one, submission does not come here. What runs is what is in
/// flight in the context less what waits here. A waiting call that is cancelled leaves <see cref="_held"/> before the context counts it out: for that moment too many seem to run, never
/// too few; whoever ends a call looks again when it is counted.</para>
/// <para>All under <see cref="_gate"/>, except that chains are begun outside it.</para>
/// </remarks>
internal sealed class DrainGate(Func<int> inFlight)
{
    private readonly Lock _gate = new();
    private readonly Queue<CallChain> _waiting = new();
    private CallChain? _draining;
    private int _held;

    /// <summary>Whether what is submitted now begins at once.</summary>
    public bool IsOpen
    {
        get
        {
            lock (_gate)
            {
                return _waiting.Count == 0 && _draining is not { Left: > 0 };
            }
        }
    }

    /// <summary>Enters an accepted chain, which begins when its turn comes.</summary>
    public void Enter(CallChain chain)
    {
        lock (_gate)
        {
            chain.IsHeld = true;
            _held += chain.Left;
            _waiting.Enqueue(chain);
        }

        Advance();
    }

    /// <summary>A call of a chain is about to be counted out of the context.</summary>
    public void Ending(CallChain chain)
    {
        lock (_gate)
        {
            chain.Left--;
            _held -= chain.IsHeld ? 1 : 0;
        }
    }

    /// <summary>Begins what can begin. After each end of a call, and after each entry.</summary>
    public void Advance()
    {
        while (true)
        {
            CallChain next;
            lock (_gate)
            {
                if (_draining is { Left: > 0 } || !_waiting.TryPeek(out CallChain? first) || (first.Drains && inFlight() > _held))
                {
                    return;
                }

                next = _waiting.Dequeue();
                next.IsHeld = false;
                _held -= next.Left;
                _draining = next.Drains ? next : null;
            }

            next.Begin();
        }
    }
}
