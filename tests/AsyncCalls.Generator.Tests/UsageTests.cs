using System.Collections.Immutable;
using AsyncCalls.Generator.Tests.Harness;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;

namespace AsyncCalls.Generator.Tests;

/// <summary>The rules of code that uses twins: where they are reported, and where they must not be.</summary>
public sealed class UsageTests
{
    public static TheoryData<string, string> Reported => [.. UsageCases.Reported.Select(item => (item.Id, item.Name))];

    public static TheoryData<string, string> Fine => [.. UsageCases.Fine.Select(item => (item.Id, item.Name))];

    [Theory]
    [MemberData(nameof(Reported))]
    public void Is_reported_where_it_is_marked(string id, string name)
    {
        MarkedSource marked = MarkedSource.Parse(UsageCases.InUser(UsageCases.Reported.Single(item => item.Id == id && item.Name == name).Method));
        CSharpCompilation compilation = TestCompilation.RunAllGenerators(TestCompilation.Create(marked.Source));

        Diagnostic[] actual = Warnings(TestCompilation.AnalyzeAlone(compilation));

        Assert.Single(marked.Spans);
        Assert.All(actual, diagnostic => Assert.Equal(id, diagnostic.Id));
        Assert.Equal(marked.Spans, actual.Select(diagnostic => diagnostic.Location.SourceSpan));

        // Only memory on the stack is an error of the language too, where a twin is given it.
        Assert.All(Errors(compilation), error => Assert.Equal(("AC0024", "CS1503"), (id, error.Id)));
    }

    [Theory]
    [MemberData(nameof(Fine))]
    public void Is_not_reported(string id, string name)
    {
        string source = UsageCases.InUser(UsageCases.Fine.Single(item => item.Id == id && item.Name == name).Method);
        CSharpCompilation compilation = TestCompilation.RunAllGenerators(TestCompilation.Create(source));

        Assert.Empty(Errors(compilation));
        Assert.Empty(Warnings(TestCompilation.AnalyzeAlone(compilation)));
    }

    [Fact]
    public void Every_rule_has_as_many_cases_where_it_is_silent()
        => Assert.All(
            UsageCases.Reported.CountBy(item => item.Id),
            count => Assert.True(UsageCases.Fine.Count(item => item.Id == count.Key) >= count.Value, $"{count.Key} has {count.Value} cases that report."));

    [Theory]
    [MemberData(nameof(Reported))]
    public void Is_reported_for_twins_of_another_assembly(string id, string name)
    {
        MarkedSource marked = MarkedSource.Parse(
            UsageCases.InUser(UsageCases.Reported.Single(item => item.Id == id && item.Name == name).Method).Replace(UsageCases.Store, "", StringComparison.Ordinal));
        using var assembly = new MemoryStream();
        CSharpCompilation library = TestCompilation.RunAllGenerators(TestCompilation.Create(UsageCases.Store)).WithAssemblyName("Library");
        Assert.True(library.Emit(assembly, cancellationToken: TestContext.Current.CancellationToken).Success);
        assembly.Position = 0;

        CSharpCompilation compilation = TestCompilation.Create(marked.Source).AddReferences(MetadataReference.CreateFromStream(assembly));

        Diagnostic[] actual = Warnings(TestCompilation.AnalyzeAlone(compilation));
        Assert.All(actual, diagnostic => Assert.Equal(id, diagnostic.Id));
        Assert.Equal(marked.Spans, actual.Select(diagnostic => diagnostic.Location.SourceSpan));
    }

    [Fact]
    public void Twin_that_cannot_be_reached_is_not_advised()
    {
        string source = UsageCases.Store.Replace("private static int Hidden", "public static int Hidden", StringComparison.Ordinal)
            + "public class User { public async Task M() { await Task.Yield(); Store.Hidden(); } }";
        CSharpCompilation compilation = TestCompilation.RunAllGenerators(TestCompilation.Create(source));
        Assert.Equal(["AC0019"], Warnings(TestCompilation.AnalyzeAlone(compilation)).Select(diagnostic => diagnostic.Id));

        SyntaxTree twin = compilation.SyntaxTrees.Single(tree => tree.FilePath.Contains("Hidden", StringComparison.Ordinal));
        string closed = twin.ToString().Replace("public static", "private static", StringComparison.Ordinal);
        compilation = compilation.ReplaceSyntaxTree(twin, TestCompilation.Parse(closed, twin.FilePath));

        Assert.Empty(Warnings(TestCompilation.AnalyzeAlone(compilation)));
    }

    [Fact]
    public void Top_level_statements_are_async_where_they_await()
    {
        Assert.Equal(["AC0019"], OfProgram("await Task.Yield(); Store.Count(\"\", default);"));
        Assert.Empty(OfProgram("Store.Count(\"\", default);"));

        static IEnumerable<string> OfProgram(string statements)
        {
            CSharpCompilation compilation = TestCompilation.Create(statements + "\n" + UsageCases.Store);
            compilation = compilation.WithOptions(compilation.Options.WithOutputKind(OutputKind.ConsoleApplication));
            return Warnings(TestCompilation.Analyze(compilation)).Select(diagnostic => diagnostic.Id);
        }
    }

    private static Diagnostic[] Warnings(ImmutableArray<Diagnostic> diagnostics) => [.. diagnostics.Where(diagnostic => diagnostic.Severity >= DiagnosticSeverity.Warning)];

    private static IEnumerable<Diagnostic> Errors(CSharpCompilation compilation)
        => compilation.GetDiagnostics(TestContext.Current.CancellationToken).Where(diagnostic => diagnostic.Severity == DiagnosticSeverity.Error);
}
