using AsyncCalls.Generator.Tests.Harness;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace AsyncCalls.Generator.Tests;

/// <summary>
/// Code is half-typed most of the time: whatever is missing, twice or in the wrong place, the generator and the analyzer do not throw; and where the input compiles, so does what is
/// generated from it.
/// </summary>
/// <remarks><c>ASYNCCALLS_FUZZ=100</c> makes as many times more edits.</remarks>
public sealed class FuzzTests
{
    private const int EditsPerScenario = 12;

    private static readonly int Factor = int.TryParse(Environment.GetEnvironmentVariable("ASYNCCALLS_FUZZ"), out int factor) ? factor : 1;

    public static TheoryData<string> Scenarios => [.. GoldenScenario.Names, .. SyntaxFile.Names];

    public static TheoryData<string, string> Usage => [.. UsageCases.Reported.Select(item => (item.Id, item.Name))];

    [Theory]
    [InlineData("[AsyncCall] int M() => 1;")]
    [InlineData("namespace N { [AsyncCall] int M() => 1; }")]
    [InlineData("partial class { [AsyncCall] public static int () => 1; }")]
    [InlineData("partial class C { [AsyncCall] public static int M(, int, params) => ; }")]
    [InlineData("partial class C { [AsyncCall(Errors = )] [DllImport()] public static extern int M(int fd); }")]
    [InlineData("partial class C { [AsyncCall] [LibraryImport(null, EntryPoint = null)] public static partial int M(string a = ); }")]
    [InlineData("partial class C { [AsyncCall] public static int M(SafeFileHandle f, Span<byte> b) => RandomAccess.Read(f, b, ); }")]
    [InlineData("partial class C { [AsyncCall, Obsolete(] public static void M(DayOfWeek d = (DayOfWeek), string s = 1) { } }")]
    [InlineData("partial class C { [AsyncCall(Name = null, TimeoutMs = \"1\", RequiredBackends = 7.5, TakesOptions = )] public static int M() => 1; }")]
    [InlineData("partial class C { [AsyncCall(Name = new[] { \"a\" }, RequiredBackends = (AsyncCallBackends)(-1))] public static int M() => 1; }")]
    [InlineData("partial class C { [AsyncCall] public static void M(out a, in, out int, ref) { } }")]
    [InlineData("partial class C : I { [AsyncCall] int I.M() => 1; [AsyncCall] int .M() => 1; [AsyncCall] int I<>.M<T>(out T) => 1; }")]
    [InlineData("partial interface I<in out T> { [AsyncCall] T M(out T t); [AsyncCall] static abstract int N(); [AsyncCall] }")]
    [InlineData("abstract partial class C : C { [AsyncCall] public abstract override int M(); [AsyncCall] public sealed virtual int N() => 1; }")]
    [InlineData("partial class C<T> where T : C<T>. { [AsyncCall] public override T? M<U>(U?[]? u, (int, T t t) => default; }")]
    [InlineData("static partial class E { extension( { [AsyncCall] public int M() => 1; } extension(int) { [AsyncCall] public static int N() => 1; } }")]
    [InlineData("extern alias Other; partial class C { [AsyncCall] public static int M(Other::System.IO.Stream s, Other:: ) => 1; }")]
    public void Half_typed_code_never_throws(string source) => Harmless.Assert(source);

