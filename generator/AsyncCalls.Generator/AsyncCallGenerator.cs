using System.Text;
using AsyncCalls.Generator.Emission;
using AsyncCalls.Generator.Models;
using AsyncCalls.Generator.Parsing;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp.Syntax;
using Microsoft.CodeAnalysis.Text;

namespace AsyncCalls.Generator;

/// <summary>
/// Writes the asynchronous twin of each method that has <c>[AsyncCall]</c>, one file a method. It reports nothing: what cannot
/// work is reported by <see cref="Analyzers.AsyncCallAnalyzer"/>, which runs the same parser.
/// </summary>
[Generator(LanguageNames.CSharp)]
public sealed class AsyncCallGenerator : IIncrementalGenerator
{
    /// <inheritdoc/>
    public void Initialize(IncrementalGeneratorInitializationContext context)
    {
        IncrementalValuesProvider<TwinModel> twins = context.SyntaxProvider
            .ForAttributeWithMetadataName(
                KnownNames.AsyncCallAttribute,
                static (node, _) => node is MethodDeclarationSyntax,
                static (attributed, cancellationToken) => TwinParser.Parse(
                    (MethodDeclarationSyntax)attributed.TargetNode,
                    (IMethodSymbol)attributed.TargetSymbol,
                    attributed.SemanticModel,
                    report: null,
                    cancellationToken))
            .WithTrackingName(TrackingNames.Parse)
            .Where(static twin => twin is not null)
            .Select(static (twin, _) => twin!)
            .WithTrackingName(TrackingNames.Model);

        context.RegisterSourceOutput(
            twins,
            static (output, twin) => output.AddSource(twin.HintName, SourceText.From(TwinEmitter.Emit(twin), Encoding.UTF8)));
    }
}
