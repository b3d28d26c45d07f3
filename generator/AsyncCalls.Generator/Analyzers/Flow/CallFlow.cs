using AsyncCalls.Generator.Diagnostics;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.FlowAnalysis;
using Microsoft.CodeAnalysis.Operations;

namespace AsyncCalls.Generator.Analyzers.Flow;

/// <summary>
/// Follows the calls of twins through the graph of one function.
/// <para>Only what holds on every way to a place is known there: where ways meet, what they disagree on is forgotten, and so is everything where an
/// exception may lead. A state only ever loses knowledge as ways are added, so the walk ends; each block is then read once more, to report. What is not
/// understood (a result that is passed on or asked whether it has completed, a variable that a lambda shares) is not followed: better silent than wrong.</para>
/// </summary>
internal sealed class CallFlow
{
    /// <summary>Each visit of a block takes knowledge away; graphs of real methods need two or three, and one that needs more is not reported on.</summary>
    private const int VisitsPerBlockMax = 16;

    private readonly ControlFlowGraph _graph;
    private readonly Variables _variables;
    private readonly Action<Diagnostic> _report;
    private readonly FlowState?[] _before;
    private readonly Queue<BasicBlock> _waiting = new();
    private FlowState _state = FlowState.Empty;
    private bool _isReporting;

    public CallFlow(ControlFlowGraph graph, Variables variables, Action<Diagnostic> report)
    {
        _graph = graph;
        _variables = variables;
        _report = report;
        _before = new FlowState?[graph.Blocks.Length];
    }

    public void Run(CancellationToken cancellationToken)
    {
        Enter(_graph.Blocks[0], FlowState.Empty);
        EnterHandlers(_graph.Root);
        for (int visits = 0; _waiting.Count > 0; visits++)
        {
            cancellationToken.ThrowIfCancellationRequested();
            if (visits > VisitsPerBlockMax * _graph.Blocks.Length)
            {
                return;
            }

            Follow(_waiting.Dequeue());
        }

        _isReporting = true;
        foreach (BasicBlock block in _graph.Blocks.Where(block => _before[block.Ordinal] is not null))
        {
            Follow(block);
        }
    }

    // An exception comes from anywhere: at the begin of its handler nothing is known.
    private void EnterHandlers(ControlFlowRegion region)
    {
        if (region.Kind is ControlFlowRegionKind.Catch or ControlFlowRegionKind.Filter or ControlFlowRegionKind.FilterAndHandler)
        {
            Enter(_graph.Blocks[region.FirstBlockOrdinal], FlowState.Empty);
        }

        foreach (ControlFlowRegion nested in region.NestedRegions)
        {
            EnterHandlers(nested);
        }
    }

    private void Enter(BasicBlock block, FlowState state)
    {
        if (_isReporting)
        {
            return;
        }

        FlowState? known = _before[block.Ordinal];
        FlowState joined = known is null ? state : known.And(state);
        if (known is null || !joined.KnowsAsMuchAs(known))
        {
            _before[block.Ordinal] = joined;
            _waiting.Enqueue(block);
        }
    }

    private void Follow(BasicBlock block)
    {
        _state = _before[block.Ordinal]!;
        foreach (IOperation operation in block.Operations)
        {
            Visit(operation);
        }

        bool isReturn = block.FallThroughSuccessor?.Semantics == ControlFlowBranchSemantics.Return;
        if (block.BranchValue is { } value)
        {
            if (isReturn)
            {
                VisitReturned(value);
            }
            else
            {
                Visit(value);
            }
        }

        Leave(block.ConditionalSuccessor);
        Leave(block.FallThroughSuccessor);
    }

    // The blocks of finally run on the way, and what they did is not known behind them.
    private void Leave(ControlFlowBranch? branch)
    {
        if (branch is null)
        {
            return;
        }

        foreach (ControlFlowRegion region in branch.FinallyRegions)
        {
            Enter(_graph.Blocks[region.FirstBlockOrdinal], _state);
        }

        if (branch.Destination is { } destination)
        {
            Enter(destination, branch.FinallyRegions.IsEmpty ? _state : FlowState.Empty);
        }
    }

    /// <summary>A result that is returned runs on while the blocks of finally do their work.</summary>
    private void VisitReturned(IOperation value)
    {
        IOperation returned = TwinOperations.Unconverted(value);
        if (returned is ILocalReferenceOperation)
        {
            return;
        }

        Visit(value);
        if (TwinOperations.Call(returned, out bool isKept) is { } call)
        {
            _state = _state.WithCall(call.TargetMethod, new HeldCall(call, isKept, IsConsumed: false, new(Buffers.Of(call, _state, _variables))));
        }
    }

