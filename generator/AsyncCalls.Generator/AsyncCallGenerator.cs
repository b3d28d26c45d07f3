using System.Text;
using AsyncCalls.Generator.Emission;
using AsyncCalls.Generator.Models;
using AsyncCalls.Generator.Parsing;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp.Syntax;
using Microsoft.CodeAnalysis.Text;

namespace AsyncCalls.Generator;

/// <summary>
/// Writes the asynchronous twin of each method that has <c>[AsyncCall]</c>, one file a method, and one with the list of all that they make. It reports nothing: what cannot
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

        IncrementalValueProvider<EquatableArray<string>> operations = twins
            .Select(static (twin, _) => (twin.Call as NativeCall)?.Operation ?? CallOperation.Body)
            .WithTrackingName(TrackingNames.Operation)
            .Collect()
            .Select(static (all, _) => new EquatableArray<string>(
                all.Where(static operation => operation != CallOperation.Body).Distinct().OrderBy(static operation => operation).Select(static operation => operation.ToString())))
            .WithTrackingName(TrackingNames.Operations);

        context.RegisterSourceOutput(operations, static (output, operations) =>
        {
            if (operations.Count > 0)
            {
                output.AddSource(OperationListEmitter.HintName, SourceText.From(OperationListEmitter.Emit(operations), Encoding.UTF8));
            }
        });
    }
}
