using System.Runtime.ExceptionServices;

namespace AsyncCalls.Runtime.Tests.Interleaving;

/// <summary>
/// Runs a small scenario again and again, each time in another order: every order of its shared accesses that has at most so many deviations
/// from "who runs goes on", the delays of its stores included.
/// </summary>
/// <remarks>
/// <para><b>Threads</b> are real ones of which one runs at a time. Before each shared access the running thread asks the schedule who goes on.</para>
/// <para><b>Store buffers</b> (total store order, as on x86): a store goes into its thread's buffer, a load looks there first, and fences
/// and interlocked operations empty it. When a thread is left, all of its buffer is written, or, for a deviation, only the first k
/// stores; what was kept back is written later: by its own fence, or, for a deviation, at any choice of another thread. Reordering
/// of loads, and of stores with one another, is not modelled.</para>
/// <para><b>Search</b>: depth first over the list of choices; a run replays a prefix, then always takes the first option, which costs
/// nothing. The options that cost a deviation are tried while the budget lasts.</para>
/// </remarks>
internal sealed class Interleaver
{
    private const int StepsMax = 5_000;
    private static readonly TimeSpan Stuck = TimeSpan.FromSeconds(60);

    private readonly int _deviationsMax;
    private readonly int _runsMax;
    private readonly List<Choice> _choices = [];
    private readonly List<Strand> _strands = [];
    private readonly SemaphoreSlim _over = new(0);
    private int _position;
    private int _deviations;
    private int _steps;
    private bool _abandoned;
    private Exception? _failure;

    [ThreadStatic]
    private static Strand? _current;

    private Interleaver(int deviationsMax, int runsMax)
    {
        _deviationsMax = deviationsMax;
        _runsMax = runsMax;
    }

    /// <summary>The thread of a scenario that runs now; null outside of one.</summary>
    public static Strand? Current => _current;

    /// <summary>How many orders were run.</summary>
    public int Runs { get; private set; }

    /// <summary>Runs a scenario in all orders within the bound. Throws what the first one that fails throws.</summary>
    public static Interleaver Explore(Func<Scenario> make, int deviations = 3, int runsMax = 200_000)
    {
        var interleaver = new Interleaver(deviations, runsMax);
        using var pool = new StrandPool();
        do
        {
            interleaver.RunOnce(make(), pool);
        }
        while (interleaver.NextOrder());
        return interleaver;
    }

    /// <summary>Looks for an order that fails, with more and more deviations. Null: there is none.</summary>
    public static Exception? Find(Func<Scenario> make, int deviationsMax = 3)
    {
        for (int deviations = 0; deviations <= deviationsMax; deviations++)
        {
            try
            {
                Explore(make, deviations);
            }
            catch (Exception e) when (e is ScenarioException or Xunit.Sdk.XunitException)
            {
                return e;
            }
        }

        return null;
    }

    /// <summary>Called by the running thread before each shared access.</summary>
    public void Yield(Strand self)
    {
        Unwind();
        if (++_steps > StepsMax)
        {
            Fail(new ScenarioException($"A thread goes on without end; {Describe()}"));
        }

        SwitchFrom(self);
        Unwind();
    }

    /// <summary>Called by the running thread when it has ended.</summary>
    public void End(Strand self, Exception? error)
    {
        self.HasEnded = true;
        if (error is not null and not AbandonedException)
        {
            _failure ??= error;
        }

        if (_failure is not null)
        {
            _abandoned = true;
        }

        if (_abandoned)
        {
            // Everyone else ends at its next access.
            Strand? other = _strands.Find(static strand => !strand.HasEnded);
            Hand(other);
        }
        else
        {
            SwitchFrom(self);
        }
    }

    private void RunOnce(Scenario scenario, StrandPool pool)
    {
        if (++Runs > _runsMax)
        {
            throw new InvalidOperationException($"More than {_runsMax} orders: the scenario is too large for its bound.");
        }

        _position = 0;
        _deviations = 0;
        _steps = 0;
        _abandoned = false;
        _failure = null;
        _strands.Clear();
        _strands.AddRange(pool.Rent(this, scenario.Threads));
        Hand(_strands[0]);
        if (!_over.Wait(Stuck))
        {
            throw new InvalidOperationException("The scenario blocks outside of the schedule.");
        }

        _strands.ForEach(static strand => strand.Flush(int.MaxValue));
        if (_failure is not null)
        {
            ExceptionDispatchInfo.Throw(_failure);
        }

        try
        {
            scenario.Check();
        }
        finally
        {
            scenario.Dispose();
        }
    }

    /// <summary>Moves on to the next list of choices. False: all were taken.</summary>
    private bool NextOrder()
    {
        while (_choices.Count > 0)
        {
            Choice last = _choices[^1];
            if (last.Taken + 1 < last.Options)
            {
                _choices[^1] = last with { Taken = last.Taken + 1 };
                return true;
            }

            _choices.RemoveAt(_choices.Count - 1);
        }

        return false;
    }

