using System.Globalization;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;

namespace AsyncCalls.Benchmarks.Fixtures;

/// <summary>A project of a thousand methods that a generator works on, as an editor has it: one method changes, and the generator runs again.</summary>
/// <param name="generator">The generator.</param>
/// <param name="head">The declaration of a type, with its number in the place of {0}.</param>
/// <param name="method">A method, with its number in the place of {0} and the type of its parameter in the place of {1}.</param>
/// <param name="generatedFiles">How many files it generates, to be sure that it does.</param>
internal sealed class GeneratedProject(IIncrementalGenerator generator, string head, string method, int generatedFiles)
{
    private const int Files = 20;
    private const int MethodsPerFile = 50;

    private static readonly CSharpParseOptions ParseOptions = new(LanguageVersion.CSharp14);

    // What the program itself runs on: the framework, the runtime and the logging abstractions.
    private static readonly MetadataReference[] References =
    [
        .. ((string)AppContext.GetData("TRUSTED_PLATFORM_ASSEMBLIES")!).Split(Path.PathSeparator).Select(path => MetadataReference.CreateFromFile(path)),
    ];

    private readonly Compilation[] _versions = new Compilation[2];
    private GeneratorDriver _driver = null!;
    private int _edits;

    /// <summary>As many methods as there are in the project.</summary>
    public static int Methods => Files * MethodsPerFile;

    /// <summary>Parses both versions, and generates the first.</summary>
    public GeneratedProject Open()
    {
        SyntaxTree[] trees = [.. Enumerable.Range(0, Files).Select(file => Parse(file, "string"))];
        _versions[0] = CSharpCompilation.Create("Generated", trees, References, new CSharpCompilationOptions(OutputKind.DynamicallyLinkedLibrary, nullableContextOptions: NullableContextOptions.Enable));
        _versions[1] = _versions[0].ReplaceSyntaxTree(trees[^1], Parse(Files - 1, "object"));
        GenerateAll(1);
        return this;
    }

    /// <summary>Generates all files, from nothing.</summary>
    public void GenerateAll(int times)
    {
        for (int i = 0; i < times; i++)
        {
            // A clone shares the trees, and none of what is known of them.
            _driver = CSharpGeneratorDriver.Create([generator.AsSourceGenerator()], parseOptions: ParseOptions).RunGenerators(_versions[0].Clone());
        }

        Check();
    }

    /// <summary>Changes one method, back and forth, and generates after each change.</summary>
    public void Edit(int times)
    {
        for (int i = 0; i < times; i++)
        {
            _driver = _driver.RunGenerators(_versions[++_edits % 2].Clone());
        }

        Check();
    }

    private void Check()
    {
        GeneratorRunResult result = _driver.GetRunResult().Results.Single();
        if (result.Exception is not null || result.GeneratedSources.Length != generatedFiles)
        {
            throw new InvalidOperationException($"{generator.GetType()} generated {result.GeneratedSources.Length} files and not {generatedFiles}: {result.Exception}");
        }
    }

    /// <param name="file">The number of the file.</param>
    /// <param name="lastParameter">The type of the parameter of the last method, which is the one that changes.</param>
    private SyntaxTree Parse(int file, string lastParameter)
    {
        IEnumerable<string> members = Enumerable.Range(0, MethodsPerFile).Select(number =>
            string.Format(CultureInfo.InvariantCulture, method, number, number == MethodsPerFile - 1 ? lastParameter : "string"));
        string type = string.Format(CultureInfo.InvariantCulture, head, file);
        return CSharpSyntaxTree.ParseText($"namespace Demo;\n\n{type}\n{{\n{string.Join("\n\n", members)}\n}}\n", ParseOptions, $"File{file}.cs");
    }
}
