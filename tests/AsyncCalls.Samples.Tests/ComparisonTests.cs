using Xunit;

namespace AsyncCalls.Samples.Tests;

/// <summary>TreeDigest's <c>--compare</c>.</summary>
public sealed class ComparisonTests
{
    [Theory]
    [InlineData]
    [InlineData("--workers-only")]
    public async Task Three_ways_agree_and_their_times_stand_side_by_side(params string[] lane)
    {
        using var tree = new TemporaryTree();
        for (int i = 0; i < 100; i++)
        {
            tree.Write($"{i % 7}/{i}", i * 1_000);
        }

        Finished finished = (await SampleProcess.TreeDigestAsync(["--compare", tree.Root, .. lane])).ExpectExitCode(0);

        Assert.Contains("100 files", finished.Output, StringComparison.Ordinal);
        Assert.Contains("all digests agree", finished.Output, StringComparison.Ordinal);
        foreach (string way in new[] { "synchronous", "RandomAccess.ReadAsync", "twins" })
        {
            Assert.Single(finished.Lines, line => line.StartsWith(way + " ", StringComparison.Ordinal));
        }
    }

    [Fact]
    public async Task Digests_that_differ_are_named_and_are_a_failure()
    {
        // The kernel makes up another one for every reader.
        const string Folder = "/proc/sys/kernel/random";
        Finished finished = (await SampleProcess.TreeDigestAsync("--compare", Folder)).ExpectExitCode(3);

        Assert.Contains($"{Folder}/uuid: ", finished.Error, StringComparison.Ordinal);
        Assert.Contains("DIGESTS DIFFER", finished.Output, StringComparison.Ordinal);
    }
}
