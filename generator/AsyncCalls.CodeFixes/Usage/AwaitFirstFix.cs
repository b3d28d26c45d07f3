using System.Collections.Immutable;
using System.Composition;
using AsyncCalls.Generator.Analyzers;
using AsyncCalls.Generator.Diagnostics;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CodeFixes;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;
using Microsoft.CodeAnalysis.Simplification;

namespace AsyncCalls.CodeFixes.Usage;

/// <summary>Awaits a call where it is made and not behind the reuse of its buffer (AC0022), if the variable that held it is only there to be awaited.</summary>
[ExportCodeFixProvider(LanguageNames.CSharp, Name = nameof(AwaitFirstFix)), Shared]
public sealed class AwaitFirstFix : EditorFix
{
    /// <inheritdoc/>
    public override ImmutableArray<string> FixableDiagnosticIds { get; } = [UsageRules.BufferReused.Id];

    /// <inheritdoc/>
    protected override string Title => "Await the call at once";

    private protected override bool TryEdit(FixRun run, SyntaxNode node, Diagnostic diagnostic, CancellationToken cancellationToken)
    {
        if (diagnostic.AdditionalLocations.Count == 0
            || run.Find(diagnostic.AdditionalLocations[0]).FirstAncestorOrSelf<VariableDeclaratorSyntax>() is not { Initializer: { } initializer } variable
            || variable.Parent is not VariableDeclarationSyntax { Variables.Count: 1, Parent: LocalDeclarationStatementSyntax { Parent: BlockSyntax block } statement } declaration
            || !AwaitSites.Admits(initializer.Value)
            || StackValues.LiveAcross(initializer.Value, run.Model, except: null, cancellationToken)
            || run.Model.GetDeclaredSymbol(variable, cancellationToken) is not ILocalSymbol { Type: INamedTypeSymbol type } local
            || OnlyAwait(run, block, local, cancellationToken) is not { } awaiting
            || !run.IsFirst(variable))
        {
            return false;
        }

        if (awaiting.Parent is ExpressionStatementSyntax { Parent: BlockSyntax } last)
        {
            run.Replace(statement, current => SyntaxFactory.ExpressionStatement(Awaiting.Await(((LocalDeclarationStatementSyntax)current).Declaration.Variables[0].Initializer!.Value))
                .WithTriviaFrom(current));
            run.Editor.RemoveNode(last, SyntaxRemoveOptions.KeepNoTrivia);
            return true;
        }

        if (type.TypeArguments.Length != 1)
        {
            return false;
        }

        run.Replace(initializer.Value, static current => Awaiting.Await(current));
        run.Replace(awaiting, current => SyntaxFactory.IdentifierName(local.Name).WithTriviaFrom(current));
        if (!declaration.Type.IsVar)
        {
            string result = type.TypeArguments[0].ToDisplayString(SymbolDisplayFormat.FullyQualifiedFormat);
            run.Replace(declaration.Type, current => SyntaxFactory.ParseTypeName(result).WithAdditionalAnnotations(Simplifier.Annotation).WithTriviaFrom(current));
        }

        return true;
    }

    /// <summary>The await of the variable, if nothing else refers to it.</summary>
    private static AwaitExpressionSyntax? OnlyAwait(FixRun run, BlockSyntax block, ILocalSymbol local, CancellationToken cancellationToken)
    {
        IdentifierNameSyntax[] references =
        [
            .. block.DescendantNodes().OfType<IdentifierNameSyntax>().Where(name => name.Identifier.ValueText == local.Name
                && SymbolEqualityComparer.Default.Equals(run.Model.GetSymbolInfo(name, cancellationToken).Symbol, local)),
        ];
        return references.Length == 1 ? references[0].Parent as AwaitExpressionSyntax : null;
    }
}
