using System.Diagnostics;
using TreeDigest.Digests;
using TreeDigest.Display;
using TreeDigest.Files;

namespace TreeDigest.Comparison;

/// <summary>
/// Digests one list of files in three ways, through the same lanes, buffers and queues: only the open and the read differ. One
/// pass each warms the page cache and the code; then three timed rounds, in each of which another way goes first.
/// </summary>
internal sealed class SideBySide(FileReader reader, Settings settings, Screen screen)
{
    private const int Rounds = 3;

    private readonly Way[] _ways = [new(new SynchronousSource(reader)), new(new RandomAccessSource()), new(reader)];
    private readonly DigestCheck _check = new(screen);
    private volatile Progress _progress = new("listing: ", new Tally());

    /// <summary>What is being done, for the bar.</summary>
    public string Title => _progress.Title;

    /// <summary>The counts of the pass that runs.</summary>
    public Tally Tally => _progress.Tally;

    public async Task<int> RunAsync(CancellationToken cancellationToken)
    {
        var files = new List<FoundFile>();
        await foreach (FoundFile file in new TreeWalker(reader, Tally).FindAsync(settings.Folder, cancellationToken))
        {
            Tally.CountFound();
            files.Add(file);
        }

        for (int round = 0; round <= Rounds; round++)
        {
            for (int turn = 0; turn < _ways.Length; turn++)
            {
                await PassAsync(_ways[(round + turn) % _ways.Length], files, round, cancellationToken);
            }
        }

        return _check.Differences > 0 ? ExitCode.DigestsDiffer
            : Tally.Unreadable > 0 ? ExitCode.SomethingUnreadable
            : ExitCode.Success;
    }

    public void Print(TextWriter output)
    {
        double reference = Median(_ways[^1].Seconds);
        output.WriteLine(
            $"{Tally.Found - Tally.Unreadable:N0} files, {Units.Size(Tally.Bytes)}, {settings.Parallel} in flight; " +
            $"{Rounds} rounds, interleaved, from the page cache where it holds them; " +
            (_check.Differences == 0 ? "all digests agree." : $"{_check.Differences:N0} DIGESTS DIFFER."));
        output.WriteLine();
        output.WriteLine($"{"reads",-24}{"median s",10}{"best s",10}{"CPU s",10}{"per second",14}{"time, twins = 1",18}");
        foreach (Way way in _ways)
        {
            double median = Median(way.Seconds);
            output.WriteLine(
                $"{way.Source.Name,-24}{median,10:F3}{way.Seconds.Min(),10:F3}{Median(way.CpuSeconds),10:F3}" +
                $"{Units.Size(Tally.Bytes / median),14}{median / reference,18:F2}");
        }
    }

    private async Task PassAsync(Way way, List<FoundFile> files, int round, CancellationToken cancellationToken)
    {
        _progress = new Progress($"{way.Source.Name}, {(round == 0 ? "warming up" : $"round {round} of {Rounds}")}: ", new Tally());
        var run = new DigestRun(way.Source, settings, Tally);
        TimeSpan cpuBefore = Environment.CpuUsage.TotalTime;
        long start = Stopwatch.GetTimestamp();
        await run.RunAsync(files.ToAsyncEnumerable(), _check.NextPass(way.Source.Name), cancellationToken);
        if (round > 0)
        {
            way.Seconds.Add(Stopwatch.GetElapsedTime(start).TotalSeconds);
            way.CpuSeconds.Add((Environment.CpuUsage.TotalTime - cpuBefore).TotalSeconds);
        }
    }

    private static double Median(List<double> values) => values.Order().ElementAt(values.Count / 2);

    private sealed record Progress(string Title, Tally Tally);

    private sealed record Way(IFileSource Source)
    {
        public List<double> Seconds { get; } = [];

        public List<double> CpuSeconds { get; } = [];
    }
}
