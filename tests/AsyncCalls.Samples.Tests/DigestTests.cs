using System.Security.Cryptography;
using Xunit;

namespace AsyncCalls.Samples.Tests;

/// <summary>The main job of TreeDigest, with every backend there is and on worker threads alone.</summary>
public sealed class DigestTests
{
    public static TheoryData<string[]> Lanes => new([], ["--workers-only"], ["--parallel", "1", "--buffer", "1"]);

    [Theory]
    [MemberData(nameof(Lanes))]
    public async Task Digests_are_those_of_the_files_in_the_order_of_their_paths(string[] lane)
    {
        using var tree = new TemporaryTree();
        string[] paths =
        [
            "a-file", "a/inside", "a/deep/er/still", "a0", "empty", "one", "just one buffer", "a buffer and a byte", "many buffers",
            "\uE000 after every letter", "\U0001F333 after that",
        ];
        int[] lengths = [10, 20, 30, 40, 0, 1, 128 * 1024, (128 * 1024) + 1, (1024 * 1024) + 7, 50, 60];
        for (int i = 0; i < paths.Length; i++)
        {
            tree.Write(paths[i], lengths[i]);
        }

        Finished finished = (await SampleProcess.TreeDigestAsync([tree.Root, .. lane])).ExpectExitCode(0);

        string[] inOrder =
        [
            "a buffer and a byte", "a-file", "a/deep/er/still", "a/inside", "a0", "empty", "just one buffer", "many buffers", "one",
            "\uE000 after every letter", "\U0001F333 after that",
        ];
        Assert.Equal(inOrder.Select(tree.ExpectedLine), finished.Lines);
        Assert.Contains($"{paths.Length} files, {lengths.Sum():N0} bytes", finished.Error, StringComparison.Ordinal);
        Assert.Contains("completed inline", finished.Error, StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(Lanes))]
    public async Task Many_files_are_all_there(string[] lane)
    {
        using var tree = new TemporaryTree();
        var paths = new List<string>();
        for (int i = 0; i < 2_000; i++)
        {
            paths.Add($"folder {i % 37:D2}/file {i:D4}");
            tree.Write(paths[^1], i);
        }

        Finished finished = (await SampleProcess.TreeDigestAsync([tree.Root, .. lane])).ExpectExitCode(0);

        Assert.Equal(paths.Order(StringComparer.Ordinal).Select(tree.ExpectedLine), finished.Lines);
    }

    [Fact]
    public async Task Sha256sum_prints_the_same_and_accepts_the_output_whatever_the_names()
    {
        using var tree = new TemporaryTree();
        foreach (string name in new[] { "two words", " ", "line\nfeed", "back\\slash", "carriage\rreturn", "-dash", "Ünï©ødé 漢字", "*", "\\", "tab\t" })
        {
            tree.Write($"{name}/{name}", 100 + name.Length);
        }

        Finished finished = (await SampleProcess.TreeDigestAsync(tree.Root)).ExpectExitCode(0);

        Finished reference = await SampleProcess.ShellAsync(tree.Root, $"find '{tree.Root}' -type f -print0 | LC_ALL=C sort -z | xargs -0 sha256sum");
        Assert.Equal(reference.Output, finished.Output);
        await File.WriteAllTextAsync(tree.Root + ".sums", finished.Output, TestContext.Current.CancellationToken);
        try
        {
            (await SampleProcess.ShellAsync("/", $"sha256sum --strict -c '{tree.Root}.sums'")).ExpectExitCode(0);
        }
        finally
        {
            File.Delete(tree.Root + ".sums");
        }
    }

    [Fact]
    public async Task Paths_begin_with_the_folder_as_it_was_written()
    {
        using var tree = new TemporaryTree();
        tree.Write("x/y", 3);

        Finished finished = (await SampleProcess.TreeDigestAsync(tree.Root + "/x/")).ExpectExitCode(0);

        Assert.Equal([tree.ExpectedLine("x/y")], finished.Lines);
    }

    [Fact]
    public async Task Links_and_pipes_are_skipped_and_counted()
    {
        using var tree = new TemporaryTree();
        tree.Write("file", 3);
        tree.Write("folder/file", 4);
        (await SampleProcess.ShellAsync(tree.Root, "mkfifo pipe && ln -s file to-file && ln -s folder to-folder && ln -s nothing dangling")).ExpectExitCode(0);

        Finished finished = (await SampleProcess.TreeDigestAsync(tree.Root)).ExpectExitCode(0);

        Assert.Equal([tree.ExpectedLine("file"), tree.ExpectedLine("folder/file")], finished.Lines);
        Assert.Contains("4 links and special files skipped", finished.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_empty_folder_is_fine()
    {
        using var tree = new TemporaryTree();

        Finished finished = (await SampleProcess.TreeDigestAsync(tree.Root)).ExpectExitCode(0);

        Assert.Empty(finished.Output);
        Assert.Contains("0 files, 0 bytes", finished.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Files_that_have_no_length_are_read_to_their_end()
    {
        const string Folder = "/proc/sys/fs/inotify";
        Finished finished = (await SampleProcess.TreeDigestAsync(Folder)).ExpectExitCode(0);

        IEnumerable<string> expected = Directory.GetFiles(Folder).Order(StringComparer.Ordinal)
            .Select(path => $"{Convert.ToHexStringLower(SHA256.HashData(File.ReadAllBytes(path)))}  {path}");
        Assert.Equal(expected, finished.Lines);
    }
}
