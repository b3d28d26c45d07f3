using System.Collections.Immutable;
using System.Composition;
using AsyncCalls.Generator.Diagnostics;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CodeFixes;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace AsyncCalls.CodeFixes.Declarations;

/// <summary>Takes a SafeFileHandle in the place of the number of a descriptor (AC0012).</summary>
[ExportCodeFixProvider(LanguageNames.CSharp, Name = nameof(SafeHandleFix)), Shared]
public sealed class SafeHandleFix : EditorFix
{
    /// <inheritdoc/>
    public override ImmutableArray<string> FixableDiagnosticIds { get; } = [Rules.RawDescriptor.Id];

    /// <inheritdoc/>
    protected override string Title => "Take a SafeFileHandle";

    private protected override bool TryEdit(FixRun run, SyntaxNode node, Diagnostic diagnostic, CancellationToken cancellationToken)
    {
        if (node is not TypeSyntax { Parent: ParameterSyntax } type)
        {
            return false;
        }

        run.Replace(type, static current => Types.Named(Types.SafeFileHandle).WithTriviaFrom(current));
        return true;
    }
}
