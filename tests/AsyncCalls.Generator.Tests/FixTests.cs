using AsyncCalls.Generator.Tests.Harness;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CodeFixes;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.Testing;

namespace AsyncCalls.Generator.Tests;

/// <summary>Each fix: what it makes of a source, one by one and all at once, and where it is not offered.</summary>
public sealed class FixTests
{
    public static TheoryData<string, string> Declarations => [.. FixCases.OfDeclarations.Select(item => (item.Id, item.Name))];

    public static TheoryData<string, string> Usage => [.. FixCases.OfUsage.Select(item => (item.Id, item.Name))];

    public static TheoryData<string> Fixable => [.. FixTest.Fixes.SelectMany(fix => fix.FixableDiagnosticIds)];

    private static IEnumerable<(string Id, string Name, string Before, string After)> OfUsage
        => FixCases.OfUsage.Select(item => (item.Id, item.Name, UsageCases.InUser(item.Before), UsageCases.InUser(item.After)));

    [Theory]
    [MemberData(nameof(Declarations))]
    public Task Mends_declarations(string id, string name)
    {
        (_, _, string before, string after) = FixCases.OfDeclarations.Single(item => item.Id == id && item.Name == name);
        return new FixTest(before, after, id).RunAsync(TestContext.Current.CancellationToken);
    }

    [Theory]
    [MemberData(nameof(Usage))]
    public Task Mends_usage(string id, string name)
    {
        (_, _, string before, string after) = OfUsage.Single(item => item.Id == id && item.Name == name);
        return new FixTest(before, after, id).RunAsync(TestContext.Current.CancellationToken);
    }

    [Theory]
    [MemberData(nameof(Fixable))]
    public Task Mends_every_document_at_once(string id)
    {
        (_, _, string before, string after) = FixCases.OfDeclarations.Concat(OfUsage).First(item => item.Id == id && item.Before != item.After);
        return new FixTest(before, after, id, documents: 3).RunAsync(TestContext.Current.CancellationToken);
    }

    /// <summary>The outer call first: until it takes memory, a span stands before the inner one.</summary>
    [Fact]
    public Task Mends_one_call_in_another_from_outside()
        => new FixTest(
            UsageCases.InUser("async Task M(byte[] b) { await Task.Yield(); store.{|AC0019:Read|}(file, b, store.Read(file, b, 1)); }"),
            UsageCases.InUser("async Task M(byte[] b) { await Task.Yield(); await store.ReadAsync(file, b, await store.ReadAsync(file, b, 1)); }"),
            "AC0019")
        {
            NumberOfIncrementalIterations = 2,
            NumberOfFixAllIterations = 2,
            NumberOfFixAllInDocumentIterations = 2,
            NumberOfFixAllInProjectIterations = 2,
        }.RunAsync(TestContext.Current.CancellationToken);

    /// <summary>Fixes that depend on who uses what they change see every project: a rename renames there too, and a type that is made there keeps its constructor.</summary>
    [Theory]
    [InlineData(
        "AC0005",
        "public partial class C { [AsyncCall] public static int {|AC0005:M|}() => 1; public static int MAsync => 1; }",
        "public partial class C { [AsyncCall] public static int M2() => 1; public static int MAsync => 1; }",
        "public class User { public int Use() => C.M(); }",
        "public class User { public int Use() => C.M2(); }")]
    [InlineData(
        "AC0017",
        "public partial class C { [AsyncCall] public static int {|AC0017:M|}() => 1; }",
        "public partial class C { [AsyncCall] public static int {|AC0017:M|}() => 1; }",
        "public class User { public System.Func<int> Use() => C.M; }",
        "public class User { public System.Func<int> Use() => C.M; }")]
    [InlineData(
        "AC0009",
        "public partial class C\n{\n    [AsyncCall] public int {|AC0009:M|}() => 1;\n}",
        "public partial class C\n{\n    private readonly AsyncCallRuntime _calls = AsyncCallRuntime.Shared;\n\n    [AsyncCall] public int M() => 1;\n}",
        "public class User { public C Use() => new(); }",
        "public class User { public C Use() => new(); }")]
    public Task Sees_other_projects(string id, string before, string after, string userBefore, string userAfter)
    {
        var test = new FixTest(before, after, id);
        AddUser(test.TestState, userBefore);
        AddUser(test.FixedState, userAfter);
        return test.RunAsync(TestContext.Current.CancellationToken);

        static void AddUser(SolutionState state, string source)
        {
            ProjectState user = state.AdditionalProjects["User"];
            user.Sources.Add(source);
            user.AdditionalReferences.AddRange(TestCompilation.References);
            user.AdditionalProjectReferences.Add("TestProject");
            state.InheritanceMode = StateInheritanceMode.Explicit;
        }
    }

    /// <summary>What the compiler finds out only when it writes the code, such as a span across an await.</summary>
    [Fact]
    public void What_is_mended_can_be_compiled()
        => Assert.All(FixCases.OfDeclarations.Concat(OfUsage).Where(item => item.Before != item.After), item =>
        {
            CSharpCompilation compilation = TestCompilation.RunAllGenerators(TestCompilation.Create(item.After));
            Assert.Empty(compilation.Emit(Stream.Null, cancellationToken: TestContext.Current.CancellationToken).Diagnostics.Where(diagnostic => diagnostic.Severity == DiagnosticSeverity.Error));
        });

    [Fact]
    public void Every_fix_has_a_case_that_it_mends()
        => Assert.Equal(
            FixTest.Fixes.SelectMany(fix => fix.FixableDiagnosticIds).Order(StringComparer.Ordinal),
            FixCases.OfDeclarations.Concat(FixCases.OfUsage).Where(item => item.Before != item.After).Select(item => item.Id).Distinct().Order(StringComparer.Ordinal));

    [Fact]
    public void Every_fix_can_be_made_everywhere()
        => Assert.All(FixTest.Fixes, fix => Assert.Equal(
            [FixAllScope.Document, FixAllScope.Project, FixAllScope.Solution],
            fix.GetFixAllProvider()!.GetSupportedFixAllScopes().Intersect(
                [FixAllScope.Document, FixAllScope.Project, FixAllScope.Solution])));
}
