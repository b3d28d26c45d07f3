using System.Runtime.CompilerServices;
using System.Text.RegularExpressions;

namespace AsyncCalls.Runtime.Tests;

/// <summary>A folder of the runtime refers only to folders below it.</summary>
public sealed partial class LayeringTests
{
    /// <summary>Lowest first; a folder may use itself and those before it.</summary>
    private static readonly string[] Layers = ["Interop", "Ring", "Calls", "Backends", "Routing", "Diagnostics", "Contexts", "", "CompilerServices"];

    /// <summary>What everybody may name: the vocabulary of the public surface.</summary>
    private static readonly string[] Vocabulary = ["AsyncCallErrors"];

    /// <summary>Routing sits above the backends; the leaf of log messages is for contexts and what is above them.</summary>
    private static readonly string[] MayLog = ["Contexts", "", "CompilerServices"];

    [Fact]
    public void Folders_refer_only_downwards()
    {
        string root = SourceFolder();
        Dictionary<string, (string Layer, string Text)> files = Directory.GetFiles(root, "*.cs", SearchOption.AllDirectories)
            .Where(path => !path.Contains("/obj/", StringComparison.Ordinal) && !path.Contains("/bin/", StringComparison.Ordinal))
            .ToDictionary(path => Path.GetRelativePath(root, path), path => (LayerOf(root, path), WithoutCommentsAndStrings(File.ReadAllText(path))));
        Assert.True(files.Count > 40, $"Only {files.Count} sources were found in {root}.");
        Assert.All(files.Values, file => Assert.Contains(file.Layer, Layers));

        // Names of types that one layer alone declares.
        Dictionary<string, string> declaredIn = files.Values
            .SelectMany(file => Declaration().Matches(file.Text).Select(match => (Name: match.Groups["name"].Value, file.Layer)))
            .Distinct()
            .GroupBy(type => type.Name)
            .Where(group => group.Count() == 1)
            .ToDictionary(group => group.Key, group => group.Single().Layer);
        Assert.True(declaredIn.Count > 50, "The types were not recognised.");

        var violations = new List<string>();
        foreach ((string path, (string layer, string text)) in files)
        {
            // Members that carry the name of a type, and the file's own nested types, are no references.
            foreach (string name in Identifier().Matches(text).Select(match => match.Value).Distinct())
            {
                if (declaredIn.TryGetValue(name, out string? home) && !Vocabulary.Contains(name) && !MayUse(layer, home) && !IsMember(text, name))
                {
                    violations.Add($"{path} ({layer}) names {name} of {(home.Length == 0 ? "the root" : home)}");
                }
            }

            foreach (Match match in Using().Matches(text))
            {
                if (!MayUse(layer, match.Groups["layer"].Value))
                {
                    violations.Add($"{path} ({layer}) has {match.Value}");
                }
            }
        }

        Assert.True(violations.Count == 0, string.Join("\n", violations));
    }

    [Theory]
    [InlineData("Interop", "Ring", false)]
    [InlineData("Ring", "Interop", true)]
    [InlineData("Calls", "Backends", false)]
    [InlineData("Backends", "Routing", false)]
    [InlineData("Backends", "Diagnostics", false)]
    [InlineData("Contexts", "Diagnostics", true)]
    [InlineData("Contexts", "", true)]
    [InlineData("Backends", "", false)]
    [InlineData("CompilerServices", "", true)]
    public void The_rule_itself(string from, string to, bool allowed) => Assert.Equal(allowed, MayUse(from, to));

    /// <summary>The runtime and its contexts are one layer: the public types of the root are the contexts' settings and facts.</summary>
    private static bool IsTop(string layer) => layer is "Contexts" or "";

    /// <summary>Whether every use of a name in a file is a field or property of that name, declared there with another type.</summary>
    private static bool IsMember(string text, string name) =>
        Regex.IsMatch(text, $@"\b(?!{name}\b)[\w<>?]+\s+{name}\s*(;|=|\{{|\(|,|\))") && !Regex.IsMatch(text, $@"\b{name}\s+\w+|\b{name}\.\w+|new\s+{name}\b|<{name}>");

    private static bool MayUse(string from, string to) =>
        from == to || (IsTop(from) && IsTop(to)) || (Array.IndexOf(Layers, to) < Array.IndexOf(Layers, from) && (to != "Diagnostics" || MayLog.Contains(from)));

    private static string LayerOf(string root, string path)
    {
        string relative = Path.GetRelativePath(root, path);
        int separator = relative.IndexOf('/', StringComparison.Ordinal);
        return separator < 0 ? "" : relative[..separator];
    }

    private static string WithoutCommentsAndStrings(string text) => CommentOrString().Replace(text, " ");

    private static string SourceFolder([CallerFilePath] string here = "")
    {
        // Deterministic builds may map the path of the source away: then look upwards from the binaries.
        for (string? folder = File.Exists(here) ? Path.GetDirectoryName(here) : AppContext.BaseDirectory; folder is not null; folder = Path.GetDirectoryName(folder))
        {
            string candidate = Path.Combine(folder, "runtime", "AsyncCalls");
            if (Directory.Exists(candidate))
            {
                return candidate;
            }
        }

        throw new InvalidOperationException("The sources of the runtime were not found.");
    }

    [GeneratedRegex("""//[^\n]*|/\*.*?\*/|\$?"(?:\\.|[^"\\\n])*" """, RegexOptions.Singleline | RegexOptions.IgnorePatternWhitespace)]
    private static partial Regex CommentOrString();

    [GeneratedRegex(@"\b(?:class|struct|interface|enum|record|record struct)\s+(?<name>[A-Z]\w*)")]
    private static partial Regex Declaration();

    [GeneratedRegex(@"(?<![\w.])[A-Z]\w*")]
    private static partial Regex Identifier();

    /// <summary>A folder that is named as a namespace, in full or from inside AsyncCalls; not where a file says what its own is.</summary>
    [GeneratedRegex(@"(?<!namespace\s)(?:\bAsyncCalls\.|(?<![\w.])(?=\w+\.Linux\.))(?<layer>Interop|Ring|Calls|Backends|Routing|Diagnostics|Contexts|CompilerServices)\b")]
    private static partial Regex Using();
}