    private void Visit(IOperation operation)
    {
        if (operation is IFlowAnonymousFunctionOperation)
        {
            return;
        }

        if (operation is ISimpleAssignmentOperation { Target: ILocalReferenceOperation or IParameterReferenceOperation } assignment)
        {
            Visit(assignment.Value);
            Assign(assignment.Target, assignment.Value);
            return;
        }

        foreach (IOperation child in operation.ChildOperations)
        {
            Visit(child);
        }

        if (operation is ILocalReferenceOperation reference && _state.Calls.TryGetValue(reference.Local, out HeldCall? held))
        {
            Refer(reference, held);
        }

        if (BufferUses.Find(operation, _state, _variables) is { } use)
        {
            Use(use);
        }
    }

    private void Assign(IOperation target, IOperation value)
    {
        ISymbol variable = target is ILocalReferenceOperation local ? local.Local : ((IParameterReferenceOperation)target).Parameter;
        BufferPart? part = Buffers.Resolve(value, _state, _variables);
        IInvocationOperation? call = TwinOperations.Call(value, out bool isKept);
        CallBuffer[] buffers = call is null ? [] : [.. Buffers.Of(call, _state, _variables)];
        _state = _state.WithoutVariable(variable);
        if (call is not null && variable is ILocalSymbol)
        {
            if (!_variables.IsRead(variable) && variable.Name[0] != '_')
            {
                Report(UsageRules.Dropped, value, call, call.TargetMethod.Name, UsageRules.NobodyAwaits);
            }
            else if (_variables.IsPrivate(variable))
            {
                _state = _state.WithCall(variable, new HeldCall(call, isKept, IsConsumed: false, new(buffers)));
            }
        }
        else if (part is { } shown && _variables.IsPrivate(variable) && !SymbolEqualityComparer.Default.Equals(shown.Root, variable))
        {
            _state = _state.WithAlias(variable, shown);
        }
    }

    /// <summary>What becomes of a result that a variable holds.</summary>
    private void Refer(ILocalReferenceOperation reference, HeldCall held)
    {
        IOperation? use = reference.Parent;
        while (use is IConversionOperation { IsImplicit: true })
        {
            use = use.Parent;
        }

        bool consumes = use switch
        {
            IAwaitOperation => true,
            IInvocationOperation call => call.Instance is not null
                && TwinOperations.IsAwaitableMethod(call.TargetMethod, "AsTask", "Preserve", "ConfigureAwait", "GetAwaiter", "Wait"),
            IPropertyReferenceOperation property => property.Property.Name == "Result",
            _ => false,
        };
        IOperation? blocking = new[] { use, use?.Parent }.FirstOrDefault(
            candidate => candidate is not null && TwinOperations.BlockedOn(candidate) == reference);
        if (blocking is not null && !held.IsConsumed)
        {
            Report(UsageRules.Blocking, blocking, held.Call, held.Call.TargetMethod.Name);
        }

        if (!consumes || held.IsKept)
        {
            _state = _state.WithoutCall(reference.Local);
            return;
        }

        if (held.IsConsumed)
        {
            Report(UsageRules.ConsumedTwice, reference, held.Call, reference.Local.Name);
        }

        _state = _state.WithCall(reference.Local, held with { IsConsumed = true, Buffers = default });
    }

    private void Use(BufferUse use)
    {
        foreach (KeyValuePair<ISymbol, HeldCall> held in _state.Calls)
        {
            if (held.Value.Buffers.Any(buffer => use.Disturbs(buffer)))
            {
                Report(UsageRules.BufferReused, use.Operation, held.Value.Call, use.Part.Root.Name, held.Value.Call.TargetMethod.Name, use.Verb);
                _state = _state.WithCall(held.Key, held.Value with { Buffers = default });
            }
        }
    }

    /// <summary>Reports at the operation, with the place of the call of the twin beside.</summary>
    private void Report(DiagnosticDescriptor rule, IOperation operation, IInvocationOperation call, params object[] arguments)
    {
        if (_isReporting)
        {
            _report(Diagnostic.Create(rule, operation.Syntax.GetLocation(), [call.Syntax.GetLocation()], arguments));
        }
    }
}