    [Theory]
    [InlineData("public abstract class B { [AsyncCall] public abstract int M(); } public partial class D(AsyncCallRuntime calls) : B { [AsyncCall] public override int M() => 1; }")]
    [InlineData("public interface I { [AsyncCall] int M(); } public partial class D(AsyncCallRuntime calls) : I { [AsyncCall] int I.M() => 1; }")]
    [InlineData("public partial interface I { [AsyncCall(TimeoutMs = -1)] int M(); } public partial class D(AsyncCallRuntime calls) : I { [AsyncCall] int I.M() => 1; [AsyncCall] public int N() => 1; }")]
    [InlineData("public partial interface I { [AsyncCall] int M(); } public partial interface J : I { [AsyncCall] int I.M() => 1; }")]
    [InlineData("public partial interface I { [AsyncCall] int M(int a); } public partial interface J : I { [AsyncCall] new int M(int b); } public partial class C : J { int I.M(int c) => 1; int J.M(int d) => 2; }")]
    [InlineData("public partial class B(AsyncCallRuntime calls) { [AsyncCall] public virtual object M() => 1; } public partial class D(AsyncCallRuntime calls) : B(calls) { [AsyncCall] public override string M() => \"\"; } public partial class E(AsyncCallRuntime calls) : D(calls) { [AsyncCall] public override string M() => \"e\"; }")]
    [InlineData("public partial class B(AsyncCallRuntime calls) { [AsyncCall(TakesOptions = true)] public virtual int M() => 1; } public partial class D(AsyncCallRuntime calls) : B(calls) { [AsyncCall] public sealed override int M() => 2; }")]
    [InlineData("public partial class B(AsyncCallRuntime calls) { [AsyncCall] public virtual int M() => 1; } public partial class D(AsyncCallRuntime calls) : B(calls) { [AsyncCall(TakesOptions = true)] public override int M() => 2; }")]
    [InlineData("public partial class B(AsyncCallRuntime calls) { [AsyncCall] public virtual int M() => 1; } public partial class D(AsyncCallRuntime calls) : B(calls) { [AsyncCall] public new int M() => 2; [AsyncCall] public override string ToString() => \"\"; }")]
    [InlineData("public partial struct S(AsyncCallRuntime calls) { [AsyncCall] public readonly override string ToString() => \"\"; [AsyncCall] public readonly override int GetHashCode() => 1; }")]
    [InlineData("public sealed partial record R(AsyncCallRuntime Calls) { [AsyncCall] public override int GetHashCode() => 1; }")]
    public void Where_a_twin_is_missing_or_inherited_the_others_compile(string source) => Harmless.Assert(source, mustCompile: true);

