using System.Text.Json;
using Xunit;

namespace AsyncCalls.Samples.Tests;

/// <summary>Doctor says what is there, what is not and why: here, and on lanes that are set up around it (<c>tests/lanes/lane.c</c>).</summary>
public sealed class DoctorTests
{
    private const string Switch = "/proc/sys/kernel/io_uring_disabled";

    [Fact]
    public async Task The_report_has_the_machine_the_backends_the_routes_and_advice()
    {
        Finished finished = (await SampleProcess.RunAsync("Doctor")).ExpectExitCode(0);
        foreach (string expected in (string[])["This machine", "Backends", "Where calls go", "Advice", File.ReadAllText("/proc/sys/kernel/osrelease").Trim(), "RLIMIT_NOFILE", "workers"])
        {
            Assert.Contains(expected, finished.Output, StringComparison.Ordinal);
        }

        string write = Assert.Single(finished.Lines, static line => line.TrimStart().StartsWith("WriteAt ", StringComparison.Ordinal) && line.Contains(" file  ", StringComparison.Ordinal));
        Assert.Contains("kernel's own worker threads", write, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_same_as_json()
    {
        Finished finished = (await SampleProcess.RunAsync("Doctor", "--json")).ExpectExitCode(0);
        using var report = JsonDocument.Parse(finished.Output);
        JsonElement root = report.RootElement;
        Assert.Contains(root.GetProperty("facts").EnumerateArray(), static fact => fact.GetProperty("name").GetString() == "fs.aio-max-nr");
        Assert.Contains(root.GetProperty("backends").EnumerateArray(), static backend => backend.GetProperty("name").GetString() == "workers" && backend.GetProperty("available").GetBoolean());
        Assert.True(root.GetProperty("routes").GetArrayLength() > 70);
        Assert.Equal(JsonValueKind.Array, root.GetProperty("advice").ValueKind);
    }

    [Fact]
    public async Task Without_native_backends_everything_is_the_workers()
    {
        Finished finished = (await SampleProcess.RunAsync("Doctor", "--json", "--workers-only")).ExpectExitCode(0);
        using var report = JsonDocument.Parse(finished.Output);
        Assert.All(report.RootElement.GetProperty("routes").EnumerateArray(), static route => Assert.Equal("workers", route.GetProperty("backend").GetString()));
    }

    [Fact]
    public async Task Wrong_arguments_are_told()
    {
        Assert.Contains("IoUringEntries is 3", (await SampleProcess.RunAsync("Doctor", "--entries", "3")).ExpectExitCode(2).Error, StringComparison.Ordinal);
        Assert.Contains("--help", (await SampleProcess.RunAsync("Doctor", "--nonsense")).ExpectExitCode(2).Error, StringComparison.Ordinal);
        Assert.Contains("RequiredBackends", (await SampleProcess.RunAsync("Doctor", "--workers-only", "--require")).ExpectExitCode(2).Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("--deny 1", false, "the seccomp filter of this process forbids it; allow io_uring_setup")]
    [InlineData("--deny 38", false, "the seccomp filter of this process hides it; allow io_uring_setup")]
    [InlineData("--largest 32", true, "a ring of 32 submissions and 512 completions; there was no memory for the 256 that were asked for (raise RLIMIT_MEMLOCK")]
    [InlineData("--largest 4", false, "memory does not suffice, for the smallest ring either; raise RLIMIT_MEMLOCK")]
    public async Task A_refused_ring_is_told_with_what_to_change(string lane, bool available, string reason)
    {
        SkipWhereIoUringIsOff();
        using LaneProgram lanes = await LaneProgram.BuildAsync();
        (bool found, string why) = IoUringOf(await lanes.RunAsync(lane, "--json"));
        Assert.Equal(available, found);
        Assert.Contains(reason, why, StringComparison.Ordinal);

        Finished required = await lanes.RunAsync(lane, "--require");
        if (available)
        {
            required.ExpectExitCode(0);
        }
        else
        {
            Assert.Contains("io_uring is required and not available here: ", required.ExpectExitCode(1).Error, StringComparison.Ordinal);
            Assert.Contains(reason, required.Error, StringComparison.Ordinal);
        }
    }

    /// <summary>Some kernels count io_uring's memory against the limit and some do not: either way it is a fact that is told, and the calls work.</summary>
    [Fact]
    public async Task Without_locked_memory_everything_works()
    {
        SkipWhereIoUringIsOff();
        using LaneProgram lanes = await LaneProgram.BuildAsync();
        Finished finished = (await lanes.RunAsync("--no-memlock", "--json")).ExpectExitCode(0);
        (bool available, string reason) = IoUringOf(finished);
        Assert.True(available || reason.Contains("raise RLIMIT_MEMLOCK", StringComparison.Ordinal), reason);
        using var report = JsonDocument.Parse(finished.Output);
        JsonElement limit = report.RootElement.GetProperty("facts").EnumerateArray().Single(static fact => fact.GetProperty("name").GetString() == "RLIMIT_MEMLOCK");
        Assert.Equal("0", limit.GetProperty("value").GetString());

        using var tree = new TemporaryTree();
        tree.Write("one", 100_000);
        Finished digests = (await lanes.RunSampleAsync("--no-memlock", "TreeDigest", tree.Root)).ExpectExitCode(0);
        Assert.Equal([tree.ExpectedLine("one")], digests.Lines);
    }

    private static (bool Available, string Reason) IoUringOf(Finished finished)
    {
        using var report = JsonDocument.Parse(finished.ExpectExitCode(0).Output);
        JsonElement ioUring = report.RootElement.GetProperty("backends").EnumerateArray().Single(static backend => backend.GetProperty("name").GetString() == "io_uring");
        return (ioUring.GetProperty("available").GetBoolean(), ioUring.GetProperty("reason").GetString()!);
    }

    private static void SkipWhereIoUringIsOff()
    {
        string policy = File.Exists(Switch) ? File.ReadAllText(Switch).Trim() : "0";
        Assert.SkipUnless(policy == "0", $"{Switch} is {policy}: a lane cannot refuse what is refused before it.");
    }
}
