using AsyncCalls.Stress.Fixtures;
using AsyncCalls.Stress.Running;

namespace AsyncCalls.Stress.Proofs;

/// <summary>
/// Cancels that race with completions. A wave of reads is parked on as many pipes; then one thread sends to them and another one cancels them, each in an order of its own and with
/// short pauses, so that the two meet at every point of a call's life: queued, on its way into the kernel, blocked, completed, dispatched.
/// </summary>
/// <remarks>
/// <para>Some reads get no data: if their cancel were lost they would never end. Some are cancelled by nobody: if a signal or a cancel came late, or went astray, it would meet them.</para>
/// <para>There are fewer workers than reads, so some wait in the queue, and each worker goes from a cancelled read to the next one at once.</para>
/// </remarks>
internal sealed class CancelRaces(CancelWay way) : Proof(
    "cancel-races",
    "a call that is cancelled while it completes has one completion, its data is delivered or still there, nobody else is met, and nothing is left",
    "cancels",
    1_000_000)
{
    private const int Wave = 16;
    private const int Workers = 12;

    /// <summary>After so many waves the pipes are new ones: a lease or pin that was not given back would keep the old ones.</summary>
    private const int WavesOfOnePipe = 256;

    private static readonly CancelWay[] Ways = [CancelWay.Token, CancelWay.Id, CancelWay.IdAndWait, CancelWay.Handle, CancelWay.Context];

    public override async Task RunAsync(ProofRun run)
    {
        WatchedRuntime watched = await WatchedRuntime.CreateAsync(run, static options =>
        {
            options.MaxInFlight = 4 * Wave;
            options.MaxWorkers = Workers;
        });
        bool ended = true;
        using (AsyncCallContext context = watched.Runtime.CreateContext())
        using (var partner = new Partner())
        {
            var random = new Random(run.Seed);
            while (run.GoesOn && ended)
            {
                ended = RaceOnNewPipes(run, watched.Runtime, context, partner, random);
            }

            run.Require(context.InFlight == 0, $"The context has {context.InFlight} calls in flight.");
            run.Require(context.Reap(new CompletionEvent[Wave]) == 0, "There are events of calls that had ended before.");
        }

        if (run.Violations.Count == 0)
        {
            run.RequireSome("cancelled");
            run.RequireSome("delivered");
            await watched.CloseAsync();
        }
    }

    private bool RaceOnNewPipes(ProofRun run, AsyncCallRuntime runtime, AsyncCallContext context, Partner partner, Random random)
    {
        using var pending = new CountdownEvent(Wave);
        RacingRead[] reads = [.. Enumerable.Range(0, Wave).Select(number => new RacingRead(run, runtime, context, pending, counted: number % 2 == 0))];
        bool ended = true;
        for (int wave = 0; wave < WavesOfOnePipe && run.GoesOn && ended; wave++)
        {
            pending.Reset();
            ended = Race(run, context, partner, random, reads, pending);
        }

        foreach (RacingRead read in reads)
        {
            read.Dispose();
        }

        return ended;
    }

    private bool Race(ProofRun run, AsyncCallContext context, Partner partner, Random random, RacingRead[] reads, CountdownEvent pending)
    {
        int cancels = 0;
        int submitted = 0;
        for (int i = 0; i < reads.Length; i++)
        {
            bool bystander = random.Next(8) == 0;
            CancelWay chosen = bystander ? CancelWay.Nobody : way == CancelWay.Mixed ? Ways[random.Next(Ways.Length)] : way;
            reads[i].Start(chosen, willGetData: bystander || random.Next(4) != 0, (ulong)i);
            submitted += reads[i].IsSubmitted ? 1 : 0;
            cancels += bystander ? 0 : 1;
        }

        Park(random);
        RacingRead[] sending = Shuffled(reads, random);
        RacingRead[] cancelling = Shuffled(reads, random);
        int seed = random.Next();
        bool partnerSends = random.Next(2) == 0;
        Action send = () => Send(sending, seed);
        Action cancel = () => Cancel(cancelling, seed + 1);
        partner.RunTogether(partnerSends ? send : cancel, partnerSends ? cancel : send);

        bool ended = Collect(context, reads, submitted) && pending.Wait(ProofRun.Limit);
        if (!ended)
        {
            run.Violation("These never ended: " + string.Join("; ", reads.Select(read => read.ToString())));
            return false;
        }

        bool contextWasCancelled = reads.Any(static read => read.Way == CancelWay.Context);
        foreach (RacingRead read in reads)
        {
            read.Check(contextWasCancelled);
        }

        run.Add(cancels);
        return true;
    }

    /// <summary>From not at all to long enough for every read to be blocked in the kernel.</summary>
    private static void Park(Random random)
    {
        switch (random.Next(8))
        {
            case 0:
                Thread.Sleep(1);
                break;
            case < 5:
                Thread.SpinWait(random.Next(20_000));
                break;
        }
    }

    private static void Send(RacingRead[] reads, int seed)
    {
        var random = new Random(seed);
        foreach (RacingRead read in reads)
        {
            Thread.SpinWait(random.Next(200));
            read.Send();
        }
    }

    private static void Cancel(RacingRead[] reads, int seed)
    {
        var random = new Random(seed);
        bool first = true;
        foreach (RacingRead read in reads)
        {
            Thread.SpinWait(random.Next(200));
            read.Cancel(first);
            first &= read.Way != CancelWay.Context;
        }
    }

    /// <summary>Takes the events of the submitted reads. False: some never came.</summary>
    private static bool Collect(AsyncCallContext context, RacingRead[] reads, int submitted)
    {
        var events = new CompletionEvent[Wave];
        while (submitted > 0)
        {
            int got = context.Reap(events, 1, ProofRun.Limit);
            if (got == 0)
            {
                return false;
            }

            foreach (CompletionEvent completion in events.AsSpan(0, got))
            {
                reads[(int)completion.Cookie].Complete(completion);
            }

            submitted -= got;
        }

        return true;
    }

    private static RacingRead[] Shuffled(RacingRead[] reads, Random random)
    {
        RacingRead[] shuffled = [.. reads];
        random.Shuffle(shuffled);
        return shuffled;
    }
}
