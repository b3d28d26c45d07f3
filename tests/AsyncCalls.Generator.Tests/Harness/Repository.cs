namespace AsyncCalls.Generator.Tests.Harness;

/// <summary>Where the sources are: the golden files and the pages of the rules are read from there, and rewritten there.</summary>
internal static class Repository
{
    public static string Root { get; } = FindRoot();

    public static string Golden => Path.Combine(Root, "tests", "AsyncCalls.Generator.Tests", "Golden");

    private static string FindRoot()
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