    [Theory]
    [InlineData("public static partial class C { [AsyncCall(Name = \"*\", TakesOptions = true)] public static int M(int a) => a; public static int N() => M(1) + M(a: 2); }")]
    [InlineData("public static partial class C { [AsyncCall(Name = \"Other\")] public static int M(int a) => a; public static string Other(int a) => \"\"; public static string N() => Other(1); }")]
    [InlineData("public static partial class C { [AsyncCall] public static int M(int a) => a; public static string MAsync(int a) => \"\"; public static string N() => MAsync(1); }")]
    [InlineData("public enum E { [Obsolete(\"\", true)] Old, New = 0, [Obsolete(\"\", true)] Last } public static partial class C { [AsyncCall] public static void M(E first = E.New, E second = (E)1, E? third = 0) { } }")]
    [InlineData("[Flags] public enum E { [Obsolete(\"\", true)] A = 1, B = 2, C = 4 } public static partial class C { [AsyncCall] public static void M(E first = (E)7, E second = E.B | E.C) { } }")]
    [InlineData("public partial class C { [Obsolete] private readonly AsyncCallRuntime _calls = new(); [AsyncCall] public int M() => 1; }")]
    [InlineData("public partial class C { private AsyncCallRuntime Calls { [Obsolete(\"\", DiagnosticId = \"no id\")] get; } = new(); [AsyncCall] public int M() => 1; }")]
    [InlineData("public partial class C { [Obsolete] private static readonly SafeFileHandle File = new();\n#pragma warning disable\n[AsyncCall] public static int M(Span<byte> b) => RandomAccess.Read(File, b, 0); }")]
    [InlineData("using System.Runtime.CompilerServices; public static partial class C { [AsyncCall] public static void M([Optional, DateTimeConstant(3)] byte f, int g = 2) { } [AsyncCall] public static void N([Optional, DecimalConstant(1, 0, 0u, 0u, 15u)] DayOfWeek? f, [Optional, DefaultParameterValue(DayOfWeek.Friday)] DayOfWeek g, nint h = -1, nuint? i = 3) { } }")]
    [InlineData("public class B { [Obsolete] public virtual int M() => 1; }\n#pragma warning disable\npublic partial class D(AsyncCallRuntime calls) : B { [AsyncCall] public override int M() => 1; }")]
    [InlineData("public class B { [Obsolete(\"\", true)] public virtual int M() => 1; }\n#pragma warning disable\npublic partial class D(AsyncCallRuntime calls) : B { [AsyncCall] public override int M() => 1; }")]
    [InlineData("public partial interface I { [AsyncCall, Obsolete] int M(); }\n#pragma warning disable\npublic partial class D(AsyncCallRuntime calls) : I { [AsyncCall] int I.M() => 1; }")]
    [InlineData("public partial interface I { [AsyncCall, Obsolete(\"\", true)] int M(); }\n#pragma warning disable\npublic partial class D(AsyncCallRuntime calls) : I { [AsyncCall] int I.M() => 1; }")]
    [InlineData("public partial class B(AsyncCallRuntime calls) { [AsyncCall, Obsolete(\"\", true)] public virtual int M() => 1; }\n#pragma warning disable\npublic partial class D(AsyncCallRuntime calls) : B(calls) { [AsyncCall] public override int M() => 1; }")]
    [InlineData("public partial class B { [Obsolete(\"\", true)] public class T; [AsyncCall, Obsolete] public static T? M(T? t) => t; }")]
    [InlineData("using System.Diagnostics.CodeAnalysis; [Experimental(\"E1\")] public class X;\n#pragma warning disable E1, E2\npublic static partial class C { [AsyncCall, Experimental(\"E2\")] public static X M(X x) => x; [AsyncCall] public static X N(X x) => M(x); }")]
    [InlineData("using System.Diagnostics.CodeAnalysis; public static partial class C { [AsyncCall, Experimental(\"E2\", UrlFormat = \"x\")] public static int M(int x) => x;\n#pragma warning disable E2\n[AsyncCall] public static int N(int x) => M(x); }")]
    [InlineData("using System.Diagnostics.CodeAnalysis; public class B { [Experimental(\"E2\")] public virtual int M() => 1; }\n#pragma warning disable E2\npublic partial class D(AsyncCallRuntime calls) : B { [AsyncCall] public override int M() => 1; }")]
    [InlineData("using System.Diagnostics.CodeAnalysis; [Experimental(\"E2\")] public enum E { A }\n#pragma warning disable E2\npublic partial class D { [Experimental(\"E2\")] private AsyncCallRuntime Calls => new(); [AsyncCall] public int M(E e = E.A) => 1; }")]
    [InlineData("[assembly: CLSCompliant(true)] public static partial class C { [AsyncCall, CLSCompliant(false)] public static uint M(uint a, ushort[] b) => a; }")]
    [InlineData("using System.Diagnostics.CodeAnalysis; public static partial class C { [AsyncCall] [return: NotNullIfNotNull(nameof(a))] public static string? M([DisallowNull] string? a, [MaybeNull] out string b) { b = a!; return a; } }")]
    public void What_the_author_was_told_is_not_said_again_of_the_twin(string source) => Harmless.Assert(source, mustCompile: true);

