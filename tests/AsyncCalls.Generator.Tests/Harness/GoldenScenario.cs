using System.Text.RegularExpressions;

namespace AsyncCalls.Generator.Tests.Harness;

/// <summary>One folder of golden files.</summary>
internal sealed partial record GoldenScenario(string Folder, string Input, IReadOnlyDictionary<string, string> Expected)
{
    public static IEnumerable<string> Names
        => Directory.GetDirectories(Repository.Golden).Select(folder => Path.GetFileName(folder)).Order(StringComparer.Ordinal);

    public static GoldenScenario Load(string name)
    {
        string folder = Path.Combine(Repository.Golden, name);
        Dictionary<string, string> expected = Directory.GetFiles(folder, "*.g.cs").ToDictionary(path => Path.GetFileName(path), Read);
        return new GoldenScenario(folder, Read(Path.Combine(folder, "Input.cs")), expected);
    }

    /// <summary>The version changes with each release, the golden files do not.</summary>
    public static string WithoutVersion(string generated) => Version().Replace(generated, "$1\"0.0.0\"");

    public void Write(IReadOnlyDictionary<string, string> actual)
    {
        foreach (string stale in Expected.Keys.Except(actual.Keys))
        {
            File.Delete(Path.Combine(Folder, stale));
        }

        foreach ((string hintName, string text) in actual)
        {
            File.WriteAllText(Path.Combine(Folder, hintName), text);
        }
    }

    private static string Read(string path) => File.ReadAllText(path).ReplaceLineEndings("\n");

    [GeneratedRegex("""(GeneratedCode\("AsyncCalls\.Generator", )"[0-9.]+"(?=\))""")]
    private static partial Regex Version();
}
