using System.Collections.Immutable;
using AsyncCalls.Generator.Tests.Harness;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace AsyncCalls.Generator.Tests;

/// <summary>Each rule: where it is reported, that it can be silenced, and what it does to the twins.</summary>
public sealed class DiagnosticTests
{
    public static TheoryData<string, string> Cases => [.. DiagnosticCases.All.Select(item => (item.Id, item.Name))];

    public static TheoryData<string> Interruptible => [.. DiagnosticCases.Interruptible.Select(item => item.Name)];

    [Theory]
    [MemberData(nameof(Cases))]
    public void Is_reported_where_it_is_marked(string id, string name)
    {
        MarkedSource marked = Find(id, name);

        Diagnostic[] actual =
        [
            .. TestCompilation.Analyze(TestCompilation.Create(marked.Source))
                .Where(diagnostic => diagnostic.Severity >= DiagnosticSeverity.Warning || diagnostic.Id == id),
        ];

        Assert.All(actual, diagnostic => Assert.Equal(id, diagnostic.Id));
        Assert.Equal(marked.Spans, actual.Select(diagnostic => diagnostic.Location.SourceSpan));
        Assert.NotEmpty(marked.Spans);
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void Pragma_silences_it(string id, string name)
    {
        MarkedSource marked = Find(id, name);

        ImmutableArray<Diagnostic> actual = TestCompilation.Analyze(TestCompilation.Create($"#pragma warning disable {id}\n" + marked.Source));

        Assert.DoesNotContain(actual, diagnostic => diagnostic.Id == id && !diagnostic.IsSuppressed);
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void Only_an_error_costs_the_twin_and_only_that_one(string id, string name)
    {
        MarkedSource marked = Find(id, name);
        CSharpCompilation before = TestCompilation.Create(marked.Source);
        bool isError = TestCompilation.Analyze(before).First(diagnostic => diagnostic.Id == id).Severity == DiagnosticSeverity.Error;

        string[] twins =
        [
            .. TestCompilation.CreateDriver().RunGenerators(before, TestContext.Current.CancellationToken).GetRunResult().GeneratedTrees
                .SelectMany(tree => tree.GetRoot(TestContext.Current.CancellationToken).DescendantNodes().OfType<MethodDeclarationSyntax>())
                .Select(method => method.Identifier.ValueText),
        ];

        Assert.Contains("GoodAsync", twins);
        Assert.Equal(!isError, twins.Contains("BadAsync"));
    }

    [Fact]
    public void Every_rule_has_a_case()
        => Assert.Equal(
            TestCompilation.Rules.Select(rule => rule.Id).Order(StringComparer.Ordinal),
            DiagnosticCases.All.Select(item => item.Id).Concat(UsageCases.Reported.Select(item => item.Id)).Distinct().Order(StringComparer.Ordinal));

    [Theory]
    [MemberData(nameof(Interruptible))]
    public void Body_that_ends_is_not_reported(string name)
    {
        string body = DiagnosticCases.Interruptible.Single(item => item.Name == name).Body;
        CSharpCompilation compilation = TestCompilation.Create($"public partial class C {{ [AsyncCall] public static void M(CancellationToken t) {{ {body} }} }}");

        Assert.Empty(compilation.GetDiagnostics(TestContext.Current.CancellationToken).Where(diagnostic => diagnostic.Severity == DiagnosticSeverity.Error));
        Assert.Empty(TestCompilation.Analyze(compilation));
    }

    [Fact]
    public void Golden_inputs_have_no_errors()
    {
        foreach (string scenario in GoldenScenario.Names)
        {
            ImmutableArray<Diagnostic> diagnostics = TestCompilation.Analyze(TestCompilation.Create(GoldenScenario.Load(scenario).Input));
            Assert.DoesNotContain(diagnostics, diagnostic => diagnostic.Severity == DiagnosticSeverity.Error);
        }
    }

    private static MarkedSource Find(string id, string name)
        => MarkedSource.Parse(DiagnosticCases.All.Single(item => item.Id == id && item.Name == name).Source);
}
