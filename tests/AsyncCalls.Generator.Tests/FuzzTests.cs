using AsyncCalls.Generator.Tests.Harness;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;

namespace AsyncCalls.Generator.Tests;

/// <summary>Code is half-typed most of the time: whatever is missing or twice there, the generator and the analyzer do not throw.</summary>
public sealed class FuzzTests
{
    private const int EditsPerScenario = 6;

    public static TheoryData<string> Scenarios => [.. GoldenScenario.Names];

    [Theory]
    [MemberData(nameof(Scenarios))]
    public void Tokens_deleted_or_doubled_never_throw(string scenario)
    {
        string source = GoldenScenario.Load(scenario).Input;
        SyntaxToken[] tokens = [.. TestCompilation.Parse(source).GetRoot(TestContext.Current.CancellationToken).DescendantTokens()];

        // Seeded by the source, so that a failure repeats itself.
        var random = new Random(source.Length);
        for (int edit = 0; edit < EditsPerScenario; edit++)
        {
            SyntaxToken token = tokens[random.Next(tokens.Length)];
            string edited = random.Next(2) == 0 ? source.Remove(token.SpanStart, token.Span.Length) : source.Insert(token.SpanStart, token.Text + " ");
            CSharpCompilation compilation = TestCompilation.Create(edited);

            GeneratorRunResult result = TestCompilation.CreateDriver().RunGenerators(compilation, TestContext.Current.CancellationToken).GetRunResult().Results.Single();

            Assert.True(result.Exception is null, $"The generator threw for:\n{edited}\n{result.Exception}");
            TestCompilation.AnalyzeAlone(compilation);
        }
    }
}
