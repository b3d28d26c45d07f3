using System.Collections.Immutable;
using System.Composition;
using AsyncCalls.Generator.Diagnostics;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CodeFixes;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace AsyncCalls.CodeFixes.Declarations;

/// <summary>Makes a params span a params array (AC0016).</summary>
[ExportCodeFixProvider(LanguageNames.CSharp, Name = nameof(ParamsArrayFix)), Shared]
public sealed class ParamsArrayFix : EditorFix
{
    /// <inheritdoc/>
    public override ImmutableArray<string> FixableDiagnosticIds { get; } = [Rules.ParamsSpan.Id];

    /// <inheritdoc/>
    protected override string Title => "Use a params array";

    private protected override bool TryEdit(FixRun run, SyntaxNode node, Diagnostic diagnostic, CancellationToken cancellationToken)
    {
        if (node is not TypeSyntax { Parent: ParameterSyntax parameter } type
            || type.DescendantNodesAndSelf().OfType<GenericNameSyntax>().FirstOrDefault()?.TypeArgumentList.Arguments is not { Count: 1 } elements
            || Trial.IsWorse(run.Model, parameter, WithArray(parameter, elements[0]), warning: null, cancellationToken))
        {
            return false;
        }

        run.Replace(parameter, current => WithArray(current, elements[0]));
        return true;
    }

    private static ParameterSyntax WithArray(ParameterSyntax parameter, TypeSyntax element) => parameter
        .WithType(Types.Array(element).WithTriviaFrom(parameter.Type!))
        .WithModifiers(new(parameter.Modifiers.Where(modifier => !modifier.IsKind(SyntaxKind.ScopedKeyword))));
}
