using AsyncCalls.Generator.Tests.Harness;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CodeActions;
using Microsoft.CodeAnalysis.CodeFixes;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.Diagnostics;
using Microsoft.CodeAnalysis.Text;

namespace AsyncCalls.Generator.Tests;

/// <summary>The usage rules and their fixes on whole methods: silent where nothing is wrong, and one fix after the other where something is.</summary>
public sealed class UsageSourceTests
{
    /// <summary>More than any of the sources has to mend.</summary>
    private const int StepsMax = 20;

    public static TheoryData<int> Correct => [.. Enumerable.Range(0, UsageSources.Correct.Length)];

    public static TheoryData<int> ToMend => [.. Enumerable.Range(0, UsageSources.ToMend.Length)];

    [Theory, MemberData(nameof(Correct))]
    public void Is_silent(int index)
    {
        CSharpCompilation compilation = TestCompilation.RunAllGenerators(TestCompilation.Create(UsageSources.InUser(UsageSources.Correct[index])));

        Assert.Empty(compilation.GetDiagnostics(TestContext.Current.CancellationToken).Where(diagnostic => diagnostic.Severity == DiagnosticSeverity.Error));
        Assert.Empty(TestCompilation.AnalyzeAlone(compilation).Where(diagnostic => diagnostic.Severity >= DiagnosticSeverity.Warning));
    }

    [Theory, MemberData(nameof(ToMend))]
    public async Task Compiles_after_each_fix(int index)
    {
        using var workspace = new AdhocWorkspace();
        Document document = FixTest.AddProject(workspace, UsageSources.InUser(UsageSources.ToMend[index]));
        int steps = 0;
        while (await MendFirstAsync(document) is { } mended)
        {
            document = mended;
            Assert.True(++steps < StepsMax, $"There is no end of it:\n{await document.GetTextAsync(TestContext.Current.CancellationToken)}");
            await AssertCompilesAsync(document);
        }

        Assert.True(steps > 0, "Nothing was mended.");
    }

    /// <summary>The document with the first of its diagnostics mended that has a fix; null: there is none.</summary>
    private static async Task<Document?> MendFirstAsync(Document document)
    {
        CancellationToken token = TestContext.Current.CancellationToken;
        Compilation compilation = (await document.Project.GetCompilationAsync(token))!;
        IEnumerable<Diagnostic> diagnostics = await compilation.WithAnalyzers(TestCompilation.Analyzers).GetAnalyzerDiagnosticsAsync(token);
        foreach (Diagnostic diagnostic in diagnostics.Where(found => found.Severity >= DiagnosticSeverity.Warning).OrderBy(found => found.Location.SourceSpan.Start))
        {
            var actions = new List<CodeAction>();
            foreach (CodeFixProvider fix in FixTest.Fixes.Where(fix => fix.FixableDiagnosticIds.Contains(diagnostic.Id)))
            {
                await fix.RegisterCodeFixesAsync(new CodeFixContext(document, diagnostic, (action, _) => actions.Add(action), token));
            }

            if (actions.Count > 0)
            {
                IEnumerable<CodeActionOperation> operations = await actions[0].GetOperationsAsync(token);
                return operations.OfType<ApplyChangesOperation>().Single().ChangedSolution.GetDocument(document.Id);
            }
        }

        return null;
    }

    private static async Task AssertCompilesAsync(Document document)
    {
        // Memory on the stack that is passed to a twin is an error until its own turn comes.
        const string CannotConvert = "CS1503";
        Compilation compilation = (await document.Project.GetCompilationAsync(TestContext.Current.CancellationToken))!;
        Diagnostic? wrong = compilation.Emit(Stream.Null, cancellationToken: TestContext.Current.CancellationToken).Diagnostics.FirstOrDefault(
            diagnostic => diagnostic.Severity == DiagnosticSeverity.Error && diagnostic.Id != CannotConvert);
        SourceText text = await document.GetTextAsync(TestContext.Current.CancellationToken);
        Assert.True(wrong is null, $"{wrong}\n{text}");
    }
}
