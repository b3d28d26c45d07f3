using System.IO.Compression;
using System.Reflection;

[assembly: AssemblyFixture(typeof(AsyncCalls.Package.Tests.PackedFeed))]
[assembly: Xunit.v3.Parallelization(Mode = Xunit.Sdk.ParallelMode.None)]

namespace AsyncCalls.Package.Tests;

/// <summary>
/// The packages, packed once into a folder that serves as a feed, and a place outside the repository for projects that use them.
/// </summary>
/// <remarks>
/// The version is new in each run and packages are unpacked into a folder of this run: no package of an earlier one can be taken for these, and no package of that name
/// from elsewhere. All others come from the user's own folder of packages where they are there already.
/// </remarks>
public sealed class PackedFeed : IAsyncLifetime
{
    private readonly DirectoryInfo _temporary = Directory.CreateTempSubdirectory("asynccalls-package-");

    public string Version { get; } = $"0.1.0-packed.{DateTime.UtcNow:yyyyMMddHHmmss}.{Environment.ProcessId}";

    public string Folder => Path.Combine(_temporary.FullName, "feed");

    /// <summary>Where the tests' own projects are.</summary>
    public string Projects => Path.Combine(_temporary.FullName, "projects");

    public static string Repository { get; } = FindRepository();

    /// <summary>The names of the packages: every project below <c>runtime</c> is one.</summary>
    public static IReadOnlyList<string> Packages { get; } =
    [
        .. Directory.GetFiles(Path.Combine(Repository, "runtime"), "*.csproj", SearchOption.AllDirectories)
            .Select(path => Path.GetFileNameWithoutExtension(path)).Order(StringComparer.Ordinal),
    ];

    /// <summary>The configuration that these tests, and so the projects that are packed, were built in.</summary>
    private static string Configuration { get; } = typeof(PackedFeed).Assembly.GetCustomAttribute<AssemblyConfigurationAttribute>()!.Configuration;

    /// <summary>Where packages of earlier restores are, to be used from there.</summary>
    private static string UserPackages { get; } = Environment.GetEnvironmentVariable("NUGET_PACKAGES")
        ?? Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".nuget", "packages");

    public async ValueTask InitializeAsync()
    {
        Directory.CreateDirectory(Projects);
        Directory.CreateDirectory(UserPackages);
        await File.WriteAllTextAsync(Path.Combine(Projects, "Directory.Build.props"), $"""
            <Project>
              <PropertyGroup>
                <AsyncCallsPackageVersion>{Version}</AsyncCallsPackageVersion>
                <RestoreAdditionalProjectSources>{Folder}</RestoreAdditionalProjectSources>
                <RestorePackagesPath>{Path.Combine(_temporary.FullName, "packages")}</RestorePackagesPath>
                <RestoreFallbackFolders>{UserPackages}</RestoreFallbackFolders>
                <SatelliteResourceLanguages>en</SatelliteResourceLanguages>
              </PropertyGroup>
            </Project>
            """);
        foreach (string package in Packages)
        {
            (await DotnetCommand.RunAsync(
                Repository, "pack", Path.Combine("runtime", package), "-c", Configuration, "--no-build", "-o", Folder, $"-p:PackageVersion={Version}")).ExpectNoWarning();
        }
    }

    public ValueTask DisposeAsync()
    {
        _temporary.Delete(recursive: true);
        return ValueTask.CompletedTask;
    }

    /// <summary>Opens a package, or its symbols.</summary>
    public ZipArchive Open(string package, string extension = "nupkg") => ZipFile.OpenRead(Path.Combine(Folder, $"{package}.{Version}.{extension}"));

    /// <summary>Puts a project out of the repository; answers its folder. The second time it is there already.</summary>
    public string Project(string name)
    {
        string target = Path.Combine(Projects, name);
        if (!Directory.Exists(target))
        {
            CopyFolder(Path.Combine(AppContext.BaseDirectory, "Projects", name), target);
        }

        return target;
    }

    /// <summary>Copies the sources of a folder, without what was built from them.</summary>
    internal static void CopyFolder(string source, string target)
    {
        Directory.CreateDirectory(target);
        foreach (string file in Directory.GetFiles(source))
        {
            File.Copy(file, Path.Combine(target, Path.GetFileName(file)));
        }

        foreach (string folder in Directory.GetDirectories(source).Where(folder => Path.GetFileName(folder) is not ("bin" or "obj")))
        {
            CopyFolder(folder, Path.Combine(target, Path.GetFileName(folder)));
        }
    }

    private static string FindRepository()
    {
        for (DirectoryInfo? folder = new(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (File.Exists(Path.Combine(folder.FullName, "AsyncCalls.sln")))
            {
                return folder.FullName;
            }
        }

        throw new InvalidOperationException("AsyncCalls.sln is in no folder above the test assembly.");
    }
}
