using System.Collections.Immutable;
using System.Globalization;
using AsyncCalls.Generator.Tests.Harness;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;

namespace AsyncCalls.Generator.Tests;

/// <summary>In a project of a thousand annotated methods, an edit of one generates its file and no other.</summary>
public sealed class ThousandMethodsTests
{
    private const int Files = 20;
    private const int MethodsPerFile = 50;
    private const int Methods = Files * MethodsPerFile;
    private const int Edited = 7;

    [Fact]
    public void An_edit_of_one_method_generates_one_file()
        => AssertGenerated(1, source => source.Replace("int M23(", "long M23(", StringComparison.Ordinal));

    [Fact]
    public void A_method_more_generates_one_file()
        => AssertGenerated(1, source => source.Insert(source.LastIndexOf('}'), "    [AsyncCall] public int More(string path) => 0;\n"));

    [Fact]
    public void A_body_that_changes_generates_none()
        => AssertGenerated(0, source => source.Replace("path.Length + 23", "path.Length + 24", StringComparison.Ordinal));

    [Fact]
    public void A_line_above_generates_none()
        => AssertGenerated(0, source => "// Above.\n" + source);

    [Fact]
    public void An_edit_of_another_file_generates_none()
    {
        CSharpCompilation before = Create();
        AssertGenerated(0, before, before.AddSyntaxTrees(TestCompilation.Parse("internal static class Other { internal static int Edit() => 1; }", "Other.cs")));
    }

    private static void AssertGenerated(int expected, Func<string, string> edit)
    {
        CSharpCompilation before = Create();
        SyntaxTree tree = before.SyntaxTrees.Single(candidate => candidate.FilePath == PathOf(Edited));
        string source = Source(Edited);
        string edited = edit(source);
        Assert.NotEqual(source, edited);
        AssertGenerated(expected, before, before.ReplaceSyntaxTree(tree, TestCompilation.Parse(edited, PathOf(Edited))));
    }

    private static void AssertGenerated(int expected, CSharpCompilation before, CSharpCompilation after)
    {
        GeneratorDriver first = TestCompilation.CreateDriver().RunGenerators(before, TestContext.Current.CancellationToken);
        Assert.Equal(Methods, first.GetRunResult().GeneratedTrees.Length);

        GeneratorRunResult result = first.RunGenerators(after, TestContext.Current.CancellationToken).GetRunResult().Results.Single();

        ImmutableArray<IncrementalGeneratorRunStep> outputs = Assert.Single(result.TrackedOutputSteps).Value;
        Assert.Equal(expected, outputs.SelectMany(step => step.Outputs).Count(IsNew));
        Assert.Equal(expected, result.TrackedSteps[TrackingNames.Model].SelectMany(step => step.Outputs).Count(IsNew));
        Assert.True(result.GeneratedSources.Length >= Methods);
    }

    private static bool IsNew((object Value, IncrementalStepRunReason Reason) output)
        => output.Reason is IncrementalStepRunReason.New or IncrementalStepRunReason.Modified;

    private static CSharpCompilation Create()
        => TestCompilation.Create("").AddSyntaxTrees(Enumerable.Range(0, Files).Select(file => TestCompilation.Parse(Source(file), PathOf(file))));

    private static string PathOf(int file) => string.Create(CultureInfo.InvariantCulture, $"File{file}.cs");

    private static string Source(int file)
        => string.Create(CultureInfo.InvariantCulture, $"namespace Demo;\n\npublic sealed partial class Type{file}(AsyncCallRuntime calls)\n{{\n")
            + string.Concat(Enumerable.Range(0, MethodsPerFile).Select(method =>
                string.Create(CultureInfo.InvariantCulture, $"    [AsyncCall]\n    public int M{method}(string path) => path.Length + {method};\n\n")))
            + "}\n";
}
