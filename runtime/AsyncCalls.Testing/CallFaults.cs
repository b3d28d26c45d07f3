namespace AsyncCalls.Testing;

/// <summary>
/// What goes wrong in a <see cref="CallSimulation"/>, and how often: probabilities from 0 to 0.9. All of it happens to real programs; a program that is right copes with all of it.
/// </summary>
public sealed record CallFaults
{
    /// <summary>Above this, what is tried again after a fault would be at it for very long.</summary>
    private const double ProbabilityMax = 0.9;

    /// <summary>Nothing goes wrong. Calls still take seeded times, and so complete in a seeded order.</summary>
    public static CallFaults None { get; } = new();

    /// <summary>Everything but errors goes wrong now and then: what correct code must survive without seeing an error.</summary>
    public static CallFaults Rough { get; } = new() { ShortTransfers = 0.3, Interruptions = 0.1, Refusals = 0.1, LostWakeUps = 0.1 };

    /// <summary>How often a read or write transfers only a part of what it could.</summary>
    public double ShortTransfers { get; init; }

    /// <summary>
    /// How often a system call is interrupted (EINTR). Twins of the class library's methods make it again by themselves; those of imports return it, as the import does.
    /// </summary>
    public double Interruptions { get; init; }

    /// <summary>How often a system call fails, with one of <see cref="ErrorNumbers"/>, without having done anything. Not close(2), bodies and imports without a native path.</summary>
    public double Errors { get; init; }

    /// <summary>The error numbers of failures. Default: EIO (5).</summary>
    public IReadOnlyList<int> ErrorNumbers { get; init; } = [5];

    /// <summary>How often a call finds the runtime full: a twin waits to be admitted, and a batch is accepted in part.</summary>
    public double Refusals { get; init; }

    /// <summary>
    /// How often it goes unnoticed at first that an event is there, that a stream is ready, or that a call is to be interrupted. It is noticed at the next look, a virtual millisecond later.
    /// </summary>
    public double LostWakeUps { get; init; }

    /// <summary>The most time, in the simulation, that a call takes to begin, and again to end. Default: 1 millisecond.</summary>
    public TimeSpan LongestDelay { get; init; } = TimeSpan.FromMilliseconds(1);

    /// <summary>Throws <see cref="ArgumentException"/> where a value is out of its range.</summary>
    internal void Validate()
    {
        Require(ShortTransfers, nameof(ShortTransfers));
        Require(Interruptions, nameof(Interruptions));
        Require(Errors, nameof(Errors));
        Require(Refusals, nameof(Refusals));
        Require(LostWakeUps, nameof(LostWakeUps));
        if (LongestDelay < TimeSpan.Zero || LongestDelay > TimeSpan.FromDays(1))
        {
            throw new ArgumentException($"{nameof(LongestDelay)} is {LongestDelay}: set it to zero or more, and at most a day.");
        }

        if (Errors > 0 && (ErrorNumbers.Count == 0 || ErrorNumbers.Any(static number => number is <= 0 or > 4095)))
        {
            throw new ArgumentException($"{nameof(ErrorNumbers)} has no error number, or one that is none: name one or more from 1 to 4095.");
        }

        static void Require(double probability, string name)
        {
            if (!(probability is >= 0 and <= ProbabilityMax))
            {
                throw new ArgumentException($"{name} is {probability}: set it to a probability from 0 to {ProbabilityMax}.");
            }
        }
    }
}
