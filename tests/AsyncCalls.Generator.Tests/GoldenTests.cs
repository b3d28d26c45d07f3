using AsyncCalls.Generator.Tests.Harness;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;

namespace AsyncCalls.Generator.Tests;

/// <summary>
/// Golden files: <c>Golden/&lt;Scenario&gt;/Input.cs</c> beside the files that are generated from it. The output is compiled, with
/// documentation and nullable warnings as errors, before it is compared. To rewrite the expected files after an intended change:
/// <c>ASYNCCALLS_UPDATE_GOLDEN=1 dotnet test tests/AsyncCalls.Generator.Tests</c>, then review the difference. Never in CI.
/// </summary>
public sealed class GoldenTests
{
    private static readonly bool Update = Environment.GetEnvironmentVariable("ASYNCCALLS_UPDATE_GOLDEN") == "1"
        && Environment.GetEnvironmentVariable("CI") is null;

    /// <summary>Scenarios whose twins repeat what the compiler says of their originals.</summary>
    private static readonly string[] OfOriginals = ["MarkedTypes", "NullContracts"];

    public static TheoryData<string> Scenarios => [.. GoldenScenario.Names];

    [Theory]
    [MemberData(nameof(Scenarios))]
    public void Output_compiles_and_is_as_expected(string scenario)
    {
        GoldenScenario golden = GoldenScenario.Load(scenario);
        CSharpCompilation compilation = TestCompilation.Create(golden.Input);

        CSharpCompilation output = TestCompilation.RunAllGenerators(compilation);
        AssertCompiles(output, scenario);
        if (!OfOriginals.Contains(scenario))
        {
            AssertCompiles(WithWarnings(output), scenario);
        }

        Dictionary<string, string> actual = Generate(compilation);
        if (Update)
        {
            golden.Write(actual);
        }

        IReadOnlyDictionary<string, string> expected = GoldenScenario.Load(scenario).Expected;
        Assert.Equal(expected.Keys.Order(StringComparer.Ordinal), actual.Keys.Order(StringComparer.Ordinal));
        foreach ((string hintName, string text) in actual)
        {
            Assert.Equal(expected[hintName], text);
        }
    }

    [Theory]
    [MemberData(nameof(Scenarios))]
    public void Line_inserted_above_leaves_every_step_cached(string scenario)
        => IncrementalityAssert.StepsAreCached(GoldenScenario.Load(scenario).Input, source => "// Inserted above.\n\n" + source);

    [Theory]
    [MemberData(nameof(Scenarios))]
    public void Unrelated_edit_leaves_every_step_cached(string scenario)
        => IncrementalityAssert.StepsAreCached(GoldenScenario.Load(scenario).Input, source => source + "\ninternal static class Unrelated { internal static int Edit() => 1; }\n");

    [Theory]
    [MemberData(nameof(Scenarios))]
    public void Models_hold_no_symbols(string scenario)
    {
        GeneratorDriver driver = TestCompilation.CreateDriver().RunGenerators(TestCompilation.Create(GoldenScenario.Load(scenario).Input), TestContext.Current.CancellationToken);
        ModelGuard.HoldsOnlyValues(driver.GetRunResult());
    }

    private static Dictionary<string, string> Generate(CSharpCompilation compilation)
    {
        GeneratorRunResult result = TestCompilation.CreateDriver().RunGenerators(compilation, TestContext.Current.CancellationToken).GetRunResult().Results.Single();
        Assert.Null(result.Exception);
        return result.GeneratedSources.ToDictionary(source => source.HintName, source => GoldenScenario.WithoutVersion(source.SourceText.ToString()));
    }

    /// <summary>The compilation without the line that keeps warnings out of what is generated: they would hide mistakes of the generator.</summary>
    private static CSharpCompilation WithWarnings(CSharpCompilation compilation)
    {
        const string Line = "#pragma warning disable\n";
        foreach (SyntaxTree tree in compilation.SyntaxTrees.Where(tree => tree.FilePath.Contains(nameof(AsyncCallGenerator), StringComparison.Ordinal)))
        {
            string text = tree.GetText().ToString();
            Assert.Contains(Line, text, StringComparison.Ordinal);
            compilation = compilation.ReplaceSyntaxTree(tree, TestCompilation.Parse(text.Replace(Line, "", StringComparison.Ordinal), tree.FilePath));
        }

        return compilation;
    }

    private static void AssertCompiles(CSharpCompilation compilation, string scenario)
    {
        // Inputs need no documentation; what is generated does.
        string[] problems =
        [
            .. compilation.GetDiagnostics().Concat(compilation.Emit(Stream.Null).Diagnostics).Distinct()
                .Where(diagnostic => diagnostic.Severity >= DiagnosticSeverity.Warning)
                .Where(diagnostic => diagnostic.Id != "CS1591" || diagnostic.Location.SourceTree?.FilePath != TestCompilation.InputPath)
                .Select(diagnostic => $"{diagnostic}\n{diagnostic.Location.SourceTree?.GetText().Lines[diagnostic.Location.GetLineSpan().StartLinePosition.Line]}"),
        ];
        Assert.True(problems.Length == 0, scenario + " does not compile:\n" + string.Join("\n", problems));
    }
}
