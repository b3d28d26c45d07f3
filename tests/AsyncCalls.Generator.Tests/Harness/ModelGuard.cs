using System.Collections;
using System.Reflection;
using Microsoft.CodeAnalysis;

namespace AsyncCalls.Generator.Tests.Harness;

/// <summary>Walks what the steps of the pipeline hold on to: a symbol, a node or a compilation there would keep whole compilations alive.</summary>
internal static class ModelGuard
{
    private const int DepthMax = 32;

    public static void HoldsOnlyValues(GeneratorDriverRunResult result)
    {
        foreach (string name in TrackingNames.All)
        {
            if (!result.Results.Single().TrackedSteps.TryGetValue(name, out var steps))
            {
                continue;
            }

            foreach ((object value, _) in steps.SelectMany(step => step.Outputs))
            {
                Walk(value, name, new HashSet<object>(ReferenceEqualityComparer.Instance), depth: 0);
            }
        }
    }

    public static void Walk(object? value, string path, HashSet<object> seen, int depth)
    {
        Assert.True(depth < DepthMax, $"{path} is deeper than a model should be.");
        if (value is null or string || value.GetType().IsPrimitive || value.GetType().IsEnum || (!value.GetType().IsValueType && !seen.Add(value)))
        {
            return;
        }

        bool isForbidden = value is ISymbol or SyntaxNode or SyntaxTree or SyntaxReference or SemanticModel or Compilation or Location or Diagnostic;
        Assert.False(isForbidden, $"{path} holds a {value.GetType()}.");
        if (value is IEnumerable items)
        {
            int index = 0;
            foreach (object? item in items)
            {
                Walk(item, $"{path}[{index++}]", seen, depth + 1);
            }
        }
        else
        {
            foreach (FieldInfo field in Fields(value.GetType()))
            {
                Walk(field.GetValue(value), $"{path}.{field.Name}", seen, depth + 1);
            }
        }
    }

    private static IEnumerable<FieldInfo> Fields(Type? type)
    {
        for (; type is not null; type = type.BaseType)
        {
            foreach (FieldInfo field in type.GetFields(BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.DeclaredOnly))
            {
                yield return field;
            }
        }
    }
}