    [Fact]
    public void Every_prefix_of_a_method_never_throws()
    {
        const string Head = "public sealed partial class C(AsyncCallRuntime calls) : IDisposable { public void Dispose() { } ";
        const string Method =
            "[AsyncCall(Errors = AsyncCallErrors.Exception, Name = \"*Later\", TimeoutMs = 5)] public bool TryRead<T>(SafeFileHandle file, in Span<byte> block, out (T? a, int b) c, "
            + "params int[] rest) where T : class, new() { c = (null, rest.Length); return RandomAccess.Read(file, block, 0L) > 0; }";
        for (int length = 1; length <= Method.Length; length += 3)
        {
            Harmless.Assert(Head + Method[..length]);
            Harmless.Assert(Head + Method[..length] + " }");
        }
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
    public void Tokens_deleted_doubled_and_swapped_and_methods_doubled_do_no_harm(string scenario)
    {
        string source = Load(scenario);
        SyntaxNode root = TestCompilation.Parse(source).GetRoot(TestContext.Current.CancellationToken);
        SyntaxToken[] tokens = [.. root.DescendantTokens()];
        MethodDeclarationSyntax[] methods = [.. root.DescendantNodes().OfType<MethodDeclarationSyntax>()];

        // Seeded by the source, so that a failure repeats itself.
        var random = new Random(source.Length);
        for (int edit = 0; edit < EditsPerScenario * Factor; edit++)
        {
            SyntaxToken token = tokens[random.Next(tokens.Length)];
            SyntaxToken other = tokens[random.Next(tokens.Length)];
            MethodDeclarationSyntax method = methods[random.Next(methods.Length)];
            Harmless.Assert((edit % 4) switch
            {
                0 => source.Remove(token.SpanStart, token.Span.Length),
                1 => source.Insert(token.SpanStart, token.Text + " "),
                2 => Swap(source, token, other),
                _ => source.Insert(method.FullSpan.End, method.ToFullString()),
            });
        }
    }

    // Modifiers and types are where an edit leaves code that compiles and is something else.
    [Theory]
    [MemberData(nameof(Scenarios))]
    public void Modifiers_and_types_that_change_do_no_harm(string scenario)
    {
        string source = Load(scenario);
        SyntaxToken[] tokens = [.. TestCompilation.Parse(source).GetRoot(TestContext.Current.CancellationToken).DescendantTokens().Where(IsWordOfType)];
        string[] words = [.. tokens.Select(token => token.Text).Distinct()];
        var random = new Random(source.Length);
        for (int edit = 0; edit < EditsPerScenario * Factor && tokens.Length > 0; edit++)
        {
            SyntaxToken token = tokens[random.Next(tokens.Length)];
            string word = random.Next(3) == 0 ? "" : words[random.Next(words.Length)];
            Harmless.Assert(source.Remove(token.SpanStart, token.Span.Length).Insert(token.SpanStart, word));
        }
    }

    [Theory]
    [MemberData(nameof(Usage))]
    public void Half_typed_uses_of_twins_never_throw(string id, string name)
    {
        string method = MarkedSource.Parse(UsageCases.Reported.Single(item => item.Id == id && item.Name == name).Method).Source;
        SyntaxToken[] tokens = [.. TestCompilation.Parse(method).GetRoot(TestContext.Current.CancellationToken).DescendantTokens()];
        CSharpCompilation whole = TestCompilation.RunAllGenerators(TestCompilation.Create(UsageCases.InUser(method)));
        SyntaxTree input = whole.SyntaxTrees.Single(tree => tree.FilePath == TestCompilation.InputPath);
        var random = new Random(method.Length);
        for (int edit = 0; edit < EditsPerScenario; edit++)
        {
            SyntaxToken token = tokens[random.Next(tokens.Length)];
            SyntaxToken other = tokens[random.Next(tokens.Length)];
            string edited = (edit % 3) switch
            {
                0 => method.Remove(token.SpanStart, token.Span.Length),
                1 => method.Insert(token.SpanStart, other.Text + " "),
                _ => method[..token.SpanStart],
            };

            TestCompilation.AnalyzeAlone(whole.ReplaceSyntaxTree(input, TestCompilation.Parse(UsageCases.InUser(edited))));
        }
    }

    private static string Load(string scenario) => SyntaxFile.Names.Contains(scenario) ? SyntaxFile.Load(scenario) : GoldenScenario.Load(scenario).Input;

    private static bool IsWordOfType(SyntaxToken token) => token.IsKeyword() || token.Parent is IdentifierNameSyntax or GenericNameSyntax or TypeParameterSyntax;

    private static string Swap(string source, SyntaxToken one, SyntaxToken other)
    {
        if (one.SpanStart > other.SpanStart)
        {
            (one, other) = (other, one);
        }

        return one.SpanStart == other.SpanStart
            ? source
            : source[..one.SpanStart] + other.Text + source[one.Span.End..other.SpanStart] + one.Text + source[other.Span.End..];
    }
}
