namespace AsyncCalls.Package.Tests;

/// <summary>Projects of users, restored from the packages, built outside the repository, and run.</summary>
public sealed class ConsumerTests(PackedFeed feed)
{
    /// <summary>What <c>Projects/Consumer</c> prints, however it was built.</summary>
    private const string Expected = """
        shared: True
        class library: sixteen bytes ✓
        import: sixteen
        body: 1 lines
        out: True at 2
        interface: 1 lines
        options: True
        result: True 0, False errno 9
        reflected: True True True
        cancelled: True
        in flight: 0
        leaves
        """;

    [Fact]
    public async Task A_fresh_project_builds_without_a_warning_and_runs()
    {
        string project = feed.Project("Consumer");
        (await DotnetCommand.RunAsync(project, "build", "-c", "Release", "-o", "built")).ExpectNoWarning();

        Finished run = (await DotnetCommand.RunAsync(project, Path.Combine("built", "Consumer.dll"))).ExpectSuccess();
        AssertPrinted(run);
    }

    [Fact]
    public async Task The_package_for_hosts_brings_the_generator_along()
        => (await DotnetCommand.RunAsync(feed.Project("HostOnly"), "build", "-c", "Release")).ExpectNoWarning();

    [Fact]
    public async Task The_package_for_tests_is_all_that_a_test_needs()
    {
        string project = feed.Project("OwnTests");
        (await DotnetCommand.RunAsync(project, "build", "-c", "Release", "-o", "built")).ExpectNoWarning();

        Finished run = (await DotnetCommand.RunAsync(project, Path.Combine("built", "OwnTests.dll"))).ExpectSuccess();
        Assert.Equal("whole: with every seed\nshort: True\n", run.Output);
    }

    [Fact]
    public async Task The_fixes_of_the_package_mend_what_its_analyzers_report()
    {
        string project = feed.Project("ToBeFixed");
        Finished before = await DotnetCommand.RunAsync(project, "build", "-c", "Release");
        Assert.NotEqual(0, before.ExitCode);
        Assert.Contains("error AC0001", before.Output, StringComparison.Ordinal);
        Assert.Contains("error AC0019", before.Output, StringComparison.Ordinal);

        (await DotnetCommand.RunAsync(project, "format", "analyzers", "--severity", "warn", "--no-restore")).ExpectSuccess();

        (await DotnetCommand.RunAsync(project, "build", "-c", "Release")).ExpectNoWarning();
        string source = await File.ReadAllTextAsync(Path.Combine(project, "Notes.cs"), TestContext.Current.CancellationToken);
        Assert.Contains("public static partial class Folders", source, StringComparison.Ordinal);
        Assert.Contains("return await notes.ReadAsync(file, block, 0, cancellationToken);", source, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_compiler_that_is_too_old_is_told_so()
    {
        string project = feed.Project("OldCompiler");
        Finished build = await DotnetCommand.RunAsync(project, "build", "-c", "Release");

        Assert.NotEqual(0, build.ExitCode);
        Assert.Contains("error ASYNCCALLS001: The C# compiler of this build (Roslyn 4.14) is too old for the generator of AsyncCalls, which needs Roslyn 5.0", build.Output, StringComparison.Ordinal);
        // Instead of what the compiler says by itself: that it did not load the generator, and an error for each twin.
        Assert.DoesNotContain("error CS", build.Output, StringComparison.Ordinal);
        Finished without = await DotnetCommand.RunAsync(project, "build", "-c", "Release", "-p:AsyncCallsSkipCompilerCheck=true");
        Assert.Contains("warning CS9057", without.Output, StringComparison.Ordinal);
        Assert.Contains("error CS0103: The name 'ListAsync'", without.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Published_trimmed_it_has_no_warning_and_runs()
        => AssertPrinted(await PublishAsync("trimmed", "-p:PublishTrimmed=true", "--self-contained", "-p:ILLinkTreatWarningsAsErrors=true"));

    [Fact]
    public async Task Published_native_it_has_no_warning_and_runs()
        => AssertPrinted(await PublishAsync("native", "-p:PublishAot=true", "-p:IlcTreatWarningsAsErrors=true"));

    /// <summary>Publishes the consumer for this machine, without a warning, and runs it as the program that it became.</summary>
    private async Task<Finished> PublishAsync(string output, params string[] how)
    {
        string identifier = System.Runtime.InteropServices.RuntimeInformation.RuntimeIdentifier;
        string project = feed.Project("Consumer");
        await SkipUnlessPacksAreThereAsync(identifier, how);
        (await DotnetCommand.RunAsync(project, ["publish", "-c", "Release", "-r", identifier, "-o", output, .. how])).ExpectNoWarning();
        return (await DotnetCommand.RunProgramAsync(Path.Combine(project, output, "Consumer"), project)).ExpectSuccess();
    }

    /// <summary>
    /// What the SDK publishes with (the runtime, the trimmer, the native compiler) comes from the registry once, and stays in the user's folder of packages. Where it is not to
    /// be had the test says so.
    /// </summary>
    private static async Task SkipUnlessPacksAreThereAsync(string identifier, string[] how)
    {
        DirectoryInfo empty = Directory.CreateTempSubdirectory("asynccalls-publish-");
        try
        {
            await File.WriteAllTextAsync(Path.Combine(empty.FullName, "Empty.csproj"), """
                <Project Sdk="Microsoft.NET.Sdk">
                  <PropertyGroup>
                    <TargetFramework>net10.0</TargetFramework>
                    <OutputType>Exe</OutputType>
                  </PropertyGroup>
                </Project>
                """);
            string selfContained = how.Contains("--self-contained") ? "-p:SelfContained=true" : "-p:Empty=true";
            Finished restore = await DotnetCommand.RunAsync(
                empty.FullName, ["restore", "-r", identifier, selfContained, .. how.Where(argument => argument.StartsWith("-p:", StringComparison.Ordinal))]);
            Assert.SkipWhen(restore.ExitCode != 0 && restore.Output.Contains("NU1", StringComparison.Ordinal), $"The SDK's packs for {identifier} are not to be had: {restore.Output}");
            restore.ExpectSuccess();
        }
        finally
        {
            empty.Delete(recursive: true);
        }
    }

    private static void AssertPrinted(Finished run)
        => Assert.EndsWith(Expected, string.Join('\n', run.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Where(IsOurs)).TrimEnd(), StringComparison.Ordinal);

    /// <summary>The host logs to the same console.</summary>
    private static bool IsOurs(string line) => !line.StartsWith("info:", StringComparison.Ordinal) && !line.StartsWith("      ", StringComparison.Ordinal);
}
