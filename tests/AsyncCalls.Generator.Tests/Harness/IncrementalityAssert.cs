using System.Collections.Immutable;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;

namespace AsyncCalls.Generator.Tests.Harness;

/// <summary>Asserts that an edit which changes no twin costs no generation.</summary>
internal static class IncrementalityAssert
{
    public static void StepsAreCached(string source, Func<string, string> edit)
    {
        CSharpCompilation before = TestCompilation.Create(source);
        SyntaxTree tree = before.SyntaxTrees.Single(candidate => candidate.FilePath == TestCompilation.InputPath);
        CSharpCompilation after = before.ReplaceSyntaxTree(tree, TestCompilation.Parse(edit(source)));

        GeneratorDriver first = TestCompilation.CreateDriver().RunGenerators(before);
        GeneratorRunResult result = first.RunGenerators(after).GetRunResult().Results.Single();
        if (first.GetRunResult().GeneratedTrees.IsEmpty)
        {
            return;
        }

        foreach (string name in TrackingNames.All)
        {
            Assert.True(result.TrackedSteps.ContainsKey(name), $"The step '{name}' did not run.");
            AssertUnchanged(name, result.TrackedSteps[name]);
        }

        foreach ((string name, ImmutableArray<IncrementalGeneratorRunStep> steps) in result.TrackedOutputSteps)
        {
            AssertUnchanged(name, steps);
        }
    }

    private static void AssertUnchanged(string name, ImmutableArray<IncrementalGeneratorRunStep> steps)
    {
        Assert.NotEmpty(steps);
        foreach ((_, IncrementalStepRunReason reason) in steps.SelectMany(step => step.Outputs))
        {
            Assert.True(
                reason is IncrementalStepRunReason.Cached or IncrementalStepRunReason.Unchanged,
                $"The step '{name}' was {reason} after an edit that changes no twin.");
        }
    }
}
