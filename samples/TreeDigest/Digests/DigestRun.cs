using System.Threading.Channels;
using TreeDigest.Files;

namespace TreeDigest.Digests;

/// <summary>Takes the outcomes, in the order in which the files were found, one at a time.</summary>
internal interface IDigestSink
{
    void Take(FoundFile file, DigestOutcome outcome);

    /// <summary>The next outcome is a while away, or will not come: time to let go of what is buffered.</summary>
    void Flush();
}

/// <summary>
/// Many files in flight, outcomes in order. One task walks and puts each file into two queues; <c>parallel</c> lanes digest what
/// is in the first, each with one buffer; one task takes the outcomes in the order of the second.
/// </summary>
/// <remarks>The queues are bounded: that bounds the memory, however large the tree, and lets the lanes go on while one large
/// file holds up the output.</remarks>
internal sealed class DigestRun(IFileSource source, Settings settings, Tally tally)
{
    /// <summary>How far the walk may be ahead of the output: 100,000 paths are some 20 MB.</summary>
    private const int FilesAheadMax = 100_000;

    /// <summary>How old a line may get, while another file holds up the next one, before somebody who watches sees it.</summary>
    private static readonly TimeSpan LineAgeMax = TimeSpan.FromMilliseconds(200);

    public async Task RunAsync(IAsyncEnumerable<FoundFile> files, IDigestSink sink, CancellationToken cancellationToken)
    {
        // When one part fails, the others end too instead of waiting for it.
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        Channel<Job> work = NewQueue();
        Channel<Job> order = NewQueue();

        var parts = new List<Task>
        {
            StopAllOnFailureAsync(Task.Run(() => FeedAsync(files, work.Writer, order.Writer, stop.Token), stop.Token), stop),
            StopAllOnFailureAsync(Task.Run(() => DeliverAsync(order.Reader, sink, stop.Token), stop.Token), stop),
        };
        for (int lane = 0; lane < settings.Parallel; lane++)
        {
            parts.Add(StopAllOnFailureAsync(StartLane(work.Reader, stop.Token), stop));
        }

        await Task.WhenAll(parts);
    }

    private static Channel<Job> NewQueue() => Channel.CreateBounded<Job>(new BoundedChannelOptions(FilesAheadMax) { SingleWriter = true });

    private static async Task StopAllOnFailureAsync(Task part, CancellationTokenSource stop)
    {
        try
        {
            await part;
        }
        catch
        {
            await stop.CancelAsync();
            throw;
        }
    }

    private async Task FeedAsync(
        IAsyncEnumerable<FoundFile> files, ChannelWriter<Job> work, ChannelWriter<Job> order, CancellationToken cancellationToken)
    {
        await foreach (FoundFile file in files.WithCancellation(cancellationToken))
        {
            tally.CountFound();
            var job = new Job(file);
            await order.WriteAsync(job, cancellationToken);
            await work.WriteAsync(job, cancellationToken);
        }

        tally.SetListed();
        order.Complete();
        work.Complete();
    }

    private Task StartLane(ChannelReader<Job> work, CancellationToken cancellationToken) => source.Blocks
        ? Task.Factory.StartNew(() => LaneAsync(work, cancellationToken), cancellationToken, TaskCreationOptions.LongRunning, TaskScheduler.Default).Unwrap()
        : Task.Run(() => LaneAsync(work, cancellationToken), cancellationToken);

    private async Task LaneAsync(ChannelReader<Job> work, CancellationToken cancellationToken)
    {
        using var hasher = new FileHasher(source, settings.BufferBytes, tally);
        while (await work.WaitToReadAsync(cancellationToken))
        {
            while (work.TryRead(out Job? job))
            {
                DigestOutcome outcome = await hasher.DigestAsync(job.File, cancellationToken);
                tally.CountDone();
                if (outcome.Problem is not null)
                {
                    tally.CountUnreadable();
                }

                job.Outcome.SetResult(outcome);
            }
        }
    }

    private static async Task DeliverAsync(ChannelReader<Job> order, IDigestSink sink, CancellationToken cancellationToken)
    {
        try
        {
            await foreach (Job job in order.ReadAllAsync(cancellationToken))
            {
                Task<DigestOutcome> outcome = job.Outcome.Task;
                if (!outcome.IsCompleted && await Task.WhenAny(outcome, Task.Delay(LineAgeMax, cancellationToken)) != outcome)
                {
                    sink.Flush();
                }

                sink.Take(job.File, await outcome.WaitAsync(cancellationToken));
            }
        }
        finally
        {
            sink.Flush();
        }
    }

    /// <summary>A file on its way. Its outcome resumes the delivery on another thread than the lane's, which has more to do.</summary>
    private sealed class Job(FoundFile file)
    {
        public FoundFile File { get; } = file;

        public TaskCompletionSource<DigestOutcome> Outcome { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}
