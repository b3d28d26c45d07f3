using System.CommandLine;

namespace AsyncCalls.Stress.Running;

/// <summary><c>[PROOF…] [--lane LANE] [--count N | --scale SHARE] [--seconds S] [--seed N] [--list]</c></summary>
internal static class StressCommand
{
    /// <summary>The command line was wrong.</summary>
    public const int UsageError = 2;

    private const int Failure = 1;

    public static RootCommand Create(IReadOnlyList<Proof> proofs)
    {
        var names = new Argument<string[]>("PROOF")
        {
            Description = "Which proofs; all if none is named. --list has the names.",
            Arity = ArgumentArity.ZeroOrMore,
        };
        names.AcceptOnlyFromAmong([.. proofs.Select(proof => proof.Name)]);
        var lane = new Option<string[]>("--lane") { Description = "Only on this backend. May be repeated. Default: all.", HelpName = "LANE" };
        lane.AcceptOnlyFromAmong([.. Enum.GetValues<Lane>().Select(one => one.Name())]);
        var count = new Option<long?>("--count") { Description = "How many of what the proof counts, on each lane.", HelpName = "N" };
        var scale = new Option<double?>("--scale") { Description = "The share of the full counts: 0.1 is a tenth. Default: 1.", HelpName = "SHARE" };
        var seconds = new Option<double?>("--seconds") { Description = "Stop each proof on each lane after this time.", HelpName = "S" };
        var seed = new Option<int?>("--seed") { Description = "The seed of what is chosen at random. Default: a new one, which is printed.", HelpName = "N" };
        var list = new Option<bool>("--list") { Description = "Print what there is, and try nothing." };
        RequirePositive(count);
        RequirePositive(scale);
        RequirePositive(seconds);
        var command = new RootCommand(
            "Tries what AsyncCalls promises about cancelling, teardown and ownership, many times (docs/stress.md). One line for each proof and backend on standard output; what did not hold on "
            + "standard error. Exit code 0: everything held; 1: something did not, or nothing could run; 2: wrong command line.")
        {
            names, lane, count, scale, seconds, seed, list,
        };
        command.SetAction((arguments, _) => arguments.GetValue(list)
            ? List(proofs)
            : RunAsync(
                Select(arguments.GetValue(names) ?? [], proofs, static proof => proof.Name),
                Select(arguments.GetValue(lane) ?? [], Enum.GetValues<Lane>(), static one => one.Name()),
                proof => arguments.GetValue(count) ?? Math.Max(1, (long)(proof.FullCount * (arguments.GetValue(scale) ?? 1))),
                arguments.GetValue(seconds) is { } limit ? TimeSpan.FromSeconds(limit) : null,
                arguments.GetValue(seed) ?? Random.Shared.Next()));
        return command;
    }

    private static T[] Select<T>(string[] names, IReadOnlyList<T> all, Func<T, string> name) =>
        [.. all.Where(one => names.Length == 0 || names.Contains(name(one)))];

    private static void RequirePositive<T>(Option<T?> option)
        where T : struct, IComparable<T> => option.Validators.Add(result =>
        {
            if (result.GetValueOrDefault<T?>() is { } value && value.CompareTo(default) <= 0)
            {
                result.AddError($"{option.Name} is {value}: it is more than zero.");
            }
        });

    private static Task<int> List(IReadOnlyList<Proof> proofs)
    {
        foreach (Proof proof in proofs)
        {
            Console.Out.WriteLine($"{proof.Name,-22} {proof.FullCount,9:N0} {proof.Unit} on {string.Join(" and ", proof.Lanes.Select(lane => lane.Name()))}: {proof.Claim}");
        }

        return Task.FromResult(0);
    }

    private static async Task<int> RunAsync(Proof[] proofs, Lane[] lanes, Func<Proof, long> count, TimeSpan? atMost, int seed)
    {
        int ran = 0;
        bool failed = false;
        foreach (Proof proof in proofs)
        {
            foreach (Lane lane in proof.Lanes.Intersect(lanes))
            {
                if ((proof.Unavailable ?? lane.Unavailable()) is { } reason)
                {
                    Console.Out.WriteLine($"skipped: {proof.Name} on {lane.Name()}: {reason}");
                    continue;
                }

                var run = new ProofRun(proof, lane, count(proof), seed, atMost, assertTimes: true);
                await proof.RunAsync(run);
                ran++;
                Console.Out.WriteLine(run);
                foreach (string violation in run.Violations)
                {
                    failed = true;
                    Console.Error.WriteLine($"{proof.Name} on {lane.Name()}: {violation}");
                }
            }
        }

        return failed || ran == 0 ? Failure : 0;
    }
}
