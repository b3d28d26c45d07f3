using System.Collections.Immutable;
using System.Reflection;
using System.Runtime.InteropServices;
using AsyncCalls.Generator.Analyzers;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.Diagnostics;
using Microsoft.CodeAnalysis.Text;

namespace AsyncCalls.Generator.Tests.Harness;

/// <summary>Compiles a source as a user's project would: with the framework's reference assemblies, the real runtime, and both generators.</summary>
internal static class TestCompilation
{
    public const string InputPath = "Input.cs";

    public const string GlobalUsings = """
        global using System;
        global using System.Collections.Generic;
        global using System.IO;
        global using System.Threading;
        global using System.Threading.Tasks;
        global using System.Runtime.InteropServices;
        global using Microsoft.Win32.SafeHandles;
        global using AsyncCalls;
        """;

    private static readonly string TargetingPack = FindTargetingPack();

    /// <summary>The framework's reference assemblies and the runtime.</summary>
    public static ImmutableArray<MetadataReference> References { get; } =
    [
        .. Directory.GetFiles(Path.Combine(TargetingPack, "ref", "net10.0"), "*.dll").Select(path => MetadataReference.CreateFromFile(path)),
        MetadataReference.CreateFromFile(typeof(AsyncCallAttribute).Assembly.Location),
    ];

    /// <summary>All analyzers that a user's project gets.</summary>
    public static ImmutableArray<DiagnosticAnalyzer> Analyzers => [new AsyncCallAnalyzer(), new TwinUsageAnalyzer(), new TwinFlowAnalyzer()];

    /// <summary>All rules, each once.</summary>
    public static IEnumerable<DiagnosticDescriptor> Rules => Analyzers.SelectMany(analyzer => analyzer.SupportedDiagnostics).DistinctBy(rule => rule.Id);

    public static CSharpParseOptions ParseOptions { get; } = new(LanguageVersion.CSharp14, DocumentationMode.Diagnose);

    public static SyntaxTree Parse(string source, string path = InputPath)
        => CSharpSyntaxTree.ParseText(SourceText.From(source), ParseOptions, path);

    public static CSharpCompilation Create(string source)
    {
        // Only the import generator of the framework itself writes unsafe code.
        var options = new CSharpCompilationOptions(
            IsProgram(source) ? OutputKind.ConsoleApplication : OutputKind.DynamicallyLinkedLibrary,
            allowUnsafe: source.Contains("LibraryImport", StringComparison.Ordinal) || source.Contains("unsafe ", StringComparison.Ordinal),
            nullableContextOptions: NullableContextOptions.Enable);
        return CSharpCompilation.Create("Golden", [Parse(source), Parse(GlobalUsings, "GlobalUsings.cs")], References, options);
    }

    private static bool IsProgram(string source) => Parse(source).GetCompilationUnitRoot().Members.Any(member => member.IsKind(SyntaxKind.GlobalStatement));

    /// <summary>The generator alone, with its steps recorded.</summary>
    public static GeneratorDriver CreateDriver() => CSharpGeneratorDriver.Create(
        [new AsyncCallGenerator().AsSourceGenerator()],
        parseOptions: ParseOptions,
        driverOptions: new GeneratorDriverOptions(IncrementalGeneratorOutputKind.None, trackIncrementalGeneratorSteps: true));

    /// <summary>The generator and the framework's own one for <c>[LibraryImport]</c>.</summary>
    public static CSharpCompilation RunAllGenerators(CSharpCompilation compilation)
    {
        CSharpGeneratorDriver
            .Create([new AsyncCallGenerator().AsSourceGenerator(), LibraryImportGenerator()], parseOptions: ParseOptions)
            .RunGeneratorsAndUpdateCompilation(compilation, out Compilation output, out ImmutableArray<Diagnostic> diagnostics);
        Assert.DoesNotContain(diagnostics, diagnostic => diagnostic.Severity >= DiagnosticSeverity.Warning);
        return (CSharpCompilation)output;
    }

    /// <summary>The compilation with what the framework's own generator adds, whatever that says of it.</summary>
    public static CSharpCompilation RunLibraryImports(CSharpCompilation compilation)
    {
        CSharpGeneratorDriver.Create([LibraryImportGenerator()], parseOptions: ParseOptions).RunGeneratorsAndUpdateCompilation(compilation, out Compilation output, out _);
        return (CSharpCompilation)output;
    }

    /// <summary>What the analyzer says of the compilation that the compiler shows it: the one with all generated files.</summary>
    public static ImmutableArray<Diagnostic> Analyze(CSharpCompilation compilation) => AnalyzeAlone(RunAllGenerators(compilation));

    /// <summary>What the analyzer says of the compilation as it is; an exception in the analyzer fails the test.</summary>
    public static ImmutableArray<Diagnostic> AnalyzeAlone(CSharpCompilation compilation)
    {
        Exception? thrown = null;
        var options = new CompilationWithAnalyzersOptions(
            new AnalyzerOptions([]),
            onAnalyzerException: (exception, _, _) => thrown = exception,
            concurrentAnalysis: true,
            logAnalyzerExecutionTime: false);
        ImmutableArray<Diagnostic> diagnostics = compilation
            .WithAnalyzers(Analyzers, options)
            .GetAnalyzerDiagnosticsAsync()
            .GetAwaiter()
            .GetResult();
        Assert.Null(thrown);
        return [.. diagnostics.OrderBy(diagnostic => diagnostic.Location.SourceSpan.Start).ThenBy(diagnostic => diagnostic.Id, StringComparer.Ordinal)];
    }

    /// <summary>Where the framework's own generator is.</summary>
    public static string LibraryImportGeneratorPath => Path.Combine(TargetingPack, "analyzers", "dotnet", "cs", "Microsoft.Interop.LibraryImportGenerator.dll");

    /// <summary>The framework's own generator.</summary>
    public static ISourceGenerator LibraryImportGenerator()
    {
        Assembly assembly = Assembly.LoadFrom(LibraryImportGeneratorPath);
        Type type = assembly.GetType("Microsoft.Interop.LibraryImportGenerator", throwOnError: true)!;
        return ((IIncrementalGenerator)Activator.CreateInstance(type)!).AsSourceGenerator();
    }

    // The pack is part of the SDK, so that nothing is downloaded while tests run.
    private static string FindTargetingPack()
    {
        string packs = Path.GetFullPath(Path.Combine(RuntimeEnvironment.GetRuntimeDirectory(), "..", "..", "..", "packs", "Microsoft.NETCore.App.Ref"));
        return Directory.GetDirectories(packs, "10.0.*").OrderBy(path => Version.TryParse(Path.GetFileName(path), out Version? version) ? version : new Version()).Last();
    }
}
