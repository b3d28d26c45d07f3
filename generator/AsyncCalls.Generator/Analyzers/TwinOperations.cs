using AsyncCalls.Generator.Parsing;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.Operations;

namespace AsyncCalls.Generator.Analyzers;

/// <summary>What is done with the call of a twin, or with a variable that holds what it gave, as operations.</summary>
internal static class TwinOperations
{
    /// <summary>The call of a twin that the value is, also through conversions to other awaitables; <paramref name="kept"/> if it may be consumed often.</summary>
    public static IInvocationOperation? Call(IOperation? value, out bool kept)
    {
        kept = false;
        while (value is not null)
        {
            value = Unconverted(value);
            if (value is not IInvocationOperation call)
            {
                return null;
            }

            if (Twins.IsTwin(call.TargetMethod))
            {
                return call;
            }

            if (!IsAwaitableMethod(call.TargetMethod, "AsTask", "Preserve", "ConfigureAwait"))
            {
                return null;
            }

            kept |= call.TargetMethod.Name != "ConfigureAwait";
            value = call.Instance;
        }

        return null;
    }

    /// <summary>What a blocking wait is for: the operand of <c>.Result</c>, <c>.GetAwaiter().GetResult()</c> or <c>.Wait()</c>; null for anything else.</summary>
    public static IOperation? BlockedOn(IOperation operation)
    {
        IOperation? operand = operation switch
        {
            IPropertyReferenceOperation { Property: { Name: "Result", ContainingType: { } type } } property when IsAwaitable(type) => property.Instance,
            IInvocationOperation { TargetMethod: { Name: "Wait", Parameters.Length: 0 } } wait when IsAwaitable(wait.TargetMethod.ContainingType) => wait.Instance,
            IInvocationOperation { TargetMethod.Name: "GetResult", Instance: IInvocationOperation awaiter }
                when IsAwaitableMethod(awaiter.TargetMethod, "GetAwaiter") => awaiter.Instance,
            _ => null,
        };
        return operand is null ? null : Unconverted(operand);
    }

    /// <summary>The value without the conversions that the compiler added.</summary>
    public static IOperation Unconverted(IOperation value)
    {
        while (value is IConversionOperation { IsImplicit: true } or IParenthesizedOperation)
        {
            value = value.ChildOperations.First();
        }

        return value;
    }

    public static bool IsAwaitableMethod(IMethodSymbol method, params string[] names)
        => names.Contains(method.Name) && method.ContainingType is { } type && IsAwaitable(type);

    /// <summary>Task, ValueTask, and what their ConfigureAwait gives.</summary>
    private static bool IsAwaitable(INamedTypeSymbol type) => (type.Name, type.ContainingNamespace?.ToDisplayString()) is
        ("Task" or "ValueTask", "System.Threading.Tasks") or
        ("ConfiguredTaskAwaitable" or "ConfiguredValueTaskAwaitable", "System.Runtime.CompilerServices");
}
