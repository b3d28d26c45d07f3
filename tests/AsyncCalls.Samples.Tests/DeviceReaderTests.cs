using System.Globalization;
using System.Runtime.InteropServices;
using System.Text.RegularExpressions;
using Xunit;

namespace AsyncCalls.Samples.Tests;

/// <summary>DeviceReader on pipes, terminals and devices, and every way to end it.</summary>
public sealed partial class DeviceReaderTests
{
    private const int SigInt = 2;
    private const int SigTerm = 15;

    public static TheoryData<string[]> Lanes => new([], ["--workers-only"]);

    public static TheoryData<string[], string, int> Keys
    {
        get
        {
            var keys = new TheoryData<string[], string, int>();
            foreach (string[] lane in (string[][])[[], ["--workers-only"]])
            {
                keys.Add(lane, "q", 0);
                keys.Add(lane, "\e", 0);
                keys.Add(lane, "\e[B\e", 0);
                keys.Add(lane, "\u0003", 128 + SigInt);
            }

            return keys;
        }
    }

    [Theory]
    [MemberData(nameof(Lanes))]
    public async Task What_arrives_is_shown_at_once_until_the_writer_ends(string[] lane)
    {
        using var tree = new TemporaryTree();
        string pipe = MakePipe(tree);
        using SampleProcess process = SampleProcess.Start("DeviceReader", [pipe, .. lane]);
        using (FileStream writer = await OpenToWriteAsync(pipe))
        {
            await WriteAsync(writer, "hello\n"u8.ToArray());
            Assert.Equal("00000000  68 65 6c 6c 6f 0a                                 |hello.|", await process.FirstLine.WaitAsync(TestContext.Current.CancellationToken));
            await WriteAsync(writer, [.. Enumerable.Range(0x70, 17).Select(static value => (byte)value)]);
        }

        Finished finished = (await process.EndAsync()).ExpectExitCode(0);
        Assert.Equal(
            [
                "00000000  68 65 6c 6c 6f 0a                                 |hello.|",
                "00000006  70 71 72 73 74 75 76 77  78 79 7a 7b 7c 7d 7e 7f  |pqrstuvwxyz{|}~.|",
                "00000016  80                                                |.|",
            ],
            finished.Lines);
        Assert.Contains("23 bytes in 2 reads", finished.Error, StringComparison.Ordinal);
        Assert.Contains("end of data", finished.Error, StringComparison.Ordinal);
        AssertLane(lane, finished);
    }

    [Theory]
    [MemberData(nameof(Lanes))]
    public async Task A_pipe_that_never_gets_data_is_given_up_at_the_deadline(string[] lane)
    {
        using var tree = new TemporaryTree();
        string pipe = MakePipe(tree);
        using FileStream silent = OpenBothWays(pipe);

        Finished finished = (await SampleProcess.RunAsync("DeviceReader", [pipe, "--deadline", "3s", .. lane])).ExpectExitCode(3);

        Assert.Empty(finished.Output);
        Assert.Contains("0 bytes in 0 reads", finished.Error, StringComparison.Ordinal);
        Assert.Contains("the deadline has passed", finished.Error, StringComparison.Ordinal);
        string backend = lane.Length == 0 ? "(io_uring|workers)" : "workers";
        Assert.Matches($@"pending: \d+ Read Libc\.read {Regex.Escape(pipe)} \d\.\ds {backend} Running", finished.Error);
        AssertLane(lane, finished);
    }

    [Theory]
    [MemberData(nameof(Lanes))]
    public async Task A_pipe_that_nobody_opens_is_given_up_at_the_deadline(string[] lane)
    {
        using var tree = new TemporaryTree();
        string pipe = MakePipe(tree);

        Finished finished = (await SampleProcess.RunAsync("DeviceReader", [pipe, "--deadline", "3000ms", .. lane])).ExpectExitCode(3);

        Assert.Matches($@"pending: \d+ OpenAt Libc\.open {Regex.Escape(pipe)} \d\.\ds workers Running", finished.Error);
    }

