using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.Operations;

namespace AsyncCalls.Generator.Analyzers.Flow;

/// <summary>What has to be known of the variables of a whole body before one of its functions is followed.</summary>
internal sealed class Variables
{
    private readonly HashSet<ISymbol> _shared = new(SymbolEqualityComparer.Default);
    private readonly HashSet<ISymbol> _read = new(SymbolEqualityComparer.Default);

    public Variables(IOperation body) => Collect(body, function: null);

    /// <summary>Whether only the function that declares it can reach it: no lambda, no local function, no reference.</summary>
    public bool IsPrivate(ISymbol variable) => !_shared.Contains(variable)
        && variable is ILocalSymbol { IsRef: false } or IParameterSymbol { RefKind: RefKind.None };

    /// <summary>Whether anything but an assignment refers to it.</summary>
    public bool IsRead(ISymbol variable) => _read.Contains(variable);

    private void Collect(IOperation operation, IMethodSymbol? function)
    {
        function = operation switch
        {
            IAnonymousFunctionOperation lambda => lambda.Symbol,
            ILocalFunctionOperation local => local.Symbol,
            _ => function,
        };
        ISymbol? variable = operation switch
        {
            ILocalReferenceOperation local => local.Local,
            IParameterReferenceOperation parameter => parameter.Parameter,
            _ => null,
        };
        if (variable is not null)
        {
            if (function is not null && !SymbolEqualityComparer.Default.Equals(variable.ContainingSymbol, function))
            {
                _shared.Add(variable);
            }

            if (operation.Parent is IAddressOfOperation or IArgumentOperation { Parameter.RefKind: not RefKind.None } || IsRefInitializer(operation))
            {
                _shared.Add(variable);
            }

            if (operation.Parent is not ISimpleAssignmentOperation assignment || assignment.Target != operation)
            {
                _read.Add(variable);
            }
        }

        foreach (IOperation child in operation.ChildOperations)
        {
            Collect(child, function);
        }
    }

    private static bool IsRefInitializer(IOperation operation)
        => operation.Parent is IVariableInitializerOperation { Parent: IVariableDeclaratorOperation { Symbol.IsRef: true } };
}
