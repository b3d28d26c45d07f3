using System.Reflection;
using AsyncCalls.CodeFixes;
using AsyncCalls.Generator.Analyzers;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CodeFixes;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Testing;
using Microsoft.CodeAnalysis.Diagnostics;
using Microsoft.CodeAnalysis.Testing;
using Microsoft.CodeAnalysis.Text;

namespace AsyncCalls.Generator.Tests.Harness;

/// <summary>
/// A source before and after its fixes, in a project with all analyzers, all fixes and both generators. The fixes are made one by one, and then all at
/// once in the document, the project and the solution.
/// </summary>
internal sealed class FixTest : CSharpCodeFixTest<AsyncCallAnalyzer, EmptyCodeFixProvider, DefaultVerifier>
{
    private static readonly string Usings = TestCompilation.GlobalUsings.Replace("global ", "", StringComparison.Ordinal).ReplaceLineEndings("\n") + "\n";

    // By file, as an editor has them: a rename asks for the checksum of each.
    private static readonly AnalyzerReference[] Generators =
    [
        .. new[] { typeof(AsyncCallGenerator).Assembly.Location, TestCompilation.LibraryImportGeneratorPath }.Select(path => new AnalyzerFileReference(path, new Loader())),
    ];

    private static readonly string[] Informations = ["AC0014", "AC0017", "AC0018"];

    /// <param name="before">The source, with <c>{|id:…|}</c> around what is reported.</param>
    /// <param name="after">The source when all is fixed, or the same one if no fix is offered.</param>
    /// <param name="id">The rule: of the others, informations are left out.</param>
    /// <param name="documents">How many documents have the source, each in a namespace of its own; to fix all in a document then takes as many steps.</param>
    public FixTest(string before, string after, string id, int documents = 1)
    {
        ReferenceAssemblies = new ReferenceAssemblies("net10.0");
        TestState.AdditionalReferences.AddRange(TestCompilation.References);
        FixedState.AdditionalReferences.AddRange(TestCompilation.References);
        MarkupOptions = MarkupOptions.UseFirstDescriptor;

        // Part of the project, as in an editor: what a fix sees of a document then has the twins.
        SolutionTransforms.Add(static (solution, project) => solution.AddAnalyzerReferences(project, Generators));
        for (int document = 0; document < documents; document++)
        {
            string head = Usings + (document == 0 ? "" : $"namespace Document{document};\n");
            TestState.Sources.Add(head + before.ReplaceLineEndings("\n"));
            FixedState.Sources.Add(head + after.ReplaceLineEndings("\n"));
        }

        NumberOfFixAllInDocumentIterations = before == after ? null : documents;
        DisabledDiagnostics.AddRange(Informations.Where(information => information != id));
    }

    /// <summary>All fixes that a user's editor gets.</summary>
    public static CodeFixProvider[] Fixes { get; } =
    [
        .. typeof(EditorFix).Assembly.GetTypes()
            .Where(type => type.IsSubclassOf(typeof(CodeFixProvider)) && !type.IsAbstract)
            .Select(type => (CodeFixProvider)Activator.CreateInstance(type)!),
    ];

    /// <summary>Whether the fixes are there.</summary>
    public bool HasFixes { get; init; } = true;

    /// <summary>A document in a project as an editor has it, generators included.</summary>
    public static Document AddProject(AdhocWorkspace workspace, string source)
    {
        var project = ProjectInfo.Create(
            ProjectId.CreateNewId(),
            VersionStamp.Default,
            "Project",
            "Project",
            LanguageNames.CSharp,
            compilationOptions: new CSharpCompilationOptions(OutputKind.DynamicallyLinkedLibrary, allowUnsafe: true, nullableContextOptions: NullableContextOptions.Enable),
            parseOptions: TestCompilation.ParseOptions,
            metadataReferences: TestCompilation.References,
            analyzerReferences: Generators);
        return workspace.AddProject(project).AddDocument("Source.cs", SourceText.From(Usings + source));
    }

    protected override IEnumerable<CodeFixProvider> GetCodeFixProviders() => HasFixes ? Fixes : [];

    protected override IEnumerable<DiagnosticAnalyzer> GetDiagnosticAnalyzers() => TestCompilation.Analyzers;

    protected override ParseOptions CreateParseOptions() => TestCompilation.ParseOptions;

    protected override CompilationOptions CreateCompilationOptions() => new CSharpCompilationOptions(
        OutputKind.DynamicallyLinkedLibrary, allowUnsafe: true, nullableContextOptions: NullableContextOptions.Enable);

    // The base class names each rule with "default" here, which is /warnaserror-:id to the compiler: no .editorconfig could make an error of a warning.
    protected override Project ApplyCompilationOptions(Project project)
    {
        Project configured = base.ApplyCompilationOptions(project);
        CompilationOptions options = configured.CompilationOptions!;
        return configured.WithCompilationOptions(options.WithSpecificDiagnosticOptions(
            options.SpecificDiagnosticOptions.Where(option => option.Value != ReportDiagnostic.Default)));
    }

    /// <summary>Loads what the tests have loaded already, so that the generator is the one that is tested.</summary>
    private sealed class Loader : IAnalyzerAssemblyLoader
    {
        public void AddDependencyLocation(string fullPath)
        {
        }

        public Assembly LoadFromPath(string fullPath) => Assembly.LoadFrom(fullPath);
    }
}
