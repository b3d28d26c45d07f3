using System.Collections.Immutable;
using System.Text;
using System.Text.RegularExpressions;
using AsyncCalls.Generator.Tests.Harness;
using AsyncCalls.Testing;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace AsyncCalls.Generator.Tests;

/// <summary>
/// Every block of C# in the documents compiles, as a reader would compile it: with the generator, and without a warning of the analyzer. A block in which a rule is named where it is broken
/// (<c>// AC0001</c>) must break that very rule.
/// </summary>
/// <remarks>
/// A block stands alone: types as they are, members in a type that has a runtime, statements in an asynchronous method. <c>…</c> is what is left out. What else a block needs is in a comment that
/// readers of the page do not see, <c>&lt;!-- csharp … --&gt;</c>, and serves the blocks after it up to the next such comment; types of earlier blocks of the page are there too, unless the
/// block has one of that name itself.
/// </remarks>
public sealed partial class DocumentationTests
{
    private const string Usings = """
        global using AsyncCalls.Testing;
        global using Microsoft.Extensions.DependencyInjection;
        global using Microsoft.Extensions.Hosting;
        global using System.Net.Sockets;
        global using Xunit;
        """;

    private static readonly ImmutableArray<MetadataReference> More =
    [
        .. new[]
            {
                typeof(CallSimulation), typeof(AsyncCallServiceCollectionExtensions), typeof(Host), typeof(HostApplicationBuilder), typeof(IHost),
                typeof(ServiceCollectionServiceExtensions), typeof(FactAttribute), typeof(Assert),
            }
            .Select(type => type.Assembly.Location)
            .Concat(Directory.GetFiles(AppContext.BaseDirectory, "Microsoft.Extensions.*.dll"))
            .Concat(Directory.GetFiles(AppContext.BaseDirectory, "xunit.v3.*.dll"))
            .DistinctBy(Path.GetFileName)
            .Select(path => MetadataReference.CreateFromFile(path)),
    ];

    public static TheoryData<string> Pages =>
    [
        .. Directory.GetFiles(Path.Combine(Repository.Root, "docs"), "*.md", SearchOption.AllDirectories)
            .Append(Path.Combine(Repository.Root, "README.md"))
            .Select(path => Path.GetRelativePath(Repository.Root, path))
            .Where(page => Block().IsMatch(File.ReadAllText(Path.Combine(Repository.Root, page))))
            .Order(StringComparer.Ordinal),
    ];

    [Theory]
    [MemberData(nameof(Pages))]
    public void Code_of_a_page_compiles_and_what_breaks_a_rule_breaks_it(string page)
    {
        string context = "";
        var earlier = new Dictionary<string, string>();
        foreach (Match block in Block().Matches(File.ReadAllText(Path.Combine(Repository.Root, page))))
        {
            if (block.Groups["context"].Success)
            {
                context = block.Groups["context"].Value;
                continue;
            }

            string code = block.Groups["code"].Value;
            string source = Complete(code, context, earlier);
            CSharpCompilation compilation = TestCompilation.Create(source)
                .AddReferences(More)
                .AddSyntaxTrees(TestCompilation.Parse(Usings, "MoreUsings.cs"));
            CSharpCompilation whole = TestCompilation.RunAllGenerators(compilation);
            string[] reported = [.. TestCompilation.AnalyzeAlone(whole).Select(diagnostic => diagnostic.Id)];
            if (Rule().Match(code) is { Success: true } rule)
            {
                Assert.True(reported.Contains(rule.Value), $"{page}: this does not break {rule.Value}, but [{string.Join(", ", reported)}]:\n{source}");
                continue;
            }

            string[] wrong =
            [
                .. whole.GetDiagnostics(TestContext.Current.CancellationToken).Where(diagnostic => diagnostic.Severity == DiagnosticSeverity.Error).Select(diagnostic => diagnostic.ToString()),
                .. TestCompilation.AnalyzeAlone(whole).Where(diagnostic => diagnostic.Severity >= DiagnosticSeverity.Warning).Select(diagnostic => diagnostic.ToString()),
            ];
            Assert.True(wrong.Length == 0, $"{page}:\n{string.Join('\n', wrong)}\n{source}");
            foreach (BaseTypeDeclarationSyntax type in TypesOf(code))
            {
                earlier[type.Identifier.ValueText] = type.ToFullString();
            }
        }
    }

    /// <summary>A block as a whole file.</summary>
    private static string Complete(string code, string context, Dictionary<string, string> earlier)
    {
        // What is left out of a body may be anything that fits there.
        string written = code.Replace("{ … }", "{ throw null!; }", StringComparison.Ordinal).Replace("…", "", StringComparison.Ordinal);
        HashSet<string> own = [.. TypesOf(context + written).Select(type => type.Identifier.ValueText)];
        var types = new StringBuilder(context).AppendLine().AppendJoin('\n', earlier.Where(type => !own.Contains(type.Key)).Select(type => type.Value));
        var members = new StringBuilder();
        var statements = new StringBuilder();
        foreach (MemberDeclarationSyntax part in CSharpSyntaxTree.ParseText(written, TestCompilation.ParseOptions).GetCompilationUnitRoot().Members)
        {
            // At the top of a file a method, a field or a declaration of a twin is read as a statement.
            StringBuilder place = part switch
            {
                BaseTypeDeclarationSyntax or BaseNamespaceDeclarationSyntax => types,
                GlobalStatementSyntax { Statement: LocalFunctionStatementSyntax or LocalDeclarationStatementSyntax } statement when IsMember(statement.ToString()) => members,
                GlobalStatementSyntax => statements,
                _ => members,
            };
            place.Append(part.ToFullString());
        }

        if (members.Length + statements.Length > 0)
        {
            bool isStatic = members.ToString().Contains("static partial", StringComparison.Ordinal);
            string head = isStatic ? "public static partial class Example" : $"public {(members.ToString().Contains("abstract ", StringComparison.Ordinal) ? "abstract" : "")} partial class Example";
            string runtime = isStatic || members.ToString().Contains("AsyncCallRuntime _", StringComparison.Ordinal) ? "" : "private readonly AsyncCallRuntime _calls = null!;";
            types.AppendLine(head).AppendLine("{").AppendLine(runtime).Append(members);
            if (statements.Length > 0)
            {
                types.AppendLine("public static async Task RunAsync()").AppendLine("{").Append(statements).AppendLine("await Task.CompletedTask;").AppendLine("}");
            }

            types.AppendLine("}");
        }

        // What a page calls by name without saying where it comes from.
        string given = context.Contains("class Given", StringComparison.Ordinal) ? "using static Given;\n" : "";
        return given + types;
    }

    private static IEnumerable<BaseTypeDeclarationSyntax> TypesOf(string code)
        => CSharpSyntaxTree.ParseText(code, TestCompilation.ParseOptions).GetCompilationUnitRoot().Members.OfType<BaseTypeDeclarationSyntax>();

    private static bool IsMember(string statement) => Modifier().IsMatch(statement);

    [GeneratedRegex("""<!-- csharp\n(?<context>.*?)-->|```csharp\n(?<code>.*?)```""", RegexOptions.Singleline)]
    private static partial Regex Block();

    [GeneratedRegex(@"(?<=// )AC[0-9]{4}")]
    private static partial Regex Rule();

    [GeneratedRegex(@"^\s*(\[|public |internal |private |protected )")]
    private static partial Regex Modifier();
}
