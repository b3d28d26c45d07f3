using System.Collections.Immutable;
using AsyncCalls.Generator.Parsing;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp.Syntax;
using Microsoft.CodeAnalysis.Diagnostics;

namespace AsyncCalls.Generator.Analyzers;

/// <summary>
/// Silences "can be marked as static" (CA1822) at annotated methods: they are instance methods so that the twin finds the
/// runtime of their object, also where their own body uses nothing of it.
/// </summary>
[DiagnosticAnalyzer(LanguageNames.CSharp)]
public sealed class UsesRuntimeSuppressor : DiagnosticSuppressor
{
    private static readonly SuppressionDescriptor TwinUsesInstance = new(
        "ACS0001", "CA1822", "The asynchronous twin of the method uses the runtime of the instance");

    /// <inheritdoc/>
    public override ImmutableArray<SuppressionDescriptor> SupportedSuppressions { get; } = [TwinUsesInstance];

    /// <inheritdoc/>
    public override void ReportSuppressions(SuppressionAnalysisContext context)
    {
        foreach (Diagnostic diagnostic in context.ReportedDiagnostics)
        {
            if (diagnostic.Location.SourceTree is { } tree
                && tree.GetRoot(context.CancellationToken).FindNode(diagnostic.Location.SourceSpan) is MethodDeclarationSyntax syntax
                && context.GetSemanticModel(tree).GetDeclaredSymbol(syntax, context.CancellationToken) is IMethodSymbol method
                && Annotation.Find(method) is not null)
            {
                context.ReportSuppression(Suppression.Create(TwinUsesInstance, diagnostic));
            }
        }
    }
}
