using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;
using Microsoft.CodeAnalysis.Simplification;

namespace AsyncCalls.CodeFixes;

/// <summary>What fixes write: names of types, in full and then shortened to what the file's usings allow, and lines.</summary>
internal static class Types
{
    public const string CancellationToken = "global::System.Threading.CancellationToken";
    public const string Runtime = "global::AsyncCalls.AsyncCallRuntime";
    public const string SafeFileHandle = "global::Microsoft.Win32.SafeHandles.SafeFileHandle";

    public static TypeSyntax Named(string name) => SyntaxFactory.ParseTypeName(name).WithAdditionalAnnotations(Simplifier.Annotation);

    /// <summary><c>Span</c>, <c>Memory</c> or another type of System, of elements of that type.</summary>
    public static TypeSyntax System(string name, TypeSyntax element) => Named($"global::System.{name}<{element.WithoutTrivia()}>");

    public static TypeSyntax Array(TypeSyntax element) => SyntaxFactory.ParseTypeName($"{element.WithoutTrivia()}[]");

    /// <summary>The end of a line as the file has it.</summary>
    public static SyntaxTrivia EndOfLine(SyntaxNode node)
        => node.SyntaxTree.GetRoot().DescendantTrivia().FirstOrDefault(trivia => trivia.IsKind(SyntaxKind.EndOfLineTrivia)) is { RawKind: not 0 } end
            ? end
            : SyntaxFactory.LineFeed;
}
