using AsyncCalls.Generator.Tests.Harness;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace AsyncCalls.Generator.Tests;

/// <summary>All of C#, with annotated methods in every place where a method can be: it does no harm, and the files have all of it.</summary>
public sealed class SyntaxTests
{
    /// <summary>What is in no file of a project: scripts have it, or code that is not whole, or it is none of the language's.</summary>
    private static readonly HashSet<SyntaxKind> Absent =
    [
        SyntaxKind.None, SyntaxKind.List, SyntaxKind.IncompleteMember, SyntaxKind.SkippedTokensTrivia, SyntaxKind.BadDirectiveTrivia, SyntaxKind.ErrorDirectiveTrivia,
        SyntaxKind.UnknownAccessorDeclaration, SyntaxKind.ShebangDirectiveTrivia, SyntaxKind.LoadDirectiveTrivia, SyntaxKind.ReferenceDirectiveTrivia, SyntaxKind.IgnoredDirectiveTrivia,
        // The text behind an #error or a #region.
        SyntaxKind.PreprocessingMessageTrivia,
        // An alias needs a reference that has one: FuzzTests have it in code that does not compile.
        SyntaxKind.ExternAliasDirective,
    ];

    public static TheoryData<string> Files => [.. SyntaxFile.Names];

    [Theory]
    [MemberData(nameof(Files))]
    public void Compiles_with_its_twins(string file) => Harmless.Assert(SyntaxFile.Load(file), mustCompile: true);

    [Theory]
    [MemberData(nameof(Files))]
    public void Compiles_with_the_twins_of_each_method(string file)
    {
        string source = SyntaxFile.Load(file);
        SyntaxNode root = TestCompilation.Parse(source).GetRoot(TestContext.Current.CancellationToken);
        foreach (SyntaxNode method in root.DescendantNodes().Where(CanBeAnnotated))
        {
            Harmless.Assert(source.Insert(method.GetFirstToken().SpanStart, "[AsyncCall] "));
        }
    }

    [Fact]
    public void Every_kind_of_node_is_in_a_file()
    {
        HashSet<SyntaxKind> found =
        [
            .. SyntaxFile.Names.SelectMany(name => TestCompilation.Parse(SyntaxFile.Load(name)).GetRoot(TestContext.Current.CancellationToken)
                .DescendantNodesAndSelf(descendIntoTrivia: true).Select(node => node.Kind())),
        ];
        SyntaxKind[] missing = [.. Enum.GetValues<SyntaxKind>().Distinct().Where(IsNode).Except(found).Except(Absent)];
        Assert.True(missing.Length == 0, $"In no file: {string.Join(", ", missing)}");
    }

    private static bool CanBeAnnotated(SyntaxNode node) => node is LambdaExpressionSyntax or LocalFunctionStatementSyntax or AccessorDeclarationSyntax
        || (node is BaseMethodDeclarationSyntax method && !method.AttributeLists.ToString().Contains("AsyncCall", StringComparison.Ordinal));

    /// <summary>Tokens come first among the kinds, then trivia without and with structure, and then nodes.</summary>
    private static bool IsNode(SyntaxKind kind)
        => !SyntaxFacts.IsAnyToken(kind) && (!SyntaxFacts.IsTrivia(kind) || SyntaxFacts.IsDocumentationCommentTrivia(kind) || SyntaxFacts.IsPreprocessorDirective(kind));
}
