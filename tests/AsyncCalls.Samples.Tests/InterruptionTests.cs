using System.Diagnostics;
using System.Text.RegularExpressions;
using Xunit;

namespace AsyncCalls.Samples.Tests;

/// <summary>Ctrl+C and SIGTERM in the middle of TreeDigest's work.</summary>
public sealed partial class InterruptionTests
{
    private const int SigInt = 2;
    private const int SigTerm = 15;

    /// <summary>
    /// The promise is 100 ms to the message; until the process has gone, on a machine that runs other tests, it takes longer. The work
    /// itself would take minutes.
    /// </summary>
    private static readonly TimeSpan EndsWithin = TimeSpan.FromSeconds(3);

    [Theory]
    [InlineData(SigInt)]
    [InlineData(SigInt, "--workers-only")]
    [InlineData(SigInt, "--compare")]
    [InlineData(SigTerm)]
    public async Task It_ends_soon_and_says_what_was_left(int signal, params string[] mode)
    {
        using var tree = new TemporaryTree();
        tree.Write("0 small", 100);
        for (int i = 0; i < 50; i++)
        {
            tree.WriteSparse($"large {i}", 16L << 30);
        }

        using SampleProcess process = SampleProcess.StartTreeDigest([tree.Root, .. mode]);
        bool compares = mode.Contains("--compare");
        await (compares ? HasReadAsync(process, 64 << 20) : process.Begun.WaitAsync(TestContext.Current.CancellationToken));
        long start = Stopwatch.GetTimestamp();
        process.Signal(signal);
        Finished finished = (await process.EndAsync()).ExpectExitCode(128 + signal);

        Assert.InRange(Stopwatch.GetElapsedTime(start), TimeSpan.Zero, EndsWithin);
        Match left = Left().Match(finished.Error);
        Assert.True(left.Success, finished.Error);
        Assert.Equal(51, int.Parse(left.Groups["found"].Value));
        Assert.Equal(51, int.Parse(left.Groups["done"].Value) + int.Parse(left.Groups["left"].Value));
        if (!compares)
        {
            // What was done by then is complete.
            Assert.Equal([tree.ExpectedLine("0 small")], finished.Lines);
        }
    }

    /// <summary>Waits until the process is reading files: by its count of bytes that it got from system calls.</summary>
    private static async Task HasReadAsync(SampleProcess process, long bytes)
    {
        while (true)
        {
            string counts = await File.ReadAllTextAsync($"/proc/{process.Id}/io", TestContext.Current.CancellationToken);
            if (long.Parse(ReadBytes().Match(counts).Groups[1].Value) > bytes)
            {
                return;
            }

            await Task.Delay(5, TestContext.Current.CancellationToken);
        }
    }

    [GeneratedRegex(@"interrupted\. .*?(?<done>\d+) of (?<found>\d+) files done \(.*\), (?<left>\d+) left")]
    private static partial Regex Left();

    [GeneratedRegex(@"rchar: (\d+)")]
    private static partial Regex ReadBytes();
}
