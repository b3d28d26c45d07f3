using AsyncCalls.Backends;

namespace AsyncCalls.Testing;

/// <summary>
/// A machine for tests: runtimes that are built on it make their calls against the real files, pipes and bodies, but when, in which order and with which faults is drawn from a seed, and
/// time is virtual. The same seed gives the same run.
/// </summary>
/// <remarks>
/// <para>Nothing happens by itself. <see cref="Run(Func{Task})"/> runs code to its end; <see cref="Step()"/>, <see cref="RunUntilIdle"/> and <see cref="Advance"/> let happen what is due. Calls are
/// made, and awaiters resumed, on the thread that steps: a body or continuation that blocks there blocks the simulation.</para>
/// <para>What is simulated is the backend: table, admission, buffers, handles, cancellation, contexts and awaiters are the runtime's own. Deadlines are kept in virtual time. Inline
/// attempts are off, so that every call takes part. Code that leaves the simulation (<c>Task.Run</c>, <c>Task.Delay</c>, sockets of the class library) is waited for, but is
/// not repeatable.</para>
/// <para>One thread at a time steps. Calls may come from any thread; those of other threads are not repeatable.</para>
/// </remarks>
public sealed class CallSimulation
{
    /// <summary>Lines of the trace in the message of a failure.</summary>
    private const int TraceInMessage = 40;

    private readonly Agenda _agenda;
    private readonly SimulationContext _context;
    private readonly List<SimulatedBackend> _backends = [];
    private int _lastNumber;

    /// <summary>Makes a simulation.</summary>
    /// <param name="seed">What everything is drawn from.</param>
    /// <param name="faults">What goes wrong; null for <see cref="CallFaults.None"/>.</param>
    /// <exception cref="ArgumentException">A fault is out of its range.</exception>
    public CallSimulation(int seed, CallFaults? faults = null)
    {
        Faults = faults ?? CallFaults.None;
        Faults.Validate();
        Seed = seed;
        _agenda = new Agenda(seed, Faults);
        _context = new SimulationContext(_agenda);
    }

    /// <summary>What everything is drawn from.</summary>
    public int Seed { get; }

    /// <summary>What goes wrong.</summary>
    public CallFaults Faults { get; }

    /// <summary>The virtual time since the beginning.</summary>
    public TimeSpan Now => TimeSpan.FromTicks(_agenda.Now);

    /// <summary>What happened, a line for each event, oldest first; of a long run the last 10,000.</summary>
    public IReadOnlyList<string> Trace => _agenda.Trace();

    /// <summary>How long <see cref="Run(Func{Task})"/> waits, in real time, for code that left the simulation, before it says that nothing goes on. Default: 10 seconds.</summary>
    public TimeSpan StallTimeout { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>Makes a runtime on this simulation. The caller disposes it.</summary>
    /// <param name="options">Its settings; null for the defaults. <see cref="AsyncCallOptions.Backends"/> and <see cref="AsyncCallOptions.InlineAttempts"/> have no meaning here.</param>
    /// <exception cref="ArgumentException">A setting is out of its range.</exception>
    public AsyncCallRuntime CreateRuntime(AsyncCallOptions? options = null)
    {
        options = options?.Clone() ?? new AsyncCallOptions();
        Attach(options);
        return new AsyncCallRuntime(options);
    }

    /// <summary>Has a runtime that is made with these options run on this simulation: <c>services.AddAsyncCalls(simulation.Attach)</c>.</summary>
    /// <param name="options">The options of the runtime.</param>
    public void Attach(AsyncCallOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        options.InlineAttempts = false;
        options.Simulator = new Simulator(this);
    }

    /// <summary>Lets the next thing happen. False: there is nothing, or nothing but calls whose stream is not ready.</summary>
    public bool Step() => Step(long.MaxValue);

    /// <summary>Steps until there is nothing to do: whatever has not completed then waits for somebody else. Deadlines pass.</summary>
    /// <returns>How many steps it took.</returns>
    public int RunUntilIdle()
    {
        int steps = 0;
        while (Step())
        {
            steps++;
        }

        return steps;
    }

    /// <summary>Lets a time pass, and everything happen that is due by then.</summary>
    /// <param name="time">The virtual time.</param>
    /// <exception cref="ArgumentOutOfRangeException">The time is negative.</exception>
    public void Advance(TimeSpan time)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(time, TimeSpan.Zero);
        long until = _agenda.Now + time.Ticks;
        while (Step(until))
        {
        }

        _agenda.AdvanceTo(until);
    }

