using System.Text.RegularExpressions;

namespace AsyncCalls.Package.Tests;

/// <summary>The integration tests of the repository, the same sources, on the package instead of the projects.</summary>
public sealed partial class IntegrationTests(PackedFeed feed)
{
    private const string Name = "AsyncCalls.Integration.Tests";

    [Fact]
    public async Task All_of_them_pass_on_the_package()
    {
        string copy = Path.Combine(feed.Projects, "integration");
        string tests = Path.Combine(copy, "tests", Name);
        PackedFeed.CopyFolder(Path.Combine(PackedFeed.Repository, "tests", Name), tests);
        foreach (string shared in new[] { "Directory.Packages.props", ".editorconfig", Path.Combine("tests", "Directory.Build.props") })
        {
            File.Copy(Path.Combine(PackedFeed.Repository, shared), Path.Combine(copy, shared));
        }

        // The repository's own, over that of the place where all such projects are.
        string props = await File.ReadAllTextAsync(Path.Combine(PackedFeed.Repository, "Directory.Build.props"), TestContext.Current.CancellationToken);
        await File.WriteAllTextAsync(
            Path.Combine(copy, "Directory.Build.props"),
            props.Replace("<Project>", "<Project>\n  <Import Project=\"../Directory.Build.props\" />", StringComparison.Ordinal),
            TestContext.Current.CancellationToken);

        (await DotnetCommand.RunAsync(tests, "build", "-c", "Release", "-o", "built")).ExpectNoWarning();
        string dependencies = await File.ReadAllTextAsync(Path.Combine(tests, "built", $"{Name}.deps.json"), TestContext.Current.CancellationToken);
        Assert.Contains($"\"AsyncCalls/{feed.Version}\"", dependencies, StringComparison.Ordinal);

        Finished run = (await DotnetCommand.RunAsync(tests, Path.Combine("built", $"{Name}.dll"))).ExpectSuccess();
        Match total = Total().Match(run.Output);
        Assert.True(total.Success && int.Parse(total.Groups[1].ValueSpan, null) > 0, $"No test ran:\n{run.Output}");
    }

    [GeneratedRegex(@"Total: (\d+), Errors: 0, Failed: 0")]
    private static partial Regex Total();
}