    [Theory]
    [MemberData(nameof(Lanes))]
    public async Task Devices_that_always_have_data_are_read_up_to_a_limit_or_a_deadline(string[] lane)
    {
        Finished[] finished = await Task.WhenAll(
            SampleProcess.RunAsync("DeviceReader", ["/dev/zero", "--bytes", "20", .. lane]),
            SampleProcess.RunAsync("DeviceReader", ["/dev/random", "--bytes", "1000", .. lane]),
            SampleProcess.RunAsync("DeviceReader", ["/dev/zero", "--bytes", "70000", "--raw", .. lane]),
            SampleProcess.RunAsync("DeviceReader", ["/dev/null", .. lane]));

        Assert.Equal(
            ["00000000  00 00 00 00 00 00 00 00  00 00 00 00 00 00 00 00  |................|", "00000010  00 00 00 00                                       |....|"],
            finished[0].ExpectExitCode(0).Lines);
        Assert.Contains("1000 bytes in", finished[1].ExpectExitCode(0).Error, StringComparison.Ordinal);
        Assert.InRange(finished[1].Lines.Length, 63, 1_000);
        Assert.Equal(new string('\0', 70_000), finished[2].ExpectExitCode(0).Output);
        Assert.Empty(finished[3].ExpectExitCode(0).Output);

        string endless = Script("/dev/zero --raw --deadline 500ms", lane) + " | wc -c; exit ${PIPESTATUS[0]}";
        Finished ended = (await SampleProcess.ShellAsync("/", endless)).ExpectExitCode(3);
        Assert.True(long.Parse(ended.Output, CultureInfo.InvariantCulture) > 0, ended.Output);
    }

    [Theory]
    [MemberData(nameof(Keys))]
    public async Task A_key_ends_it_and_the_terminal_is_as_it_was(string[] lane, string key, int exitCode)
    {
        using var tree = new TemporaryTree();
        string pipe = MakePipe(tree);
        using FileStream writer = OpenBothWays(pipe);
        using var terminal = new PseudoTerminal();
        byte[] before = terminal.Settings;
        using SampleProcess process = SampleProcess.StartOn(terminal, output: false, "DeviceReader", [pipe, .. lane]);

        // The table has the two calls that wait: for the pipe, and for a key. An arrow key, which begins with an escape, ends nothing.
        await terminal.ShowsAsync("standard input");
        await terminal.ShowsAsync("Libc.read");
        Assert.NotEqual(before, terminal.Settings);
        terminal.Type("\e[Ax");
        await WriteAsync(writer, [0x41]);
        Assert.Equal("00000000  41                                                |A|", await process.FirstLine.WaitAsync(TestContext.Current.CancellationToken));
        terminal.Type(key);

        (await process.EndAsync()).ExpectExitCode(exitCode);
        await terminal.ShowsAsync("1 bytes in 1 reads");
        await terminal.ShowsAsync(exitCode == 0 ? "a key was pressed" : "interrupted");
        Assert.Equal(before, terminal.Settings);
    }

    [Theory]
    [MemberData(nameof(Lanes))]
    public async Task Data_and_table_share_a_terminal(string[] lane)
    {
        using var tree = new TemporaryTree();
        string pipe = MakePipe(tree);
        using FileStream writer = OpenBothWays(pipe);
        using var terminal = new PseudoTerminal();
        using SampleProcess process = SampleProcess.StartOn(terminal, output: true, "DeviceReader", [pipe, .. lane]);
        await terminal.ShowsAsync("standard input");
        await WriteAsync(writer, [0x42, 0x0a]);
        await terminal.ShowsAsync("00000000  42 0a                                             |B.|");
        terminal.Type("q");

        (await process.EndAsync()).ExpectExitCode(0);
    }

    [Theory]
    [MemberData(nameof(Lanes))]
    public async Task A_terminal_is_a_device_too(string[] lane)
    {
        using var terminal = new PseudoTerminal();
        using SampleProcess process = SampleProcess.Start("DeviceReader", [terminal.Path, "--bytes", "3", .. lane]);
        terminal.Type("ok\n");

        Finished finished = (await process.EndAsync()).ExpectExitCode(0);
        Assert.Equal(["00000000  6f 6b 0a                                          |ok.|"], finished.Lines);
    }

    /// <summary>What is typed at the terminal that is read is its data, a q too; its end of file ends it.</summary>
    [Theory]
    [MemberData(nameof(Lanes))]
    public async Task Its_own_terminal_is_read_as_lines(string[] lane)
    {
        using var terminal = new PseudoTerminal();
        using SampleProcess process = SampleProcess.StartOn(terminal, output: false, "DeviceReader", ["-", .. lane]);
        await terminal.ShowsAsync("Libc.read");
        terminal.Type("q\n");
        Assert.Equal("00000000  71 0a                                             |q.|", await process.FirstLine.WaitAsync(TestContext.Current.CancellationToken));
        terminal.Type("\u0004");

        (await process.EndAsync()).ExpectExitCode(0);
    }

