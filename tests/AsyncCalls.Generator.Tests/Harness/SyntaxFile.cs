namespace AsyncCalls.Generator.Tests.Harness;

/// <summary>The files of <c>Syntax</c>, which together have all of C# in them.</summary>
internal static class SyntaxFile
{
    private static string Folder => Path.Combine(Repository.Root, "tests", "AsyncCalls.Generator.Tests", "Syntax");

    public static IReadOnlyList<string> Names { get; } = [.. Directory.GetFiles(Folder, "*.cs").Select(path => Path.GetFileName(path)).Order(StringComparer.Ordinal)];

    public static string Load(string name) => File.ReadAllText(Path.Combine(Folder, name)).ReplaceLineEndings("\n");
}
