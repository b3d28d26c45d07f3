using System.Collections.Immutable;
using System.Composition;
using AsyncCalls.Generator.Diagnostics;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CodeFixes;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace AsyncCalls.CodeFixes.Declarations;

/// <summary>
/// Takes a SafeFileHandle in the place of the number of a descriptor (AC0012), also where a stream has to keep it open (AC0030). Not where someone passes a number: who closes it is
/// theirs to say.
/// </summary>
[ExportCodeFixProvider(LanguageNames.CSharp, Name = nameof(SafeHandleFix)), Shared]
public sealed class SafeHandleFix : EditorFix
{
    /// <inheritdoc/>
    public override ImmutableArray<string> FixableDiagnosticIds { get; } = [Rules.RawDescriptor.Id, Rules.InvalidSetting.Id];

    /// <inheritdoc/>
    protected override string Title => "Take a SafeFileHandle";

    private protected override ISymbol? DependsOnUsesOf(FixRun run, SyntaxNode node, CancellationToken cancellationToken) => MethodOf(run, node, cancellationToken);

    private protected override bool TryEdit(FixRun run, SyntaxNode node, Diagnostic diagnostic, CancellationToken cancellationToken)
    {
        // Of all that may be wrong with a setting only this is reported at an int.
        if (node is not PredefinedTypeSyntax { Parent: ParameterSyntax, Keyword.RawKind: (int)SyntaxKind.IntKeyword } type
            || MethodOf(run, node, cancellationToken) is not { } method
            || run.UsesOf(method).Any(use => !MethodUses.IsNamed(use)))
        {
            return false;
        }

        run.Replace(type, static current => Types.Named(Types.SafeFileHandle).WithTriviaFrom(current));
        return true;
    }

    private static IMethodSymbol? MethodOf(FixRun run, SyntaxNode node, CancellationToken cancellationToken)
        => node.FirstAncestorOrSelf<MethodDeclarationSyntax>() is { } method ? run.Model.GetDeclaredSymbol(method, cancellationToken) : null;
}
