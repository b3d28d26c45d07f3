using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;

namespace AsyncCalls.Generator.Tests.Harness;

/// <summary>What must hold for any source at all.</summary>
internal static class Harmless
{
    /// <summary>Neither the generator nor the analyzers throw; and where the source compiles, so does what is generated from it, without a warning of its own.</summary>
    public static void Assert(string source, bool mustCompile = false)
    {
        CSharpCompilation compilation = TestCompilation.Create(source);
        string[] wrong = mustCompile ? [.. Errors(TestCompilation.RunLibraryImports(compilation)).Select(error => error.ToString())] : [];
        Xunit.Assert.True(wrong.Length == 0, $"The input does not compile:\n{string.Join('\n', wrong)}\n{source}");

        GeneratorRunResult result = TestCompilation.CreateDriver().RunGenerators(compilation, TestContext.Current.CancellationToken).GetRunResult().Results.Single();

        Xunit.Assert.True(result.Exception is null, $"The generator threw for:\n{source}\n{result.Exception}");
        TestCompilation.AnalyzeAlone(compilation);
        if (result.GeneratedSources.IsEmpty)
        {
            return;
        }

        CSharpCompilation input = TestCompilation.RunLibraryImports(compilation);
        if (!Errors(input).Any())
        {
            // Some errors are found only when code is written.
            CSharpCompilation output = input.AddSyntaxTrees(result.GeneratedSources.Select(source => source.SyntaxTree));
            Diagnostic? broken = output.Emit(Stream.Null, cancellationToken: TestContext.Current.CancellationToken).Diagnostics.FirstOrDefault(
                diagnostic => diagnostic.Severity == DiagnosticSeverity.Error
                    || (diagnostic.Severity == DiagnosticSeverity.Warning && result.GeneratedSources.Any(source => source.SyntaxTree == diagnostic.Location.SourceTree)));
            Xunit.Assert.True(broken is null, $"What is generated does not compile:\n{source}\n{broken}\n{broken?.Location.SourceTree}");
        }
    }

    private static IEnumerable<Diagnostic> Errors(CSharpCompilation compilation)
        => compilation.GetDiagnostics(TestContext.Current.CancellationToken).Where(diagnostic => diagnostic.Severity == DiagnosticSeverity.Error);
}
