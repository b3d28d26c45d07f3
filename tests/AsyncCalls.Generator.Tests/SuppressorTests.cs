using System.Collections.Immutable;
using AsyncCalls.Generator.Analyzers;
using AsyncCalls.Generator.Tests.Harness;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;
using Microsoft.CodeAnalysis.Diagnostics;

namespace AsyncCalls.Generator.Tests;

/// <summary>CA1822 is silent at annotated methods, and nowhere else.</summary>
public sealed class SuppressorTests
{
    [Fact]
    public async Task Silences_the_advice_to_make_an_annotated_method_static()
    {
        CSharpCompilation compilation = TestCompilation.Create("public partial class C(AsyncCallRuntime calls) { [AsyncCall] public int Annotated() => 1; public int Other() => 2; }");
        var options = new CompilationWithAnalyzersOptions(
            new AnalyzerOptions([]), onAnalyzerException: null, concurrentAnalysis: true, logAnalyzerExecutionTime: false, reportSuppressedDiagnostics: true);

        ImmutableArray<Diagnostic> diagnostics = await compilation
            .WithAnalyzers([new MarkAsStatic(), new UsesRuntimeSuppressor()], options)
            .GetAnalyzerDiagnosticsAsync(TestContext.Current.CancellationToken);

        Assert.Equal(
            [("Annotated", true), ("Other", false)],
            diagnostics.OrderBy(diagnostic => diagnostic.Location.SourceSpan.Start).Select(diagnostic => (diagnostic.GetMessage(), diagnostic.IsSuppressed)));
    }

#pragma warning disable RS1029, RS1036, RS1038, RS1041, RS2008 // It is never shipped: the rules for compiler extensions do not apply.

    /// <summary>Stands in for the SDK's analyzer: reports every method.</summary>
    [DiagnosticAnalyzer(LanguageNames.CSharp)]
    private sealed class MarkAsStatic : DiagnosticAnalyzer
    {
        private static readonly DiagnosticDescriptor Rule = new("CA1822", "Mark members as static", "{0}", "Performance", DiagnosticSeverity.Warning, isEnabledByDefault: true);

        public override ImmutableArray<DiagnosticDescriptor> SupportedDiagnostics { get; } = [Rule];

        public override void Initialize(AnalysisContext context)
        {
            context.EnableConcurrentExecution();
            context.ConfigureGeneratedCodeAnalysis(GeneratedCodeAnalysisFlags.None);
            context.RegisterSyntaxNodeAction(Report, SyntaxKind.MethodDeclaration);
        }

        private static void Report(SyntaxNodeAnalysisContext context)
        {
            SyntaxToken identifier = ((MethodDeclarationSyntax)context.Node).Identifier;
            context.ReportDiagnostic(Diagnostic.Create(Rule, identifier.GetLocation(), identifier.ValueText));
        }
    }
}