    /// <summary>Runs asynchronous code on this thread, stepping until it has ended.</summary>
    /// <param name="test">The code. What it awaits resumes on this thread.</param>
    /// <exception cref="CallSimulationException">It failed, or came to a halt. The message has the seed, the cause and what happened last.</exception>
    public void Run(Func<Task> test)
    {
        ArgumentNullException.ThrowIfNull(test);
        Run(async () =>
        {
            await test().ConfigureAwait(true);
            return true;
        });
    }

    /// <summary>Runs asynchronous code on this thread, stepping until it has ended.</summary>
    /// <param name="test">The code. What it awaits resumes on this thread.</param>
    /// <returns>Its result.</returns>
    /// <exception cref="CallSimulationException">It failed, or came to a halt. The message has the seed, the cause and what happened last.</exception>
    public T Run<T>(Func<Task<T>> test)
    {
        ArgumentNullException.ThrowIfNull(test);
        SynchronizationContext? before = SynchronizationContext.Current;
        SynchronizationContext.SetSynchronizationContext(_context);
        try
        {
            Task<T> running = test();
            _ = running.ContinueWith(
                static (_, agenda) => ((Agenda)agenda!).Nudge(), _agenda, CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
            while (!running.IsCompleted)
            {
                if (!Step() && !_agenda.WaitForArrival(StallTimeout) && !running.IsCompleted)
                {
                    throw Failure("nothing goes on, and the code has not ended: it waits for something that nobody does", null);
                }
            }

            return running.GetAwaiter().GetResult();
        }
        catch (Exception exception) when (exception is not CallSimulationException)
        {
            throw Failure($"{exception.GetType().Name}: {exception.Message}", exception);
        }
        finally
        {
            SynchronizationContext.SetSynchronizationContext(before);
        }
    }

    /// <summary>Runs a test once for each of many seeds, until it fails or all are through.</summary>
    /// <param name="seeds">How many: 1, 2, 3, …</param>
    /// <param name="faults">What goes wrong; null for <see cref="CallFaults.None"/>.</param>
    /// <param name="test">The test. It makes its runtime from the simulation that it is given.</param>
    /// <exception cref="CallSimulationException">It failed with the seed that the message names.</exception>
    public static void RunSeeds(int seeds, CallFaults? faults, Func<CallSimulation, Task> test)
    {
        ArgumentNullException.ThrowIfNull(test);
        for (int seed = 1; seed <= seeds; seed++)
        {
            var simulation = new CallSimulation(seed, faults);
            simulation.Run(() => test(simulation));
        }
    }

    private bool Step(long until)
    {
        SimulatedBackend[] backends;
        lock (_backends)
        {
            backends = [.. _backends];
        }

        foreach (SimulatedBackend backend in backends)
        {
            backend.LookAtParked();
        }

        if (_agenda.Take(until) is not { } happens)
        {
            return false;
        }

        happens();
        return true;
    }

    private CallSimulationException Failure(string what, Exception? cause)
    {
        string[] trace = _agenda.Trace();
        return new CallSimulationException(
            $"With seed {Seed}: {what}\nnew CallSimulation({Seed}) with the same faults makes it happen again. What happened last, of {trace.Length} events:\n{string.Join('\n', trace.TakeLast(TraceInMessage))}",
            cause);
    }

    /// <summary>The inside of the simulation, as the runtimes see it.</summary>
    private sealed class Simulator(CallSimulation simulation) : ISimulator
    {
        public ISimulatedBackend Attach(ISimulatedHost host)
        {
            var backend = new SimulatedBackend(
                simulation._agenda, simulation.Faults, host, () => Interlocked.Increment(ref simulation._lastNumber), () => _ = simulation.RunUntilIdle());
            lock (simulation._backends)
            {
                simulation._backends.Add(backend);
            }

            return backend;
        }
    }
}
