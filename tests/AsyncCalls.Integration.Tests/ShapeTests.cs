using AsyncCalls.Integration.Tests.Subjects;

namespace AsyncCalls.Integration.Tests;

/// <summary>The twins of members of interfaces, of explicit implementations and of abstract methods, called through the interface or the base type.</summary>
public sealed class ShapeTests
{
    private static readonly Guid Item = new("0b1a77e5-7f6c-4d9a-9f52-6c1f5d0f3a11");

    [Theory, CombinatorialLanes]
    public async Task Twins_of_an_implementation_serve_the_interface(Lane lane)
    {
        await using AsyncCallRuntime runtime = lane.NewRuntime();
        var shelf = new Shelf(runtime);
        await Compare<string>(shelf, "key", lane);
        await Compare<string>(shelf, "", lane);

        // On its own runtime, and not on the shared one: three calls of each comparison, of which the name is the interface's own.
        Assert.Equal(4, runtime.GetStatistics().CompletedByWorkers);
        Assert.Equal($"key {Item} 2", await shelf.PutAsync("key", Item));
    }

    [Theory, CombinatorialLanes]
    public async Task Twins_of_explicit_implementations_serve_the_interface(Lane lane)
    {
        await using AsyncCallRuntime runtime = lane.NewRuntime();
        await Compare(new HiddenShelf(runtime, 9), 7, lane);
        Assert.Equal(3, runtime.GetStatistics().CompletedByWorkers);
    }

    [Fact]
    public Task Implementations_without_twins_run_on_workers() => Compare(new PlainShelf(), 7, Lane.Native);

    [Theory, CombinatorialLanes]
    public async Task Twins_of_overrides_are_overrides(Lane lane)
    {
        await using var agreement = new Agreement(lane);
        foreach (Source source in (Source[])[new TwinnedSource(agreement.Runtime), new PlainSource(agreement.Runtime)])
        {
            await agreement.Method("Read", world => source.Read(world.Buffer), world => source.ReadAsync(world.Buffer));
            await agreement.Method("Describe", _ => source.Describe(Item), _ => source.DescribeAsync(Item));
        }

        Assert.Equal(typeof(TwinnedSource), typeof(TwinnedSource).GetMethod(nameof(Source.ReadAsync))!.DeclaringType);
        Assert.Equal(typeof(Source), typeof(TwinnedSource).GetMethod(nameof(Source.ReadAsync))!.GetBaseDefinition().DeclaringType);
    }

    private static async Task Compare<TKey>(IShelf<TKey> shelf, TKey key, Lane lane)
    {
        await using var agreement = new Agreement(lane);
        await agreement.Method("Put", _ => shelf.Put(key, in Item, 3), _ => shelf.PutAsync(key, Item, 3));
        await agreement.Method(
            "TryTake",
            _ => (shelf.TryTake(key, out string? item, out int left), item, left),
            async _ =>
            {
                (bool result, string? item, int left) = await shelf.TryTakeAsync(key);
                return (result, item, left);
            });
        await agreement.Method("Name", _ => shelf.Name(), _ => shelf.NameLater());
    }
}
