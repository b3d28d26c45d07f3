using AsyncCalls.Generator.Tests.Harness;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.Testing;

namespace AsyncCalls.Generator.Tests;

/// <summary>Whoever knows better silences a rule, or makes an error of it: at a place, at a member, or for a folder.</summary>
public sealed class SuppressionTests
{
    private const string OfType = $"public class C {{ {UsageCases.Here} [AsyncCall] public static int [|M|]() => 1; }}";
    private const string OfBody = $"public partial class C {{ {UsageCases.Here} [AsyncCall] public static int [|M|](CancellationToken t) {{ Thread.Sleep(60_000); return 1; }} }}";

    public static TheoryData<string> Rules => ["AC0001", "AC0018", "AC0019", "AC0020", "AC0021", "AC0022", "AC0023", "AC0024"];

    [Theory]
    [MemberData(nameof(Rules))]
    public Task Pragma_silences(string id)
    {
        string source = Unmarked(id);
        return Run(id, $"#pragma warning disable {id}\n{source}\n#pragma warning restore {id}\n", config: null);
    }

    [Theory]
    [MemberData(nameof(Rules))]
    public Task Attribute_silences(string id)
    {
        string source = Unmarked(id);
        string attribute = $"[System.Diagnostics.CodeAnalysis.SuppressMessage(\"AsyncCalls\", \"{id}\")]";
        return Run(id, source.Replace(UsageCases.Here, attribute, StringComparison.Ordinal), config: null);
    }

    [Theory]
    [MemberData(nameof(Rules))]
    public Task EditorConfig_silences(string id)
    {
        string source = Unmarked(id);
        return Run(id, source, $"dotnet_diagnostic.{id}.severity = none");
    }

    [Theory]
    [MemberData(nameof(Rules))]
    public Task EditorConfig_makes_an_error_of_it(string id)
        => Run(id, Source(id).Replace("[|", "{|#0:", StringComparison.Ordinal).Replace("|]", "|}", StringComparison.Ordinal), $"dotnet_diagnostic.{id}.severity = error");

    private static string Unmarked(string id) => MarkedSource.Parse(Source(id)).Source;

    private static string Source(string id) => id switch
    {
        "AC0001" => OfType,
        "AC0018" => OfBody,
        _ => UsageCases.InUser(UsageCases.Reported.First(item => item.Id == id).Method),
    };

    private static Task Run(string id, string source, string? config)
    {
        var test = new FixTest(source, source, id) { HasFixes = false };
        if (config is not null)
        {
            test.TestState.AnalyzerConfigFiles.Add(("/.editorconfig", "root = true\n[*.cs]\n" + config + "\n"));
        }

        if (source.Contains("{|#0:", StringComparison.Ordinal))
        {
            test.TestState.ExpectedDiagnostics.Add(new DiagnosticResult(id, DiagnosticSeverity.Error).WithLocation(0).WithOptions(DiagnosticOptions.IgnoreAdditionalLocations));
        }

        return test.RunAsync(TestContext.Current.CancellationToken);
    }
}
