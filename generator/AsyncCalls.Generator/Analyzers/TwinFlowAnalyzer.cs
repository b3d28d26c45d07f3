using System.Collections.Concurrent;
using System.Collections.Immutable;
using AsyncCalls.Generator.Analyzers.Flow;
using AsyncCalls.Generator.Diagnostics;
using AsyncCalls.Generator.Parsing;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.Diagnostics;
using Microsoft.CodeAnalysis.FlowAnalysis;
using Microsoft.CodeAnalysis.Operations;

namespace AsyncCalls.Generator.Analyzers;

/// <summary>
/// Reports what takes several statements to see, along the flow of a body that calls twins: a result that is consumed twice, blocked on, or held by a
/// variable that nobody looks at, and a buffer that is reused while its call runs.
/// </summary>
[DiagnosticAnalyzer(LanguageNames.CSharp)]
public sealed class TwinFlowAnalyzer : DiagnosticAnalyzer
{
    /// <inheritdoc/>
    public override ImmutableArray<DiagnosticDescriptor> SupportedDiagnostics { get; } =
        [UsageRules.Dropped, UsageRules.ConsumedTwice, UsageRules.BufferReused, UsageRules.Blocking];

    /// <inheritdoc/>
    public override void Initialize(AnalysisContext context)
    {
        context.EnableConcurrentExecution();
        context.ConfigureGeneratedCodeAnalysis(GeneratedCodeAnalysisFlags.None);
        context.RegisterCompilationStartAction(static start =>
        {
            if (start.Compilation.GetTypeByMetadataName(KnownNames.AsyncCallAttribute) is not null)
            {
                start.RegisterOperationBlockStartAction(AnalyzeBlock);
            }
        });
    }

    // Most bodies call no twin, and cost no graph.
    private static void AnalyzeBlock(OperationBlockStartAnalysisContext context)
    {
        var twins = new ConcurrentBag<IOperation>();
        context.RegisterOperationAction(
            operation =>
            {
                if (Twins.IsTwin(((IInvocationOperation)operation.Operation).TargetMethod))
                {
                    twins.Add(operation.Operation);
                }
            },
            OperationKind.Invocation);
        context.RegisterOperationBlockEndAction(end =>
        {
            if (!twins.IsEmpty)
            {
                foreach (IBlockOperation block in end.OperationBlocks.OfType<IBlockOperation>())
                {
                    Analyze(end.GetControlFlowGraph(block), new Variables(block), end.ReportDiagnostic, end.CancellationToken);
                }
            }
        });
    }

    /// <summary>The graph itself, and those of the functions in it.</summary>
    private static void Analyze(ControlFlowGraph graph, Variables variables, Action<Diagnostic> report, CancellationToken cancellationToken)
    {
        new CallFlow(graph, variables, report).Run(cancellationToken);
        foreach (IMethodSymbol function in graph.LocalFunctions)
        {
            Analyze(graph.GetLocalFunctionControlFlowGraph(function, cancellationToken), variables, report, cancellationToken);
        }

        foreach (BasicBlock block in graph.Blocks)
        {
            IEnumerable<IOperation> operations = block.BranchValue is null ? block.Operations : block.Operations.Add(block.BranchValue);
            foreach (IFlowAnonymousFunctionOperation function in operations.SelectMany(Functions))
            {
                Analyze(graph.GetAnonymousFunctionControlFlowGraph(function, cancellationToken), variables, report, cancellationToken);
            }
        }
    }

    private static IEnumerable<IFlowAnonymousFunctionOperation> Functions(IOperation operation)
        => operation.DescendantsAndSelf().OfType<IFlowAnonymousFunctionOperation>();
}
