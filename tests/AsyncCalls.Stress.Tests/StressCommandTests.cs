using AsyncCalls.Stress.Running;

namespace AsyncCalls.Stress.Tests;

/// <summary>The command line of the stress program, and that what does not hold is told.</summary>
public sealed class StressCommandTests
{
    [Theory]
    [InlineData("no-such-proof")]
    [InlineData("--count", "0")]
    [InlineData("--scale", "-1")]
    [InlineData("--lane", "threads")]
    public void A_wrong_command_line_is_refused(params string[] arguments) =>
        Assert.NotEmpty(StressCommand.Create([new CountingProof(violation: null)]).Parse(arguments).Errors);

    [Fact]
    public async Task What_holds_ends_with_zero_after_its_count()
    {
        var proof = new CountingProof(violation: null);
        Assert.Equal(0, await RunAsync(proof, "counting", "--count", "7"));
        Assert.Equal(7, proof.Last!.Done);
        Assert.Equal(0, await RunAsync(proof, "--scale", "0.5", "--seed", "3"));
        Assert.Equal((50, 3), (proof.Last.Done, proof.Last.Seed));
    }

    [Fact]
    public async Task What_does_not_hold_ends_with_one() => Assert.Equal(1, await RunAsync(new CountingProof("It does not hold.")));

    [Fact]
    public async Task What_could_not_run_does_not_end_with_zero() => Assert.Equal(1, await RunAsync(new CountingProof(violation: null, "there is none")));

    [Fact]
    public async Task The_time_ends_a_proof_too()
    {
        var proof = new CountingProof(violation: null);
        Assert.Equal(0, await RunAsync(proof, "--count", "9223372036854775807", "--seconds", "0.01"));
        Assert.InRange(proof.Last!.Done, 0, long.MaxValue - 1);
    }

    [Fact]
    public void What_never_happened_is_a_violation()
    {
        var run = new ProofRun(new CountingProof(violation: null), Lane.Workers, count: 1, seed: 0);
        run.Add(1);
        run.Note("seen");
        run.RequireSome("seen");
        Assert.Empty(run.Violations);
        run.RequireSome("never seen");
        Assert.Single(run.Violations);
        Assert.StartsWith("FAILED", run.ToString(), StringComparison.Ordinal);
    }

    private static Task<int> RunAsync(Proof proof, params string[] arguments) =>
        StressCommand.Create([proof]).Parse(arguments).InvokeAsync(cancellationToken: TestContext.Current.CancellationToken);

    /// <summary>Counts, and says what it was told to say.</summary>
    private sealed class CountingProof(string? violation, string? unavailable = null) : Proof("counting", "numbers follow each other", "numbers", 100)
    {
        public ProofRun? Last { get; private set; }

        public override IReadOnlyList<Lane> Lanes => [Lane.Workers];

        public override string? Unavailable => unavailable;

        public override Task RunAsync(ProofRun run)
        {
            Last = run;
            while (run.GoesOn)
            {
                run.Add(1);
                run.Require(violation is null, violation ?? "");
            }

            return Task.CompletedTask;
        }
    }
}
