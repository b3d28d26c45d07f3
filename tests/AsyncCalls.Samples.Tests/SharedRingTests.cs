using System.ComponentModel;
using System.Diagnostics;
using System.Text.RegularExpressions;
using Xunit;

namespace AsyncCalls.Samples.Tests;

/// <summary>One process submits, another one, in C, reaps. Without a C compiler these tests are skipped, and counted.</summary>
public sealed partial class SharedRingTests
{
    [Theory]
    [InlineData]
    [InlineData("--entries", "4", "--buffer", "1", "--in-flight", "100")]
    [InlineData("--entries", "1024", "--buffer", "4", "--in-flight", "1")]
    public async Task The_consumer_in_C_reports_each_completion_once(params string[] options)
    {
        SkipWithoutCompiler();
        using var tree = new TemporaryTree();
        int[] lengths = [.. Enumerable.Range(0, 150).Select(static number => number * 211)];
        for (int i = 0; i < lengths.Length; i++)
        {
            tree.Write($"folder {i % 7}/file {i}", lengths[i]);
        }

        Finished finished = (await SampleProcess.RunAsync("SharedRing", [tree.Root, "--consumer", "build", .. options])).ExpectExitCode(0);

        (ulong Cookie, long Result)[] completions =
            [.. finished.Lines.Select(static line => line.Split(' ')).Select(static parts => (ulong.Parse(parts[0]), long.Parse(parts[1])))];
        Match submitted = Submitted().Match(finished.Error);
        Match reaped = Reaped().Match(finished.Error);
        Assert.True(submitted.Success && reaped.Success, finished.Error);
        Assert.Equal($"{lengths.Length}", submitted.Groups["files"].Value);
        Assert.Equal(submitted.Groups["reads"].Value, reaped.Groups["completions"].Value);
        Assert.Equal(submitted.Groups["reads"].Value, $"{completions.Length}");
        Assert.Equal($"{lengths.Sum()}", reaped.Groups["bytes"].Value);
        Assert.Equal("0", reaped.Groups["failed"].Value);

        // A cookie is the number of a file: the results of each add up to the length of one file.
        Assert.Equal(lengths.Select(static length => (long)length), completions.GroupBy(static one => one.Cookie, static one => one.Result).Select(static file => file.Sum()).Order());
    }

    [Fact]
    public async Task A_consumer_that_ends_at_once_or_is_not_there_is_told()
    {
        using var tree = new TemporaryTree();
        tree.Write("file", 10);
        Finished[] finished = await Task.WhenAll(
            SampleProcess.RunAsync("SharedRing", tree.Root, "--consumer", "/bin/false"),
            SampleProcess.RunAsync("SharedRing", tree.Root, "--consumer", Path.Join(tree.Root, "nothing")),
            SampleProcess.RunAsync("SharedRing", Path.Join(tree.Root, "nothing")),
            SampleProcess.RunAsync("SharedRing", tree.Root, "--entries", "3"));

        Assert.Contains("has not asked for the ring", finished[0].ExpectExitCode(1).Error, StringComparison.Ordinal);
        Assert.Contains("cannot be started", finished[1].ExpectExitCode(1).Error, StringComparison.Ordinal);
        Assert.Contains("does not exist", finished[2].ExpectExitCode(2).Error, StringComparison.Ordinal);
        Assert.Contains("--entries is 3: give a power of two", finished[3].ExpectExitCode(2).Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_consumer_that_ends_in_the_middle_is_told()
    {
        SkipWithoutCompiler();
        using var tree = new TemporaryTree();
        tree.Write("files/file", 1_000_000);
        string sources = Path.GetDirectoryName(SampleProcess.AssemblyOf("SharedRing"))!;
        (await SampleProcess.ShellAsync(
            tree.Root,
            $"cc -std=gnu11 -O2 -I '{sources}' -o consumer '{sources}/consumer.c' && printf '#!/bin/sh\nexec \"${{0%%/*}}/consumer\" \"$1\" 5\n' > five && chmod +x five"))
            .ExpectExitCode(0);

        string files = Path.Join(tree.Root, "files");
        Finished finished = await SampleProcess.RunAsync("SharedRing", files, "--consumer", Path.Join(tree.Root, "five"), "--buffer", "1");

        Assert.Contains("the consumer ended with 0 before the ring was closed", finished.ExpectExitCode(1).Error, StringComparison.Ordinal);
        Assert.Equal(5, finished.Lines.Length);
    }

    [Fact]
    public async Task Without_a_compiler_it_says_what_is_missing()
    {
        using var tree = new TemporaryTree();
        string host = Environment.GetEnvironmentVariable("DOTNET_HOST_PATH") ?? "dotnet";
        Finished finished = await SampleProcess.ShellAsync(tree.Root, $"host=$(command -v '{host}'); PATH=/nothing \"$host\" '{SampleProcess.AssemblyOf("SharedRing")}' .");

        Assert.Contains("Install a C compiler", finished.ExpectExitCode(1).Error, StringComparison.Ordinal);
    }

    private static void SkipWithoutCompiler()
    {
        try
        {
            using var compiler = Process.Start(new ProcessStartInfo("cc", ["--version"]) { RedirectStandardOutput = true, RedirectStandardError = true })!;
            compiler.StandardOutput.ReadToEnd();
            compiler.WaitForExit();
        }
        catch (Win32Exception exception)
        {
            Assert.Skip($"There is no C compiler: cc: {exception.Message}");
        }
    }

    [GeneratedRegex(@"SharedRing: (?<files>\d+) files, (?<reads>\d+) reads, \d+ bytes, 0 unreadable")]
    private static partial Regex Submitted();

    [GeneratedRegex(@"consumer: (?<completions>\d+) completions, (?<bytes>\d+) bytes, (?<failed>\d+) failed")]
    private static partial Regex Reaped();
}
