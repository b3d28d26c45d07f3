using AsyncCalls.Generator.Tests.Harness;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace AsyncCalls.Generator.Tests;

/// <summary>Code is half-typed most of the time: whatever is missing or twice there, the generator and the analyzer do not throw.</summary>
public sealed class FuzzTests
{
    private const int EditsPerScenario = 6;

    public static TheoryData<string> Scenarios => [.. GoldenScenario.Names];

    [Theory]
    [InlineData("[AsyncCall] int M() => 1;")]
    [InlineData("namespace N { [AsyncCall] int M() => 1; }")]
    [InlineData("partial class { [AsyncCall] public static int () => 1; }")]
    [InlineData("partial class C { [AsyncCall] public static int M(, int, params) => ; }")]
    [InlineData("partial class C { [AsyncCall(Errors = )] [DllImport()] public static extern int M(int fd); }")]
    [InlineData("partial class C { [AsyncCall] [LibraryImport(null, EntryPoint = null)] public static partial int M(string a = ); }")]
    [InlineData("partial class C { [AsyncCall] public static int M(SafeFileHandle f, Span<byte> b) => RandomAccess.Read(f, b, ); }")]
    [InlineData("partial class C { [AsyncCall, Obsolete(] public static void M(DayOfWeek d = (DayOfWeek), string s = 1) { } }")]
    public void Half_typed_code_never_throws(string source)
    {
        CSharpCompilation compilation = TestCompilation.Create(source);

        GeneratorRunResult result = TestCompilation.CreateDriver().RunGenerators(compilation, TestContext.Current.CancellationToken).GetRunResult().Results.Single();

        Assert.Null(result.Exception);
        TestCompilation.AnalyzeAlone(compilation);
    }

    [Fact]
    public void Attribute_on_both_parts_of_a_partial_method_gives_one_twin()
    {
        CSharpCompilation compilation = TestCompilation.Create(
            "public partial class C { [AsyncCall] public static partial int Get(); [AsyncCall] public static partial int Get() => 1; }");

        GeneratorRunResult result = TestCompilation.CreateDriver().RunGenerators(compilation, TestContext.Current.CancellationToken).GetRunResult().Results.Single();

        Assert.Null(result.Exception);
        Assert.Single(result.GeneratedSources);
    }

    [Theory]
    [MemberData(nameof(Scenarios))]
    public void Tokens_deleted_and_tokens_or_methods_doubled_never_throw(string scenario)
    {
        string source = GoldenScenario.Load(scenario).Input;
        SyntaxNode root = TestCompilation.Parse(source).GetRoot(TestContext.Current.CancellationToken);
        SyntaxToken[] tokens = [.. root.DescendantTokens()];
        MethodDeclarationSyntax[] methods = [.. root.DescendantNodes().OfType<MethodDeclarationSyntax>()];

        // Seeded by the source, so that a failure repeats itself.
        var random = new Random(source.Length);
        for (int edit = 0; edit < EditsPerScenario; edit++)
        {
            SyntaxToken token = tokens[random.Next(tokens.Length)];
            MethodDeclarationSyntax method = methods[random.Next(methods.Length)];
            string edited = (edit % 3) switch
            {
                0 => source.Remove(token.SpanStart, token.Span.Length),
                1 => source.Insert(token.SpanStart, token.Text + " "),
                _ => source.Insert(method.FullSpan.End, method.ToFullString()),
            };
            CSharpCompilation compilation = TestCompilation.Create(edited);

            GeneratorRunResult result = TestCompilation.CreateDriver().RunGenerators(compilation, TestContext.Current.CancellationToken).GetRunResult().Results.Single();

            Assert.True(result.Exception is null, $"The generator threw for:\n{edited}\n{result.Exception}");
            TestCompilation.AnalyzeAlone(compilation);
        }
    }
}
