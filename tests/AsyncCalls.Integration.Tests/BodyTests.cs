using AsyncCalls.Integration.Tests.Subjects;

namespace AsyncCalls.Integration.Tests;

/// <summary>The twins of bodies that are no known call against these bodies.</summary>
public sealed class BodyTests
{
    [Theory, CombinatorialLanes]
    public async Task Results_agree(Lane lane)
    {
        await using var agreement = new Agreement(lane);
        var bodies = new Outer<string>.Middle.Bodies<Guid>(agreement.Runtime, "outer");
        Guid item = new("0b1a77e5-7f6c-4d9a-9f52-6c1f5d0f3a11");
        await agreement.Method("Join", _ => bodies.Join("one", item, 3), _ => bodies.JoinAsync("one", item, 3));
        await agreement.Method("Pair", _ => bodies.Pair<List<int>>(item).Item1, async _ => (await bodies.PairAsync<List<int>>(item)).Item1);
        await agreement.Method("Note", world => bodies.Note(world, "first", "second"), world => bodies.NoteAsync(world, "first", "second"));
        await agreement.Method("Nothing", _ => bodies.Nothing(null), _ => bodies.NothingAsync(null));
        await agreement.Method("Something", _ => bodies.Nothing(17), _ => bodies.NothingAsync(17));
        await agreement.Method("Difference", _ => Outer<int>.Middle.Difference(90, 7), _ => Outer<int>.Middle.DifferenceAsync(90, 7, agreement.Runtime));
        await agreement.Method("Same", _ => Outer<int>.Middle.Same(41), _ => Outer<int>.Middle.SameAsync(41, agreement.Runtime));
        foreach (string with in (string[])["", "abc", "abcdef"])
        {
            char[] expected = new char[5];
            char[] actual = new char[5];
            await agreement.Method($"Fill with '{with}'", _ => bodies.Fill(expected, with), _ => bodies.FillAsync(actual, with.AsMemory()));
            Assert.Equal(expected, actual);
        }

        using var world = new World();
        var block = new Block(agreement.Runtime, world.Handle(World.ReadWrite), 13);
        await agreement.Method("Sum", _ => block.Sum(5), _ => block.SumAsync(5));

        // The text that is longer than its buffer.
        Assert.Equal(1, agreement.Compared.Failed);
    }

    [Theory, CombinatorialLanes]
    public async Task Exceptions_agree(Lane lane)
    {
        await using var agreement = new Agreement(lane);
        var bodies = new Outer<int>.Middle.Bodies<int>(agreement.Runtime, 1);
        Exception[] exceptions =
        [
            new InvalidOperationException("No."), new FileNotFoundException("Gone.", "file"), new ArgumentOutOfRangeException(nameof(lane), 3, "Too far."),
            new IOException("Full.", 28), new OperationCanceledException("Enough."), new TaskCanceledException("Enough of the task."),
            new AggregateException("Both.", new IOException("One."), new TimeoutException("Two.")), new Odd { HResult = 4_711 },
        ];
        foreach (Exception exception in exceptions)
        {
            await agreement.Method($"Throw({exception.GetType()})", _ => bodies.Throw(exception), _ => bodies.ThrowAsync(exception));
            await agreement.Method($"ThrowVoid({exception.GetType()})", world => bodies.ThrowVoid(world, exception), world => bodies.ThrowVoidAsync(world, exception));
            Assert.Same(exception, await Record.ExceptionAsync(async () => await bodies.ThrowAsync(exception)));
        }
    }

    [Theory, CombinatorialLanes]
    public async Task Tokens_agree(Lane lane)
    {
        await using var agreement = new Agreement(lane);
        using var source = new CancellationTokenSource();
        CancellationToken open = source.Token;
        var bodies = new Outer<int>.Middle.Bodies<int>(agreement.Runtime, 1);
        await agreement.Method("a void body, no token", world => bodies.NoteUnlessCancelled(world, default), world => bodies.NoteUnlessCancelledAsync(world, default));
        await agreement.Method("a void body, a token", world => bodies.NoteUnlessCancelled(world, open), world => bodies.NoteUnlessCancelledAsync(world, open));
        await agreement.Method("a value, a token", _ => bodies.CountUnlessCancelled(7, open), _ => bodies.CountUnlessCancelledAsync(7, open));
        await source.CancelAsync();

        // A twin whose token was cancelled before does not start its body: it is a cancelled task, as everywhere in the class library.
        Assert.Throws<OperationCanceledException>(() => bodies.CountUnlessCancelled(7, open));
        OperationCanceledException cancelled = await Assert.ThrowsAnyAsync<OperationCanceledException>(async () => await bodies.CountUnlessCancelledAsync(7, open));
        Assert.Equal(open, cancelled.CancellationToken);
    }

    private sealed class Odd : Exception;
}
