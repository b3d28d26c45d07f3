using System.Collections.Immutable;
using AsyncCalls.Generator.Diagnostics;
using AsyncCalls.Generator.Parsing;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp.Syntax;
using Microsoft.CodeAnalysis.Diagnostics;
using Microsoft.CodeAnalysis.Operations;

namespace AsyncCalls.Generator.Analyzers;

/// <summary>
/// Reports what can be seen at one expression: an original called where its twin could be awaited, a twin's result that is dropped or blocked on, and
/// memory on the stack. What takes several statements to see is <see cref="TwinFlowAnalyzer"/>'s.
/// </summary>
[DiagnosticAnalyzer(LanguageNames.CSharp)]
public sealed class TwinUsageAnalyzer : DiagnosticAnalyzer
{
    /// <inheritdoc/>
    public override ImmutableArray<DiagnosticDescriptor> SupportedDiagnostics { get; } =
        [UsageRules.OriginalInAsync, UsageRules.Dropped, UsageRules.Blocking, UsageRules.StackMemory];

    /// <inheritdoc/>
    public override void Initialize(AnalysisContext context)
    {
        context.EnableConcurrentExecution();
        context.ConfigureGeneratedCodeAnalysis(GeneratedCodeAnalysisFlags.None);
        context.RegisterCompilationStartAction(static start =>
        {
            if (start.Compilation.GetTypeByMetadataName(KnownNames.AsyncCallAttribute) is not null)
            {
                start.RegisterOperationAction(AnalyzeInvocation, OperationKind.Invocation);
                start.RegisterOperationAction(AnalyzeBlocking, OperationKind.Invocation, OperationKind.PropertyReference);
                start.RegisterOperationAction(AnalyzeStatement, OperationKind.ExpressionStatement);
                start.RegisterOperationAction(AnalyzeInvalid, OperationKind.Invalid);
            }
        });
    }

    /// <summary>An original in an async function: the twin could be awaited there if each span is one of memory that can be kept.</summary>
    private static void AnalyzeInvocation(OperationAnalysisContext context)
    {
        var call = (IInvocationOperation)context.Operation;
        if (call.Syntax is not InvocationExpressionSyntax syntax
            || CalleeName(syntax) is not { } name
            || !AwaitSites.Admits(syntax)
            || Twins.Find(call.TargetMethod) is not { } twin
            || context.ContainingSymbol.ContainingType is not { } user
            || !context.Compilation.IsSymbolAccessibleWithin(twin, user))
        {
            return;
        }

        if (Twins.IsStream(twin))
        {
            context.ReportDiagnostic(Diagnostic.Create(UsageRules.OriginalInAsync, name.GetLocation(), call.TargetMethod.Name, twin.Name, "enumerate"));
            return;
        }

        bool onStack = false;
        bool isKept = true;
        foreach (IArgumentOperation argument in call.Arguments.Where(argument => argument.Parameter is { } parameter && TypeFacts.IsAnySpan(parameter.Type)))
        {
            if (argument.Syntax is ArgumentSyntax { Expression: { } expression }
                && StackAllocation.Find(expression, call.SemanticModel!, context.CancellationToken) is not null)
            {
                onStack = true;
                context.ReportDiagnostic(Diagnostic.Create(UsageRules.StackMemory, expression.GetLocation(), twin.Name));
            }
            else
            {
                isKept &= MemoryOf.IsKnown(argument.Value);
            }
        }

        if (!onStack && isKept && !StackValues.LiveAcross(syntax, call.SemanticModel!, except: null, context.CancellationToken))
        {
            context.ReportDiagnostic(Diagnostic.Create(UsageRules.OriginalInAsync, name.GetLocation(), call.TargetMethod.Name, twin.Name, "await"));
        }
    }

    private static void AnalyzeBlocking(OperationAnalysisContext context)
    {
        if (TwinOperations.BlockedOn(context.Operation) is { } operand && TwinOperations.Call(operand, out _) is { } call)
        {
            context.ReportDiagnostic(Diagnostic.Create(UsageRules.Blocking, context.Operation.Syntax.GetLocation(), call.TargetMethod.Name));
        }
    }

    private static void AnalyzeStatement(OperationAnalysisContext context)
    {
        IOperation value = ((IExpressionStatementOperation)context.Operation).Operation;
        if (TwinOperations.Call(value, out _) is { } call)
        {
            context.ReportDiagnostic(Diagnostic.Create(UsageRules.Dropped, value.Syntax.GetLocation(), call.TargetMethod.Name, UsageRules.NobodyAwaits));
        }
        else if (value is IInvocationOperation { TargetMethod: { } method } && Twins.IsStream(method))
        {
            context.ReportDiagnostic(Diagnostic.Create(UsageRules.Dropped, value.Syntax.GetLocation(), method.Name, UsageRules.NobodyEnumerates));
        }
    }

    /// <summary>A twin that was given memory on the stack does not compile: what the compiler says is that a conversion is missing, and not why.</summary>
    private static void AnalyzeInvalid(OperationAnalysisContext context)
    {
        if (context.Operation.Syntax is not InvocationExpressionSyntax syntax || context.Operation.SemanticModel is not { } model)
        {
            return;
        }

        IMethodSymbol? twin = model.GetSymbolInfo(syntax, context.CancellationToken).CandidateSymbols.OfType<IMethodSymbol>().FirstOrDefault(Twins.IsTwin);
        if (twin is null)
        {
            return;
        }

        foreach (ArgumentSyntax argument in syntax.ArgumentList.Arguments)
        {
            if (StackAllocation.Find(argument.Expression, model, context.CancellationToken) is not null)
            {
                context.ReportDiagnostic(Diagnostic.Create(UsageRules.StackMemory, argument.Expression.GetLocation(), twin.Name));
            }
        }
    }

    // Not in "a?.Read(…)": awaiting "a?.ReadAsync(…)" would be another thing where a is null.
    private static SimpleNameSyntax? CalleeName(InvocationExpressionSyntax syntax) => syntax.Expression switch
    {
        SimpleNameSyntax name when !IsConditional(syntax) => name,
        MemberAccessExpressionSyntax access when !IsConditional(syntax) => access.Name,
        _ => null,
    };

    private static bool IsConditional(SyntaxNode syntax)
    {
        for (SyntaxNode node = syntax; node.Parent is ExpressionSyntax parent; node = parent)
        {
            if (parent is ConditionalAccessExpressionSyntax access && access.WhenNotNull == node)
            {
                return true;
            }
        }

        return false;
    }
}
