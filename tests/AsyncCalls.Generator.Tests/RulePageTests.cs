using AsyncCalls.Generator.Tests.Harness;
using Microsoft.CodeAnalysis;

namespace AsyncCalls.Generator.Tests;

/// <summary>A rule is an id, a page, a help link, a line in the index and a row in the release file: none without the others.</summary>
public sealed class RulePageTests
{
    private static readonly DiagnosticDescriptor[] Rules = [.. TestCompilation.Rules];

    private static string Pages => Path.Combine(Repository.Root, "docs", "diagnostics");

    [Fact]
    public void Every_rule_has_a_page_and_every_page_a_rule()
        => Assert.Equal(
            Rules.Select(rule => rule.Id).Order(StringComparer.Ordinal),
            Directory.GetFiles(Pages, "AC*.md").Select(path => Path.GetFileNameWithoutExtension(path)).Order(StringComparer.Ordinal));

    [Fact]
    public void Every_page_begins_with_id_and_title_and_shows_how_to_fix_it()
    {
        foreach (DiagnosticDescriptor rule in Rules)
        {
            string page = File.ReadAllText(Path.Combine(Pages, rule.Id + ".md"));
            Assert.StartsWith($"# {rule.Id}: {rule.Title}\n", page, StringComparison.Ordinal);
            Assert.Contains($"Severity: {rule.DefaultSeverity}", page, StringComparison.Ordinal);
            Assert.Contains("```csharp", page, StringComparison.Ordinal);
            Assert.Contains("## What to change", page, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void Every_page_says_whether_there_is_a_fix()
    {
        HashSet<string> fixable = [.. FixTest.Fixes.SelectMany(fix => fix.FixableDiagnosticIds)];
        foreach (DiagnosticDescriptor rule in Rules)
        {
            string fix = File.ReadLines(Path.Combine(Pages, rule.Id + ".md")).Single(line => line.StartsWith("Fix: ", StringComparison.Ordinal));
            Assert.Equal(!fixable.Contains(rule.Id), fix.StartsWith("Fix: none", StringComparison.Ordinal));
        }
    }

    [Fact]
    public void Every_help_link_leads_to_its_page()
        => Assert.All(Rules, rule => Assert.Equal($"https://github.com/asynccalls/asynccalls/blob/main/docs/diagnostics/{rule.Id}.md", rule.HelpLinkUri));

    [Fact]
    public void Index_lists_every_rule()
    {
        string[] rows = [.. File.ReadAllLines(Path.Combine(Pages, "README.md")).Where(line => line.StartsWith("| [AC", StringComparison.Ordinal))];
        Assert.Equal(Rules.OrderBy(rule => rule.Id, StringComparer.Ordinal).Select(rule => $"| [{rule.Id}]({rule.Id}.md) | {rule.DefaultSeverity} | {rule.Title} |"), rows);
    }

    [Fact]
    public void Release_files_list_every_rule_once()
    {
        string folder = Path.Combine(Repository.Root, "generator", "AsyncCalls.Generator");
        string[] rows =
        [
            .. new[] { "AnalyzerReleases.Shipped.md", "AnalyzerReleases.Unshipped.md" }
                .SelectMany(file => File.ReadAllLines(Path.Combine(folder, file)))
                .Where(line => line.StartsWith("AC", StringComparison.Ordinal)),
        ];
        Assert.Equal(
            Rules.Select(rule => $"{rule.Id} | {rule.Category} | {rule.DefaultSeverity} | {rule.Title}").Order(StringComparer.Ordinal),
            rows.Order(StringComparer.Ordinal));
    }
}