    private int Choose(int options)
    {
        if (options == 1)
        {
            return 0;
        }

        if (_position == _choices.Count)
        {
            _choices.Add(new Choice(0, options));
        }

        return _choices[_position++].Taken;
    }

    /// <summary>Decides who goes on, and waits until that is this thread again (unless it has ended).</summary>
    private void SwitchFrom(Strand self)
    {
        while (true)
        {
            Strand[] others = [.. _strands.Where(strand => strand != self && strand.CanRun)];
            Strand[] delayed = [.. _strands.Where(strand => strand != self && strand.Buffered > 0)];
            bool goesOn = !self.HasEnded && self.CanRun;
            if (!goesOn && others.Length == 0)
            {
                if (_strands.Exists(static strand => strand.Buffered > 0))
                {
                    // What was kept back may be what somebody waits for.
                    _strands.ForEach(static strand => strand.Flush(int.MaxValue));
                    continue;
                }

                if (_strands.TrueForAll(static strand => strand.HasEnded))
                {
                    _over.Release();
                    return;
                }

                Fail(new ScenarioException($"Nobody can go on: {Describe()}"), self);
                return;
            }

            bool mayDeviate = _deviations < _deviationsMax;
            int switches = goesOn && !mayDeviate ? 0 : others.Length;
            int choice = Choose((goesOn ? 1 : 0) + switches + (mayDeviate ? delayed.Length : 0));
            if (goesOn && choice-- == 0)
            {
                return;
            }

            if (choice >= switches)
            {
                _deviations++;
                delayed[choice - switches].Flush(1);
                continue;
            }

            if (goesOn)
            {
                _deviations++;
            }

            Leave(self);
            Switch(self, others[choice]);
            return;
        }
    }

    /// <summary>Writes what a thread that is left has buffered: all of it, or, for a deviation, less.</summary>
    private void Leave(Strand self)
    {
        int buffered = self.Buffered;
        int kept = buffered > 0 && _deviations < _deviationsMax ? Choose(buffered + 1) : 0;
        if (kept > 0)
        {
            _deviations++;
        }

        self.Flush(buffered - kept);
    }

    private void Switch(Strand self, Strand next)
    {
        // Read first: once the next one runs, this one may be in its next scenario.
        bool waits = !self.HasEnded;
        Hand(next);
        if (waits)
        {
            self.Turn.Wait();
        }
    }

    private void Hand(Strand? next)
    {
        if (next is null)
        {
            _over.Release();
        }
        else
        {
            next.Turn.Release();
        }
    }

    private void Fail(Exception failure, Strand? ended = null)
    {
        _failure ??= failure;
        _abandoned = true;
        if (ended is null || !ended.HasEnded)
        {
            throw new AbandonedException();
        }

        Hand(_strands.Find(static strand => !strand.HasEnded));
    }

    private void Unwind()
    {
        if (_abandoned)
        {
            throw new AbandonedException();
        }
    }

    private string Describe() => string.Join(", ", _strands.Select(static (strand, number) => $"{number}: {strand.State}"));

    private readonly record struct Choice(int Taken, int Options);

    private sealed class AbandonedException : Exception;

    /// <summary>The real threads, made once.</summary>
    private sealed class StrandPool : IDisposable
    {
        private readonly List<Strand> _strands = [];

        public IEnumerable<Strand> Rent(Interleaver interleaver, Action[] bodies)
        {
            while (_strands.Count < bodies.Length)
            {
                var strand = new Strand(interleaver, _strands.Count);
                _strands.Add(strand);
                new Thread(() => Run(strand)) { IsBackground = true, Name = "interleaved" }.Start();
            }

            for (int i = 0; i < bodies.Length; i++)
            {
                _strands[i].Reset(bodies[i]);
            }

            return _strands.Take(bodies.Length);
        }

        public void Dispose()
        {
            foreach (Strand strand in _strands)
            {
                strand.Reset(null);
                strand.Turn.Release();
            }
        }

        private static void Run(Strand strand)
        {
            _current = strand;
            while (true)
            {
                strand.Turn.Wait();
                if (strand.Body is not { } body)
                {
                    return;
                }

                Exception? error = null;
                try
                {
                    body();
                }
                catch (Exception e)
                {
                    error = e;
                }

                strand.Interleaver.End(strand, error);
            }
        }
    }
}

/// <summary>What is run: threads, and a check of the outcome.</summary>
internal sealed record Scenario(Action[] Threads, Action Check, IDisposable? Owned = null) : IDisposable
{
    public void Dispose() => Owned?.Dispose();
}

/// <summary>An order of accesses in which something went wrong.</summary>
internal sealed class ScenarioException(string message) : Exception(message);
