namespace AsyncCalls.Benchmarks.Ratios;

/// <summary>How long and how often to measure.</summary>
/// <param name="Rounds">Rounds of reference, ours, reference.</param>
/// <param name="SliceMs">How long a slice should take, roughly.</param>
/// <param name="WarmUpMs">
/// How long each side runs before it counts. A method is compiled three times, and each time the runtime waits for 100 ms without
/// news first: half a second until everything is in its last tier, and the rest for a busy machine.
/// </param>
internal sealed record RunSettings(int Rounds, double SliceMs, double WarmUpMs)
{
    /// <summary>Nine rounds, so that a median and a spread mean something.</summary>
    public static RunSettings Full { get; } = new(Rounds: 9, SliceMs: 120, WarmUpMs: 1_000);

    /// <summary>The whole table in less than a minute: enough to see a regression of a fifth.</summary>
    public static RunSettings Quick { get; } = new(Rounds: 3, SliceMs: 60, WarmUpMs: 600);
}
