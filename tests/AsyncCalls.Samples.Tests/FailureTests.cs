using Xunit;

namespace AsyncCalls.Samples.Tests;

/// <summary>What TreeDigest says where something is wrong.</summary>
public sealed class FailureTests
{
    [Theory]
    [InlineData]
    [InlineData("--compare")]
    public async Task A_folder_that_does_not_exist_is_said_so(params string[] mode)
    {
        Finished finished = (await SampleProcess.TreeDigestAsync(["/does/not/exist", .. mode])).ExpectExitCode(2);

        Assert.Equal("TreeDigest: the folder '/does/not/exist' does not exist.\n", finished.Error);
        Assert.Empty(finished.Output);
    }

    [Fact]
    public async Task A_file_is_not_a_folder()
    {
        using var tree = new TemporaryTree();
        tree.Write("file", 1);

        Finished finished = (await SampleProcess.TreeDigestAsync(tree.Root + "/file")).ExpectExitCode(2);

        Assert.Contains("is a file, not a folder", finished.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("Required argument missing")]
    [InlineData("--parallel is 0", "--parallel", "0", "/")]
    [InlineData("--buffer is 99999", "--buffer", "99999", "/")]
    [InlineData("--nonsense", "/", "--nonsense")]
    public async Task Wrong_arguments_are_said_so(string message, params string[] arguments)
    {
        Finished finished = (await SampleProcess.TreeDigestAsync(arguments)).ExpectExitCode(2);

        Assert.Contains(message, finished.Error, StringComparison.Ordinal);
        Assert.Empty(finished.Output);
    }

    [Fact]
    public async Task Names_that_are_not_text_are_listed_as_unreadable_and_the_rest_is_digested()
    {
        using var tree = new TemporaryTree();
        tree.Write("good", 5);
        (await SampleProcess.ShellAsync(tree.Root, "echo x > $'bad\\xff' && mkdir $'folder\\xfe' && echo y > $'folder\\xfe/y'")).ExpectExitCode(0);

        Finished finished = (await SampleProcess.TreeDigestAsync(tree.Root)).ExpectExitCode(1);

        // .NET could not delete them either.
        (await SampleProcess.ShellAsync(tree.Root, "rm -r bad* folder*")).ExpectExitCode(0);
        Assert.Equal([tree.ExpectedLine("good")], finished.Lines);
        Assert.Contains("bad\uFFFD: the name is not valid UTF-8\n", finished.Error, StringComparison.Ordinal);
        Assert.Contains("folder\uFFFD: the name is not valid UTF-8\n", finished.Error, StringComparison.Ordinal);
        Assert.Contains("1 files, 5 bytes", finished.Error, StringComparison.Ordinal);
        Assert.Contains("2 unreadable", finished.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_file_that_nobody_may_read_is_listed_and_counted()
    {
        // Write-only even for root: the kernel asks its permission bits alone, and no capability helps.
        const string Folder = "/proc/sys/net/ipv4/route";
        Assert.SkipUnless(File.Exists(Folder + "/flush"), $"This machine has no {Folder}/flush.");

        Finished finished = (await SampleProcess.TreeDigestAsync(Folder)).ExpectExitCode(1);

        Assert.Contains($"TreeDigest: {Folder}/flush: ", finished.Error, StringComparison.Ordinal);
        Assert.Contains("1 unreadable", finished.Error, StringComparison.Ordinal);
        Assert.Equal(Directory.GetFiles(Folder).Length - 1, finished.Lines.Length);
    }

    [Fact]
    public async Task A_file_and_a_folder_without_permissions_stop_only_those_whom_they_concern()
    {
        using var tree = new TemporaryTree();
        tree.Write("closed", 5);
        tree.Write("folder/file", 6);
        tree.Write("open", 7);
        (await SampleProcess.ShellAsync(tree.Root, "chmod 000 closed folder")).ExpectExitCode(0);
        try
        {
            Finished finished = await SampleProcess.TreeDigestAsync(tree.Root);

            bool mayReadAll = Environment.IsPrivilegedProcess;
            finished.ExpectExitCode(mayReadAll ? 0 : 1);
            Assert.Equal(mayReadAll ? 3 : 1, finished.Lines.Length);
            Assert.Contains(mayReadAll ? " 0 unreadable" : " 2 unreadable", finished.Error, StringComparison.Ordinal);
        }
        finally
        {
            await SampleProcess.ShellAsync(tree.Root, "chmod 700 folder");
        }
    }
}