    [Theory]
    [InlineData(SigInt)]
    [InlineData(SigInt, "--workers-only")]
    [InlineData(SigTerm)]
    [InlineData(SigTerm, "--workers-only")]
    public async Task A_signal_ends_it(int signal, params string[] lane)
    {
        using var tree = new TemporaryTree();
        string pipe = MakePipe(tree);
        using FileStream writer = OpenBothWays(pipe);
        using SampleProcess process = SampleProcess.Start("DeviceReader", [pipe, .. lane]);
        await WriteAsync(writer, [0x41]);
        await process.Begun.WaitAsync(TestContext.Current.CancellationToken);
        process.Signal(signal);

        Finished finished = (await process.EndAsync()).ExpectExitCode(128 + signal);
        Assert.Contains("1 bytes in 1 reads", finished.Error, StringComparison.Ordinal);
        Assert.Contains("interrupted", finished.Error, StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(Lanes))]
    public async Task Standard_input_is_dumped_as_hexdump_does(string[] lane)
    {
        using var tree = new TemporaryTree();
        tree.Write("data", 5_000);
        Finished finished = (await SampleProcess.ShellAsync(tree.Root, Script("-", lane) + " <data")).ExpectExitCode(0);
        Finished expected = await SampleProcess.ShellAsync(tree.Root, "hexdump -Cv data");
        Assert.SkipUnless(expected.ExitCode == 0, $"There is no hexdump: {expected.Error}");

        // Its last line is the length alone.
        Assert.Equal(expected.Lines[..^1], finished.Lines);
    }

    [Theory]
    [MemberData(nameof(Lanes))]
    public async Task What_cannot_be_read_or_written_is_told(string[] lane)
    {
        using var tree = new TemporaryTree();
        string missing = Path.Join(tree.Root, "nothing");
        Finished[] finished = await Task.WhenAll(
            SampleProcess.RunAsync("DeviceReader", [missing, .. lane]),
            SampleProcess.RunAsync("DeviceReader", [tree.Root, .. lane]),
            SampleProcess.ShellAsync("/", Script("/dev/zero", lane) + " | head -n 1 >/dev/null; exit ${PIPESTATUS[0]}"),
            SampleProcess.RunAsync("DeviceReader", ["/dev/zero", "--deadline", "5x", .. lane]),
            SampleProcess.RunAsync("DeviceReader", ["/dev/zero", "--deadline", "0s", .. lane]),
            SampleProcess.RunAsync("DeviceReader", ["/dev/zero", "--bytes", "0", .. lane]),
            SampleProcess.RunAsync("DeviceReader", lane));

        Assert.Contains($"DeviceReader: {missing}: Could not find file", finished[0].ExpectExitCode(1).Error, StringComparison.Ordinal);
        Assert.Contains($"DeviceReader: {tree.Root}: Is a directory", finished[1].ExpectExitCode(1).Error, StringComparison.Ordinal);
        Assert.Contains("standard output takes no more: Broken pipe", finished[2].ExpectExitCode(1).Error, StringComparison.Ordinal);
        Assert.Contains("--deadline is '5x'", finished[3].ExpectExitCode(2).Error, StringComparison.Ordinal);
        Assert.Contains("--deadline is '0s'", finished[4].ExpectExitCode(2).Error, StringComparison.Ordinal);
        Assert.Contains("--bytes is 0", finished[5].ExpectExitCode(2).Error, StringComparison.Ordinal);
        Assert.Contains("device", finished[6].ExpectExitCode(2).Error, StringComparison.OrdinalIgnoreCase);
        Assert.All(finished, static one => Assert.DoesNotContain("   at ", one.Error, StringComparison.Ordinal));
    }

    private static void AssertLane(string[] lane, Finished finished)
    {
        if (lane.Length > 0)
        {
            Assert.Contains("calls: 0 inline, 0 on io_uring", finished.Error, StringComparison.Ordinal);
        }
    }

    private static string Script(string arguments, string[] lane) =>
        $"'{SampleProcess.DotnetHost()}' '{SampleProcess.AssemblyOf("DeviceReader")}' {arguments} {string.Join(' ', lane)}";

    private static string MakePipe(TemporaryTree tree)
    {
        string path = Path.Join(tree.Root, "pipe");
        Assert.Equal(0, mkfifo(path, 0x180));
        return path;
    }

    /// <summary>Waits until the sample has opened the other side.</summary>
    private static Task<FileStream> OpenToWriteAsync(string pipe) => Task.Run(() => new FileStream(pipe, FileMode.Open, FileAccess.Write, FileShare.ReadWrite, bufferSize: 0));

    /// <summary>Open for both, a pipe waits for nobody and never ends.</summary>
    private static FileStream OpenBothWays(string pipe) => new(pipe, FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite, bufferSize: 0);

    private static Task WriteAsync(FileStream writer, byte[] data) => writer.WriteAsync(data, TestContext.Current.CancellationToken).AsTask();

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int mkfifo(string path, uint mode);
}
