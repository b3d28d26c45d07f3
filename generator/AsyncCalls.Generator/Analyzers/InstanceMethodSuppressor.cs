using System.Collections.Immutable;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.Diagnostics;

namespace AsyncCalls.Generator.Analyzers;

/// <summary>
/// Silences CA1822 ("mark as static") on annotated instance methods: the method may use nothing of its instance, its twin uses the
/// runtime that the instance holds.
/// </summary>
[DiagnosticAnalyzer(LanguageNames.CSharp)]
public sealed class InstanceMethodSuppressor : DiagnosticSuppressor
{
    private static readonly SuppressionDescriptor TwinUsesInstance = new(
        "ACS0001",
        "CA1822",
        "The asynchronous twin takes its runtime from the instance");

    /// <inheritdoc/>
    public override ImmutableArray<SuppressionDescriptor> SupportedSuppressions { get; } = [TwinUsesInstance];

    /// <inheritdoc/>
    public override void ReportSuppressions(SuppressionAnalysisContext context)
    {
        foreach (Diagnostic diagnostic in context.ReportedDiagnostics)
        {
            if (diagnostic.Location.SourceTree is { } tree
                && tree.GetRoot(context.CancellationToken).FindNode(diagnostic.Location.SourceSpan) is { } node
                && context.GetSemanticModel(tree).GetDeclaredSymbol(node, context.CancellationToken) is IMethodSymbol method
                && method.GetAttributes().Any(static attribute => attribute.AttributeClass?.ToDisplayString() == KnownNames.AsyncCallAttribute))
            {
                context.ReportSuppression(Suppression.Create(TwinUsesInstance, diagnostic));
            }
        }
    }
}
