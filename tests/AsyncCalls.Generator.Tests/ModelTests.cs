using AsyncCalls.Generator.Models;
using AsyncCalls.Generator.Tests.Harness;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Xunit.Sdk;

namespace AsyncCalls.Generator.Tests;

/// <summary>The guards of the pipeline guard something, and the models compare by content.</summary>
public sealed class ModelTests
{
    private sealed record Leaf(object Value);

    [Fact]
    public void Guard_finds_a_symbol_deep_inside()
    {
        CSharpCompilation compilation = TestCompilation.Create("public class C;");
        SyntaxTree tree = compilation.SyntaxTrees[0];
        SyntaxNode root = tree.GetRoot(TestContext.Current.CancellationToken);
        object[] forbidden = [compilation, compilation.Assembly, tree, root, root.GetLocation()];

        foreach (object value in forbidden)
        {
            var model = new Leaf(new List<object> { 1, new Leaf(new Leaf(value)) });
            Assert.ThrowsAny<XunitException>(() => ModelGuard.Walk(model, "model", new HashSet<object>(ReferenceEqualityComparer.Instance), depth: 0));
        }
    }

    [Fact]
    public void Guard_passes_a_model_of_values()
        => ModelGuard.Walk(new ContainingTypes("N", new(["partial class C"])), "model", new HashSet<object>(ReferenceEqualityComparer.Instance), depth: 0);

    [Theory]
    [InlineData("public static int Get(int value) => value;", "int value", "long value")]
    [InlineData("public static int Get(int value = 1) => value;", "= 1", "= 2")]
    [InlineData("public static int Get(int value) => value;", "static int", "static long")]
    public void An_edit_that_changes_the_twin_is_not_cached(string member, string before, string after)
        => Assert.ThrowsAny<XunitException>(() => IncrementalityAssert.StepsAreCached(
            $"public partial class C {{ [AsyncCall] {member} }}", source => source.Replace(before, after, StringComparison.Ordinal)));

    [Fact]
    public void Arrays_compare_by_content()
    {
        Assert.Equal(new EquatableArray<string>(["a", "b"]), new EquatableArray<string>(["a", "b"]));
        Assert.Equal(new EquatableArray<string>(["a", "b"]).GetHashCode(), new EquatableArray<string>(["a", "b"]).GetHashCode());
        Assert.NotEqual(new EquatableArray<string>(["a", "b"]), new EquatableArray<string>(["b", "a"]));
        Assert.Equal(default, new EquatableArray<string>([]));
    }
}
